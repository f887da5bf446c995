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
from kubestellar_conformance.story.conditions import no_status, whole_status

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
