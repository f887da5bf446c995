"""What the status controller finds when it returns ("Combined Status from WECs", "Introduction to
the General Technique"; API: CombinedStatus).
"""

from __future__ import annotations

from collections.abc import Callable

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Obj,
    Policy,
    Space,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import gone, rows

pytestmark = [own_wds, needs("stop-components")]


@promises("STATUS-83")
def test_a_combined_status_goes_after_an_outage(
    wds: Space,
    make: Make,
    controller_manager: ComponentHandle,
    end: Callable[[Obj, Policy, Policy], None],
) -> None:
    """With what it is of, which ended while the controller manager was down."""
    count = make.status_collector(combine={"n": "COUNT"})
    config, nowhere = make.config_map(), {"no-such-wec": make.name("a")}
    policy = make.policy(config, to=nowhere, name="policy", collect=count)
    with step("Collect for a ConfigMap that no WEC gets"):
        wds.apply(count, policy, config)
        counted = rows(count, config, policy, [{"n": 0}])
        [mine] = wds.eventually(counted, within="combined_status")
    with step("End it while the controller manager is down: the CombinedStatus goes"):
        with controller_manager.stopped():
            end(config, policy, make.policy(config, to=nowhere, name="policy"))
        wds.eventually(gone(mine), within="recovery")
