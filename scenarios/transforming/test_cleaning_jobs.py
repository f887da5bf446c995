"""What a Job loses on the way to a WEC (user guide, "Built-in transformations of specific kinds of
workload object").
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Fleet, Make, Obj, Space, on_fleet, promises, step
from kubestellar_conformance.story.conditions import contains, has, lacks

pytestmark = on_fleet(near={}, far={})
UIDS = {"controller-uid": "1234", "batch.kubernetes.io/controller-uid": "1234"}
TRACKING = "batch.kubernetes.io/job-tracking"


@pytest.fixture
def job(make: Make) -> Obj:
    """A suspended Job, as it is when the WDS has had it for a while."""
    container = {"name": "pi", "image": "public.ecr.aws/nginx/nginx:latest"}
    template = {
        "metadata": {"labels": {**UIDS, "app": "pi"}},
        "spec": {"containers": [container], "restartPolicy": "Never"},
    }
    spec = {
        "suspend": True,
        "manualSelector": True,
        "selector": {"matchLabels": {"app": "pi"}},
        "template": template,
    }
    return make.object(
        "batch/v1/Job",
        labels={**UIDS, "tier": "gold"},
        annotations={TRACKING: "", "example.com/note": "kept"},
        spec=spec,
    )


@promises("XFORM-13", "XFORM-14")
def test_selector_and_suspension_stay_in_the_wds(
    wds: Space, fleet: Fleet, make: Make, job: Obj
) -> None:
    """Each WEC gives the Job a selector, and runs it."""
    with step("Create a suspended Job with a selector"):
        wds.apply(job, make.policy(job, to=fleet))
    with step("It arrives without both, and with all else"):
        fleet.eventually(lacks(job, "spec.selector", "spec.suspend"), within="downsync")
        fleet.eventually(has(job), within="downsync")


@promises("XFORM-15", "XFORM-16")
def test_what_the_wds_s_job_controller_writes_stays_in_the_wds(
    wds: Space, fleet: Fleet, make: Make, job: Obj
) -> None:
    """An annotation, and two labels in two places; others are kept."""
    with step("Create a Job with them, and with others in each place"):
        wds.apply(job, make.policy(job, to=fleet))
    with step("It arrives without them"):
        labels = [f"metadata.labels[{key}]" for key in UIDS]
        pods = [f"spec.template.{label}" for label in labels]
        tracking = f"metadata.annotations[{TRACKING}]"
        fleet.eventually(lacks(job, tracking, *labels, *pods), within="downsync")
    with step("It has the others"):
        own = {"labels": {"tier": "gold"}, "annotations": {"example.com/note": "kept"}}
        pod = {"template": {"metadata": {"labels": {"app": "pi"}}}}
        fleet.eventually(contains(job, {"metadata": own, "spec": pod}), within="downsync")
