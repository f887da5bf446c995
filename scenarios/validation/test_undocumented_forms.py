"""StatusCollectors of forms that the documentation says nothing of (user guide, "Combining reported
state"; API: StatusCollectorSpec)."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import Fleet, Make, Space, case, on_fleet, step
from kubestellar_conformance.story.conditions import rows

pytestmark = on_fleet(eu={}, us={})
SELECT = [{"name": "wec", "def": "inventory.name"}]


@pytest.mark.parametrize(
    "spec",
    [
        case("a limit of 0", {"select": SELECT, "limit": 0}, promises="VALID-22"),
        case("a limit below 0", {"select": SELECT, "limit": -1}, promises="VALID-22"),
        case("nothing but a limit", {"limit": 10}, promises="VALID-23"),
        case("a filter alone", {"filter": "true", "limit": 10}, promises="VALID-23"),
    ],
)
def test_an_undocumented_form_takes_nothing_from_another_collector(
    wds: Space, fleet: Fleet, make: Make, spec: dict[str, Any]
) -> None:
    """Two collectors of one object, of which one is of that form."""
    web = make.deployment()
    odd = make.status_collector("odd", spec=spec)
    good = make.status_collector(
        "good", combine={"n": "COUNT", "sum": ("SUM", "returned.status.replicas")}
    )
    policy = make.policy(web, to=fleet, collect=[odd, good])
    with step("Ask for the Deployment on two WECs, and for what both collectors give"):
        wds.apply(odd, good, policy, web)
    with step("Both WECs report: the documented collector adds up"):
        fleet.report(web, "replicas", eu=1, us=1)
        wds.eventually(rows(good, web, policy, [{"n": 2, "sum": 2}]), within="combined_status")
    with step("It goes on to, when one WEC reports anew"):
        fleet.report(web, "replicas", eu=4)
        wds.eventually(rows(good, web, policy, [{"n": 2, "sum": 5}]), within="combined_status")
