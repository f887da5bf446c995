"""Scenarios in any order, and again (the page's "Assumptions and Variables": each undoes its
effects).
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    Make,
    Policy,
    Space,
    Spaces,
    Workload,
    case,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    available,
    gone,
    has,
    no_binding,
    no_manifest_works,
    no_work_statuses,
)


@pytest.fixture
def scenarios(
    make: Make, wec1: Space, wecs: Spaces, nginx: Workload, nginx_singleton: Workload
) -> dict[str, tuple[Policy, Workload, Spaces]]:
    """The policy of each, its workload, and the WECs where it goes."""
    policy = make.policy(nginx_singleton, to=wec1, want_singleton_status=True, name="singleton")
    return {
        "1": (make.policy(nginx, to=wecs, name="nginx"), nginx, wecs),
        "4": (policy, nginx_singleton, Spaces([wec1])),
    }


@promises("SCEN-X-01")
@pytest.mark.parametrize(
    "order",
    [
        case("1, 4, 4 and 1", ("1", "4", "4", "1")),
        case("4, 1, 1 and 4", ("4", "1", "1", "4")),
    ],
)
def test_scenarios_can_be_gone_through_in_any_order_and_again(
    wds: Space,
    its: Space,
    scenarios: dict[str, tuple[Policy, Workload, Spaces]],
    order: tuple[str, ...],
) -> None:
    """Scenarios 1 and 4, each with its teardown; nothing of it is left in any space."""
    for number in order:
        policy, workload, there = scenarios[number]
        with step(f"Scenario {number}: its workload runs"):
            wds.apply(policy, workload)
            there.eventually(has(workload), within="downsync")
            there.eventually(available(workload), within="available")
        with step("Its teardown: workload, Binding, ManifestWorks and WorkStatuses go"):
            wds.delete(workload, policy)
            there.eventually(gone(workload), within="withdrawal")
            wds.eventually(no_binding(policy), within="withdrawal")
            its.eventually(no_manifest_works(policy), within="withdrawal")
            its.eventually(no_work_statuses(workload), within="withdrawal")
