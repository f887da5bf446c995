"""Singleton status of an object whose status another controller of the WDS writes too (release
notes 0.29.0, "Remaining limitations"). The test takes the part of the WDS's Job controller.
"""

from __future__ import annotations

from kubestellar_conformance.story import Fleet, Make, Space, note, on_fleet, promises, step
from kubestellar_conformance.story.conditions import quiescent, whole_status

pytestmark = on_fleet(only={})
START = {"startTime": "2026-01-01T00:00:00Z"}
RUNNING = {**START, "active": 2, "ready": 1, "uncountedTerminatedPods": {}}
LATER = {**RUNNING, "ready": 2}
OF_THE_WDS = {**START, "active": 2, "ready": 0, "uncountedTerminatedPods": {}}


@promises("STATUS-16")
def test_the_status_of_a_running_job_that_a_job_controller_of_the_wds_writes_too(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """The WEC reports two pods, one of them ready; the controller of the WDS sees none ready."""
    pod = make.deployment("pod")["spec"]["template"]["spec"]
    template = {"spec": {**pod, "restartPolicy": "Never"}}
    job = make.object("batch/v1/Job", spec={"parallelism": 2, "template": template})
    with step("Ask for a Job and its status: the status of the WEC returns"):
        wds.apply(job, make.policy(job, to=fleet, want_singleton_status=True))
        fleet.report(job, RUNNING)
        wds.eventually(whole_status(job, RUNNING), within="status_return")
    with step("The Job controller of the WDS writes what it sees"):
        wds.update_status(job, OF_THE_WDS, whole=True)
        [live] = wds.eventually(quiescent(job), within="recovery")
        returned = live["status"] == RUNNING
        note("whether KubeStellar then writes the status of the WEC again at once", returned)
    with step("The status changes in the WEC: it returns, in place of that of the controller"):
        fleet.report(job, LATER)
        wds.eventually(whole_status(job, LATER), within="status_return")
