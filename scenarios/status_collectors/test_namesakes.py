"""Objects of one kind and name in different namespaces (API: CombinedStatus)."""

from __future__ import annotations

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Obj,
    Space,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import rows

pytestmark = [own_wds, needs("stop-components", "virtual-wecs")]
LOAD = "returned.status.load"
REPORTED = f"has({LOAD})"


@promises("STATUS-86")
def test_namesakes_have_results_of_their_own(
    wds: Space, make: Make, controller_manager: ComponentHandle
) -> None:
    """One has been reported, the other one has not; a change and a restart leave it so."""
    fleet = make.wecs(eu={}, us={})
    here, there = make.namespace("here"), make.namespace("there")
    told = make.deployment("web", namespace=here)
    silent = make.deployment("web", namespace=there)
    loads = make.status_collector("loads", filter=REPORTED, select={"load": LOAD})
    of_told = make.policy(told, to=fleet, name="told", collect=loads)
    of_silent = make.policy(silent, to=fleet, name="silent", collect=loads)

    def right(after: Obj, expected: list[Obj]) -> None:
        wds.eventually(rows(after, told, of_told, expected), within="recovery")
        wds.eventually(rows(after, silent, of_silent, []), within="recovery")

    with step("Two policies collect for Deployments of one name; the WECs report one of them"):
        wds.apply(here, there, loads, of_told, of_silent, told, silent)
        fleet.report(told, "load", eu=1, us=2)
        right(loads, [{"load": 1}, {"load": 2}])
    with step("Change the StatusCollector: the rows of each are its own"):
        twice = {"load": f"{LOAD} * 2"}
        wds.apply(doubled := make.status_collector("loads", filter=REPORTED, select=twice))
        right(doubled, [{"load": 2}, {"load": 4}])
    with step("Restart the controller manager, and report once more: they still are"):
        controller_manager.restart()
        fleet.report(told, "load", eu=3, us=4)
        right(doubled, [{"load": 6}, {"load": 8}])
