"""The walk of the path, each hop made by hand: it names the first that is missing or stale, and
whose job it is.
"""

from __future__ import annotations

import time

import pytest

from kubestellar_conformance.conditions import (
    available,
    combined_status,
    contains,
    gone,
    has,
    no_manifest_works,
    that_of,
)
from kubestellar_conformance.conditions.base import Condition
from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.spaces import Workload, binding, binding_policy, binding_policy_ref
from kubestellar_conformance.spaces.refs import (
    APPLIED_MANIFEST_WORK,
    COMBINED_STATUS,
    MANIFEST_WORK,
    Ref,
)
from tests.support.servers import ApiServer
from tests.support.three_spaces import ByHand, ThreeSpaces

STATUS = {
    "replicas": 1,
    "updatedReplicas": 1,
    "readyReplicas": 1,
    "availableReplicas": 1,
    "observedGeneration": 1,
}
MANAGER = "wds1/kubestellar-controller-manager (running)"
TRANSPORT = "wds1/transport-controller (running)"
AGENT = "cluster1/klusterlet-agent (running)"


@pytest.fixture
def hand(three: ThreeSpaces, nginx: Workload) -> ByHand:
    three.terms.change("downsync", 0.1)
    return ByHand(three, nginx.deployment, "deployments")


def stop(message: str) -> str:
    """The line of the hop that it stopped at."""
    [line] = [line.strip() for line in message.splitlines() if line.strip().startswith("STOP")]
    return " ".join(line.split())


def job(message: str) -> str:
    return next(
        line for line in message.splitlines() if line.startswith("whose job: ")
    ).removeprefix("whose job: ")


def failed(three: ThreeSpaces, condition: Condition, space: str = "cluster1") -> str:
    with pytest.raises(Deviation) as caught:
        three.system[space].eventually(condition)
    message = str(caught.value)
    assert len(message.splitlines()) <= 30
    assert max(len(line) for line in message.splitlines()) <= 300
    return message


def test_never_applied(three: ThreeSpaces, hand: ByHand) -> None:
    message = failed(three, has(hand.ref))
    assert stop(message) == f"STOP WDS object wds1 {hand.ref} is absent: never applied, or deleted"
    assert job(message).startswith("nobody's")


def test_no_binding(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(
        nginx, binding_policy(hand.policy, clusters={"name": "cluster1"}, objects=nginx)
    )
    message = failed(three, has(hand.ref))
    assert stop(message).startswith("STOP Binding wds1 none lists it; BindingPolicies: ")
    assert hand.policy in message
    assert job(message) == MANAGER
    assert "  | wds1/kubestellar-controller-manager line 19" in message.splitlines()
    three.wds.delete(binding_policy_ref(hand.policy))


def test_a_binding_for_others(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster2")
    message = failed(three, has(hand.ref))
    assert (
        stop(message) == f"STOP Binding wds1 {hand.policy} lists it for cluster2, not for cluster1"
    )
    assert job(message) == MANAGER


def test_a_binding_of_an_older_version(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    hand.wrap()
    live = three.wds.scale(nginx.deployment, 2)
    message = failed(three, has(hand.ref))
    assert stop(message).startswith(
        f"STOP Binding wds1 {hand.policy} lists it for cluster1, but at resourceVersion "
    )
    assert stop(message).endswith(f" and not {live['metadata']['resourceVersion']}: stale")
    assert job(message) == MANAGER


def test_an_older_version_with_the_same_content_is_in_order(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    hand.wrap()
    three.wds.update_status(nginx.deployment, STATUS)
    assert stop(failed(three, has(hand.ref))).startswith("STOP AppliedManifestWork")


def test_no_manifest_work(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    three.parts.states["wds1/transport-controller"] = "paused"
    message = failed(three, has(hand.ref))
    assert stop(message) == "STOP ManifestWork its1 none in namespace cluster1 carries it"
    assert job(message) == "wds1/transport-controller (paused)"


def test_a_stale_manifest_work(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.wrap()
    three.wds.scale(nginx.deployment, 2)
    hand.bind("cluster1")
    message = failed(three, has(hand.ref))
    assert stop(message) == (
        f"STOP ManifestWork its1 cluster1/{hand.work} is stale: spec.replicas: 1, the WDS has 2"
    )
    assert job(message) == TRANSPORT


def test_no_applied_manifest_work(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    hand.wrap()
    message = failed(three, has(hand.ref))
    assert stop(message) == f"STOP AppliedManifestWork cluster1 none for ManifestWork {hand.work}"
    assert job(message) == AGENT


def test_an_applied_manifest_work_that_lacks_it_and_what_the_agent_says(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    hand.wrap()
    hand.note_applied(hand.entry(name="another"))
    now = "2024-01-01T00:00:00Z"
    meta = {
        "ordinal": 0,
        "group": "apps",
        "version": "v1",
        "kind": "Deployment",
        "resource": "deployments",
        "namespace": hand.ref.namespace,
        "name": hand.ref.name,
    }
    three.its.update_status(
        Ref(MANIFEST_WORK, "cluster1", hand.work),
        {
            "resourceStatus": {
                "manifests": [
                    {
                        "resourceMeta": meta,
                        "conditions": [
                            {
                                "type": "Applied",
                                "status": "False",
                                "reason": "AppliedManifestFailed",
                                "message": "deployments is forbidden",
                                "lastTransitionTime": now,
                            }
                        ],
                        "statusFeedback": {"values": []},
                    }
                ]
            }
        },
    )
    message = failed(three, has(hand.ref))
    assert "does not list it; the agent says: deployments is forbidden" in stop(message)
    assert job(message) == AGENT


def all_the_way(hand: ByHand, nginx: Workload) -> None:
    hand.three.wds.apply(nginx)
    hand.bind("cluster1", wantSingletonReportedState=True)
    hand.wrap()
    hand.note_applied()
    hand.deliver()


def test_absent_in_the_wec_although_noted_as_applied(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    three.wec.delete(nginx.deployment)
    message = failed(three, has(hand.ref))
    assert stop(message) == "STOP WEC object cluster1 absent"
    assert job(message) == AGENT


def test_a_stale_object_in_the_wec(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    three.wds.scale(nginx.deployment, 2)
    hand.bind("cluster1")
    hand.wrap()
    message = failed(three, has(hand.ref))
    assert stop(message) == "STOP WEC object cluster1 stale: spec.replicas: 1, the WDS has 2"
    assert job(message) == AGENT


def test_not_available(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    message = failed(three, available(hand.ref))
    assert stop(message) == "STOP availability cluster1 0 of 1 replicas available"
    jobs = [line for line in message.splitlines() if line.startswith("whose job: ")]
    assert [line.split()[2] for line in jobs] == [
        "cluster1/kube-controller-manager",
        "cluster1/kube-scheduler",
        "cluster1/kwok",
    ]


def test_not_available_names_the_pod_and_why(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    """Where workloads have real pods, these know more than the object that they are of."""
    all_the_way(hand, nginx)
    template = nginx.objects[1]["spec"]["template"]
    metadata = {**template["metadata"], "name": "nginx-1", "namespace": hand.ref.namespace}
    three.wec.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {**metadata, "name": "default"}}
    )
    [pod] = three.wec.apply(
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    )
    refused = {"reason": "ImagePullBackOff", "message": "no such image"}
    waits = {"name": "nginx", "image": "nginx", "imageID": "", "ready": False, "restartCount": 0}
    three.wec.update_status(pod, {"containerStatuses": [{**waits, "state": {"waiting": refused}}]})
    message = failed(three, available(hand.ref))
    assert stop(message) == "STOP availability cluster1 0 of 1 replicas available"
    assert "pod nginx-1: nginx ImagePullBackOff no such image" in message.splitlines()


def returned(three: ThreeSpaces, hand: ByHand) -> str:
    with pytest.raises(Deviation) as caught:
        three.wds.eventually(hand.ref, status=that_of(three.wec))
    return str(caught.value)


def test_no_work_status(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    three.wec.update_status(hand.ref, STATUS)
    message = returned(three, hand)
    assert stop(message) == "STOP WorkStatus its1 none in namespace cluster1 for it"
    assert job(message) == "cluster1/status-agent (running)"


def test_a_stale_work_status(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    hand.report({**STATUS, "replicas": 7})
    three.wec.update_status(hand.ref, STATUS)
    message = returned(three, hand)
    assert stop(message).endswith("is stale: status.replicas: 7, cluster1 has 1")
    assert job(message) == "cluster1/status-agent (running)"


def test_a_status_that_did_not_come_into_the_wds(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    three.wec.update_status(hand.ref, STATUS)
    hand.report(STATUS)
    message = returned(three, hand)
    assert stop(message).startswith(
        "STOP WDS status wds1 status.availableReplicas: (absent), the WorkStatus has 1"
    )
    assert "no Binding asks" not in message
    assert job(message) == MANAGER
    hand.bind("cluster1")
    assert "(no Binding asks for singleton status of it)" in returned(three, hand)
    three.wds.update_status(hand.ref, STATUS)
    three.wds.eventually(hand.ref, status=that_of(three.wec))


def test_a_status_by_fields_finds_its_wec_by_the_binding(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    with pytest.raises(Deviation) as caught:
        three.wds.eventually(hand.ref, status={"availableReplicas": 1})
    assert stop(str(caught.value)) == "STOP WorkStatus its1 none in namespace cluster1 for it"


def test_combined_status(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    three.wec.update_status(hand.ref, STATUS)
    hand.report(STATUS)
    condition = combined_status(hand.ref, hand.policy, rows=1)
    message = failed(three, condition, "wds1")
    assert (
        stop(message)
        == "STOP CombinedStatus wds1 none for it (no Binding names a StatusCollector for it)"
    )
    assert job(message) == MANAGER
    prefix = "status.kubestellar.io"
    three.wds.apply(
        {
            "apiVersion": COMBINED_STATUS.api_version,
            "kind": "CombinedStatus",
            "metadata": {
                "name": f"{hand.work}.x",
                "namespace": hand.ref.namespace,
                "labels": {
                    f"{prefix}/api-group": "apps",
                    f"{prefix}/resource": "deployments",
                    f"{prefix}/name": hand.ref.name,
                    f"{prefix}/namespace": hand.ref.namespace,
                    f"{prefix}/binding-policy": hand.policy,
                },
            },
            "results": [
                {
                    "name": "replicas",
                    "columnNames": ["n"],
                    "rows": [{"columns": [{"type": "Null"}]}],
                }
            ],
        }
    )
    three.wds.eventually(condition)


def test_everything_in_order_is_said(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    """A thing that came just after time was up, or a condition that wants more than the path knows
    of.
    """
    all_the_way(hand, nginx)
    three.wec.patch(hand.ref, {"metadata": {"labels": {"extra": "1"}}})
    three.wec.eventually(has(hand.ref))
    with pytest.raises(Deviation, match="every hop is in order now"):
        three.wec.eventually(contains(hand.ref, {"metadata": {"labels": {"extra": "2"}}}))


def test_withdrawal_that_nobody_has_begun(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    message = failed(three, gone(hand.ref))
    assert stop(message) == (
        f"STOP Binding wds1 {hand.policy} still lists it for cluster1, although its "
        "BindingPolicy is gone"
    )
    assert job(message) == MANAGER


def test_withdrawal_stops_at_the_manifest_work(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    three.wds.delete(binding(hand.policy), nginx.deployment)
    message = failed(three, gone(hand.ref))
    assert stop(message) == f"STOP ManifestWork its1 cluster1/{hand.work} still carries it"
    assert job(message) == TRANSPORT


def test_withdrawal_stops_at_the_agent(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    three.wds.delete(binding(hand.policy), nginx.deployment)
    three.its.delete(Ref(MANIFEST_WORK, "cluster1", hand.work))
    message = failed(three, gone(hand.ref))
    assert stop(message) == f"STOP AppliedManifestWork cluster1 hash-{hand.work} still lists it"
    assert job(message) == AGENT
    three.wec.delete(Ref(APPLIED_MANIFEST_WORK, "", f"hash-{hand.work}"))
    message = failed(three, gone(hand.ref))
    assert stop(message) == "STOP WEC object cluster1 still there"
    assert job(message) == AGENT


def test_withdrawal_stops_at_the_object(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    three.wec.patch(hand.ref, {"metadata": {"finalizers": ["test/hold"]}})
    three.wds.delete(binding(hand.policy), nginx.deployment)
    three.its.delete(Ref(MANIFEST_WORK, "cluster1", hand.work))
    three.wec.delete(Ref(APPLIED_MANIFEST_WORK, "", f"hash-{hand.work}"), hand.ref)
    message = failed(three, gone(hand.ref))
    assert stop(message).endswith("held by test/hold")
    assert job(message) == "cluster1/kube-controller-manager (running)"
    three.wec.patch(hand.ref, {"metadata": {"finalizers": None}})


def test_a_binding_that_stays(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    message = failed(three, gone(binding(hand.policy)), "wds1")
    assert stop(message) == "STOP Binding wds1 still there, and its deletion was not asked for"
    assert job(message) == MANAGER
    three.wds.patch(
        binding(hand.policy),
        {"metadata": {"finalizers": ["transport.kubestellar.io/object-cleanup"]}},
    )
    three.wds.delete(binding(hand.policy))
    message = failed(three, gone(binding(hand.policy)), "wds1")
    assert "held by transport.kubestellar.io/object-cleanup" in stop(message)
    assert job(message) == TRANSPORT
    three.wds.patch(binding(hand.policy), {"metadata": {"finalizers": None}})


def test_manifest_works_left_in_a_mailbox(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    hand.wrap(finalizers=["test/hold"])
    nothing_left = no_manifest_works(hand.policy)
    assert (
        stop(failed(three, nothing_left, "its1"))
        == f"STOP Binding wds1 {hand.policy} is there and names cluster1"
    )
    three.wds.delete(binding(hand.policy))
    message = failed(three, nothing_left, "its1")
    assert stop(message) == f"STOP ManifestWork its1 {hand.work} is still there"
    assert job(message) == TRANSPORT
    work = Ref(MANIFEST_WORK, "cluster1", hand.work)
    three.its.delete(work)
    message = failed(three, nothing_left, "its1")
    assert stop(message).endswith("held by test/hold")
    assert job(message) == AGENT
    three.its.patch(work, {"metadata": {"finalizers": None}})
    three.its.eventually(nothing_left)


def test_a_paused_api_server_is_the_hop_and_does_not_hang_the_walk(
    three: ThreeSpaces, hand: ByHand, nginx: Workload, its_server: ApiServer
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    three.parts.states["its1/kube-apiserver"] = "paused"
    its_server.pause()
    began = time.monotonic()
    try:
        with pytest.raises(Broken) as caught:
            three.wec.eventually(has(hand.ref))
    finally:
        its_server.resume()
    assert time.monotonic() - began < 5
    message = str(caught.value)
    assert stop(message).startswith(
        "STOP manifest work its1 cannot be seen: API server of its1: no answer in time"
    )
    assert job(message) == "its1/kube-apiserver (paused)"


def test_a_part_that_cannot_reach_its_api_server_is_not_blamed(
    three: ThreeSpaces, hand: ByHand, nginx: Workload, its_server: ApiServer
) -> None:
    """No Binding without the ITS, which has the inventory; but a WEC that is away has nothing to do
    with it.
    """
    three.wds.apply(nginx)
    its_server.pause()
    try:
        with pytest.raises(Broken) as caught:
            three.wec.eventually(has(hand.ref))
    finally:
        its_server.resume()
    assert stop(str(caught.value)).startswith("STOP Binding wds1 none lists it; BindingPolicies: ")
    assert stop(str(caught.value)).endswith(
        "; API server of its1: no answer in time (it may be paused)"
    )
    assert job(str(caught.value)) == "its1/kube-apiserver (running)"
    three.servers["cluster1"].pause()
    try:
        message = failed(three, has(hand.ref))
    finally:
        three.servers["cluster1"].resume()
    assert job(message) == MANAGER


def test_parts_that_cannot_be_looked_at(three: ThreeSpaces, hand: ByHand) -> None:
    def unknown(name: str) -> object:
        raise KeyError(name)

    three.parts.component = unknown  # type: ignore[assignment, method-assign]
    message = failed(three, has(hand.ref))
    assert "STOP" in message
    hand.three.wds.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": hand.ref.namespace}}
    )
    message = failed(three, has(Ref(hand.ref.kind, "", "x")))
    assert "is absent" in message
