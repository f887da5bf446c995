"""What becomes of a Job in real WECs."""

from __future__ import annotations

from kubestellar_conformance.story import Make, Space, Spaces, promises, step
from kubestellar_conformance.story.conditions import contains, has, lacks, meets

TEMPLATE = {
    "spec": {
        "containers": [{"name": "pi", "image": "public.ecr.aws/nginx/nginx:latest"}],
        "restartPolicy": "Never",
    }
}


@promises("XFORM-14", "XFORM-13")
def test_a_job_that_is_suspended_in_the_wds_runs_in_the_wecs(
    wds: Space, wecs: Spaces, make: Make
) -> None:
    """Each WEC gives it a selector of its own, and starts it."""
    job = make.object("batch/v1/Job", spec={"suspend": True, "template": TEMPLATE})
    with step("Create a suspended Job, and ask for it on both WECs"):
        wds.apply(job, make.policy(job, to=wecs))
    with step("It is not suspended there, and starts"):
        wecs.eventually(contains(job, {"spec": {"suspend": False}}), within="downsync")
        started = meets(job, "have started", lambda obj: "startTime" in obj.get("status", {}))
        wecs.eventually(started, within="available")
    with step("It is still suspended in the WDS"):
        wds.eventually(contains(job, {"spec": {"suspend": True}}), within="binding")


@promises("XFORM-17")
def test_a_job_whose_name_was_generated_has_that_name_in_the_wecs(
    wds: Space, wecs: Spaces, make: Make
) -> None:
    """As the API server leaves such a Job: with its name, and the field that it was made from."""
    metadata = {"generateName": "pi-"}
    job = make.object("batch/v1/Job", metadata=metadata, spec={"template": TEMPLATE})
    with step("Create a Job with both, and ask for it on both WECs"):
        wds.apply(job, make.policy(job, to=wecs))
        wds.eventually(contains(job, {"metadata": metadata}), within="binding")
    with step("It is there under its name, not made from the other field, and starts"):
        wecs.eventually(has(job), within="downsync")
        wecs.eventually(lacks(job, "metadata.generateName"), within="downsync")
        started = meets(job, "have started", lambda obj: "startTime" in obj.get("status", {}))
        wecs.eventually(started, within="available")
