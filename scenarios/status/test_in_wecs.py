"""Singleton status from a real WEC (API: DownsyncModulation)."""

from __future__ import annotations

from kubestellar_conformance.story import Kind, Make, Ref, Space, promises, step
from kubestellar_conformance.story.conditions import (
    available,
    contains,
    create_only,
    has,
    same_uids,
    that_of,
)

POD = Kind.of("v1/Pod")


@promises("STATUS-14")
def test_status_of_a_create_only_object_returns(
    wds: Space, its: Space, wec1: Space, make: Make
) -> None:
    """The WEC had a Deployment of that name before, with other content."""
    web = make.deployment()
    with step("A Deployment of two replicas runs in the WEC"):
        wec1.apply({**web, "spec": {**web["spec"], "replicas": 2}})
        wec1.eventually(contains(web, {"status": {"availableReplicas": 2}}), within="available")
    with wec1.hold(same_uids(web)):
        with step("Ask for one of one replica there, create-only, and for its status"):
            policy = make.policy(web, to=wec1, create_only=True, want_singleton_status=True)
            wds.apply(web, policy)
            its.eventually(create_only(policy, [wec1], web), within="downsync")
        with step("The status of the WEC's own returns"):
            wds.eventually(contains(web, {"status": {"replicas": 2}}), within="status_return")
            wds.eventually(web, status=that_of(wec1), within="status_return")
    with step("It follows that of the WEC"):
        wec1.scale(web, 3)
        wec1.eventually(available(web), within="available")
        wds.eventually(contains(web, {"status": {"replicas": 3}}), within="status_return")
        wds.eventually(web, status=that_of(wec1), within="status_return")


@promises("STATUS-15")
def test_status_of_a_job_returns_while_it_runs(wds: Space, wec1: Space, make: Make) -> None:
    """No node takes its Pod, so the Job runs until the test lets the Pod succeed."""
    container = {"name": "pi", "image": "public.ecr.aws/nginx/nginx:latest"}
    waiting = {"containers": [container], "restartPolicy": "Never", "nodeSelector": {"no": "such"}}
    job = make.object("batch/v1/Job", spec={"template": {"spec": waiting}})
    running, done = ({"status": {"active": 1}}, {"status": {"succeeded": 1}})
    with step("Ask for a Job on one WEC, and for its status"):
        wds.apply(job, make.policy(job, to=wec1, want_singleton_status=True))
        wec1.eventually(has(job), within="downsync")
    with step("It runs: the WDS says so"):
        wec1.eventually(contains(job, running), within="available")
        wds.eventually(contains(job, running), within="status_return")
    with step("Its Pod succeeds: the WDS says that the Job has"):
        labels = {"job-name": job["metadata"]["name"]}
        [pod] = wec1.list(POD, namespace="default", labels=labels)
        wec1.update_status(Ref.of(pod), {"phase": "Succeeded"})
        wec1.eventually(contains(job, done), within="available")
        wds.eventually(contains(job, done), within="status_return")
        wds.eventually(job, status=that_of(wec1), within="status_return")
