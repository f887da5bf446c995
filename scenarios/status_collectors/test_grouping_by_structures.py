"""A ``groupBy`` expression has to give an atomic value (API: StatusCollectorSpec.groupBy)."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import Make, Space, case, needs, own_wds, promises, step
from kubestellar_conformance.story.conditions import row_errors

pytestmark = [own_wds, needs("virtual-wecs")]


@promises("STATUS-88")
@pytest.mark.parametrize("value", [case("objects", {"a": 1}), case("arrays", [1, 2])])
def test_grouping_by_structures_is_reported(wds: Space, make: Make, value: Any) -> None:
    """With its column."""
    fleet, web = make.wecs(eu={}, us={}), make.deployment()
    groups = make.status_collector(
        group_by={"value": "returned.status.value"}, combine={"n": "COUNT"}
    )
    policy = make.policy(web, to=fleet, collect=groups)
    with step("Group two WECs by a value of a Deployment that is a structure"):
        wds.apply(groups, policy, web)
        fleet.report(web, {"value": value})
    with step("The result reports an error in the column"):
        wds.eventually(row_errors(groups, web, policy, "value"), within="combined_status")
