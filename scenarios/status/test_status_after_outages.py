"""Returned status after an outage of the controller manager (API: DownsyncModulation; example
scenario 5).
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Space,
    case,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    available,
    bundled,
    contains,
    modulated,
    no_result,
    no_status,
    quiescent_manifest_works,
    rows,
    that_of,
    whole_status,
)

pytestmark = [own_wds, needs("stop-components", "virtual-wecs")]
READY = {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "observedGeneration": 1}
FEWER = {**READY, "readyReplicas": 1, "availableReplicas": 1}


@promises("STATUS-10")
@pytest.mark.parametrize(
    "change",
    [
        case("the policy matches the object no more", {"downsync": [{"objectNames": ["none"]}]}),
        case("the policy matches the WEC no more",
             {"clusterSelectors": [{"matchLabels": {"no": "such"}}]}),
    ],
)  # fmt: skip
def test_the_status_goes_when_its_request_ended_during_an_outage(
    wds: Space, make: Make, controller_manager: ComponentHandle, change: dict[str, object]
) -> None:
    """The selectors of the policy change while the controller manager is away."""
    web, fleet = make.deployment(replicas=3), make.wecs(only={})
    policy = make.policy(web, to=fleet, want_singleton_status=True)
    with step("Ask for a Deployment on one WEC, and for its status: it returns"):
        wds.apply(web, policy)
        fleet.report(web, READY)
        wds.eventually(whole_status(web, READY), within="status_return")
    with controller_manager.stopped(), step("End the request without the controller manager"):
        wds.patch(policy, {"spec": change})
    with step("When it is back, the status goes"):
        wds.eventually(no_status(web), within="recovery")


@promises("RESIL-13")
def test_status_is_right_after_a_restart_of_the_controller_manager(
    wds: Space, wec1: Space, make: Make, controller_manager: ComponentHandle
) -> None:
    """Of three Deployments in a real WEC, one changes meanwhile, one is as it was, and the status
    of the third is not requested any more.
    """
    changed, kept, ended = (make.deployment(stem) for stem in ("changed", "kept", "ended"))
    ready = make.status_collector(select={"ready": "returned.status.readyReplicas"}, stem="ready")
    policy = make.policy(
        changed, kept, to=wec1, want_singleton_status=True, collect=ready, name="policy"
    )
    other = make.policy(ended, to=wec1, want_singleton_status=True, name="other")
    with step("Ask for the status of all three, and collect that of two: it returns"):
        wds.apply(ready, changed, kept, ended, policy, other)
        wec1.eventually(available(changed, kept, ended), within="available")
        wds.eventually(changed, status=that_of(wec1), within="status_return")
        wds.eventually(kept, status=that_of(wec1), within="status_return")
        wds.eventually(ended, status=that_of(wec1), within="status_return")
        wds.eventually(rows(ready, kept, policy, [{"ready": 1}]), within="combined_status")
    with controller_manager.stopped(), step("One is scaled in the WEC, and one request ends"):
        wec1.scale(changed, 2)
        wec1.eventually(contains(changed, {"status": {"readyReplicas": 2}}), within="available")
        wds.apply(make.policy(ended, to=wec1, name="other"))
    with step("What is returned and what is collected is that of the WEC when it is back"):
        wds.eventually(no_status(ended), within="recovery")
        wds.eventually(changed, status=that_of(wec1), within="recovery")
        wds.eventually(kept, status=that_of(wec1), within="recovery")
        wds.eventually(rows(ready, kept, policy, [{"ready": 1}]), within="recovery")


@promises("RESIL-13")
def test_collected_rows_are_right_after_a_restart_of_the_controller_manager(
    wds: Space, its: Space, make: Make, controller_manager: ComponentHandle
) -> None:
    """One of three virtual WECs then reports another number, and one StatusCollector is no longer
    asked for. All report again afterwards, since ManifestWorks may be made anew (KD-0.30.0-31).
    """
    changed, kept = make.deployment("changed"), make.deployment("kept")
    ready = make.status_collector(select={"ready": "returned.status.readyReplicas"}, stem="ready")
    total = make.status_collector(
        combine={"sum": ("SUM", "returned.status.readyReplicas")}, stem="total"
    )
    fleet = make.wecs(near={}, far={}, rim={})
    policy = make.policy(changed, kept, to=fleet, collect=[ready, total], name="policy")
    as_it_was = [{"ready": number} for number in (4, 5, 6)]
    with step("Collect for two Deployments by two StatusCollectors"):
        wds.apply(ready, total, changed, kept, policy)
        fleet.report(changed, "readyReplicas", near=1, far=2, rim=3)
        fleet.report(kept, "readyReplicas", near=4, far=5, rim=6)
        first = rows(ready, changed, policy, [{"ready": number} for number in (1, 2, 3)])
        wds.eventually(first, within="combined_status")
        wds.eventually(rows(total, changed, policy, [{"sum": 6}]), within="combined_status")
        wds.eventually(rows(ready, kept, policy, as_it_was), within="combined_status")
        wds.eventually(rows(total, kept, policy, [{"sum": 15}]), within="combined_status")
    with controller_manager.stopped(), step("The sum is no longer asked for"):
        wds.apply(make.policy(changed, kept, to=fleet, collect=ready, name="policy"))
    with step("When it is back, the WECs report, one of them another number"):
        wds.eventually(modulated(policy, changed, status_collectors=[ready]), within="recovery")
        wds.eventually(modulated(policy, kept, status_collectors=[ready]), within="recovery")
        its.eventually(bundled(policy, fleet, objects=2, at_most=1), within="recovery")
        its.eventually(quiescent_manifest_works(policy), within="recovery")
        fleet.report(changed, "readyReplicas", near=1, far=9, rim=3)
        fleet.report(kept, "readyReplicas", near=4, far=5, rim=6)
    with step("The rows are those of the last reports, and no sum is left"):
        last = rows(ready, changed, policy, [{"ready": number} for number in (1, 9, 3)])
        wds.eventually(last, within="recovery")
        wds.eventually(rows(ready, kept, policy, as_it_was), within="recovery")
        wds.eventually(no_result(total, changed, policy), within="recovery")
        wds.eventually(no_result(total, kept, policy), within="recovery")
