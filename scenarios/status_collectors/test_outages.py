"""What the status controller finds when it returns ("Combined Status from WECs", "Introduction to
the General Technique"; API: CombinedStatus).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Obj,
    Policy,
    Space,
    case,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import gone, rows

pytestmark = [own_wds, needs("stop-components")]


class Pair(NamedTuple):
    """What a CombinedStatus is of, and the policy again without its StatusCollector."""

    config: Obj
    policy: Policy
    bare: Policy


@promises("STATUS-83")
@pytest.mark.parametrize(
    "end",
    [
        case("the object is deleted", lambda wds, pair: wds.delete(pair.config)),
        case("the policy is deleted", lambda wds, pair: wds.delete(pair.policy)),
        case("the reference is removed", lambda wds, pair: wds.apply(pair.bare)),
    ],
)
def test_a_combined_status_goes_after_an_outage(
    wds: Space,
    make: Make,
    controller_manager: ComponentHandle,
    end: Callable[[Space, Pair], object],
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
            end(wds, Pair(config, policy, make.policy(config, to=nowhere, name="policy")))
        wds.eventually(gone(mine), within="recovery")
