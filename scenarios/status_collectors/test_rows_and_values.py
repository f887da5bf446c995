"""How many rows a result has, what is in them, and that each change shows (API:
NamedStatusCombination, Value).
"""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import Fleet, Make, Obj, Space, case, on_fleet, promises, step
from kubestellar_conformance.story.conditions import (
    aggregation_errors,
    at_rest,
    columns,
    row_count,
    row_errors,
    rows,
)

pytestmark = on_fleet(eu={}, us={}, ap={})
LOAD = "returned.status.load"
SIZE = "returned.status.size"
VALUE = "returned.status.value"


@promises("STATUS-70")
@pytest.mark.parametrize(
    "what",
    [
        case("select", {"select": {"wec": "inventory.name"}}),
        case("groupBy", {"group_by": {"wec": "inventory.name"}, "combine": {"n": "COUNT"}}),
    ],
)
def test_a_result_has_at_most_as_many_rows_as_the_limit(
    wds: Space, fleet: Fleet, make: Make, web: Obj, what: dict[str, Any]
) -> None:
    """Which ones is not said."""
    enough = make.status_collector("enough", limit=3, **what)
    one, two = (make.status_collector(f"limit-{limit}", limit=limit, **what) for limit in (1, 2))
    policy = make.policy(web, to=fleet, collect=[enough, one, two])
    with step("Ask for a Deployment on three WECs, and for at most three rows, one and two"):
        wds.apply(enough, one, two, policy, web)
    with step("The results have three rows, one and two"):
        wds.eventually(row_count(enough, web, policy, 3), within="combined_status")
        wds.eventually(row_count(one, web, policy, 1), within="combined_status")
        wds.eventually(row_count(two, web, policy, 2), within="combined_status")


@promises("STATUS-77")
@pytest.mark.parametrize(
    ("changed", "row"),
    [
        case("one is renamed", {"weight": LOAD, "size": SIZE}, {"weight": 1, "size": 2}),
        case("they are swapped", {"size": SIZE, "load": LOAD}, {"size": 2, "load": 1}),
    ],
)
def test_columns_follow_the_status_collector(
    wds: Space, fleet: Fleet, make: Make, web: Obj, changed: dict[str, str], row: Obj
) -> None:
    """While nothing else changes."""
    before = make.status_collector("both", select={"load": LOAD, "size": SIZE})
    policy = make.policy(web, to=fleet["eu us"], collect=before)
    with step("Ask for a Deployment on two WECs, and for two numbers of each"):
        wds.apply(before, policy, web)
        fleet["eu us"].report(web, {"load": 1, "size": 2})
        both = [{"load": 1, "size": 2}] * 2
        wds.eventually(rows(before, web, policy, both), within="combined_status")
        wds.eventually(columns(before, web, policy, "load", "size"), within="combined_status")
    with step("Change the columns: the results have the new ones"):
        after = make.status_collector("both", select=changed)
        wds.apply(after)
        wds.eventually(columns(after, web, policy, *changed), within="combined_status")
        wds.eventually(rows(after, web, policy, [row] * 2), within="combined_status")


@promises("STATUS-80")
@pytest.mark.parametrize(
    "status",
    [
        case("scalars", {"text": "3", "whole": 3, "fraction": -0.5, "yes": False}),
        case("null", {"value": None}),
        case("an object", {"value": {"of": {"a": [1, "b", True]}}}),
        case("an array", {"value": [1, "b", {"c": 2}]}),
    ],
)
def test_a_reported_value_keeps_its_type(
    wds: Space, fleet: Fleet, make: Make, web: Obj, status: Obj
) -> None:
    """Beside it the name of the WEC, so that the rows differ."""
    fields = {name: f"returned.status.{name}" for name in status}
    shown = make.status_collector(select={"wec": "inventory.name", **fields})
    policy = make.policy(web, to=fleet["eu us"], collect=shown)
    with step("Ask for a Deployment on two WECs, and for what both report"):
        wds.apply(shown, policy, web)
        fleet["eu us"].report(web, status)
    with step("The rows have it, in the types that it has"):
        expected = [{"wec": name, **status} for name in fleet["eu us"].names]
        wds.eventually(rows(shown, web, policy, expected), within="combined_status")


@promises("STATUS-90")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        case("a text", "few", "many"),
        case("a whole number", 3, 4),
        case("a fraction", 0.25, 0.75),
        case("a boolean", True, False),
        case("an object", {"a": {"b": 1}}, {"a": {"b": 2}}),
    ],
)
def test_a_change_of_a_value_shows(
    wds: Space, fleet: Fleet, make: Make, web: Obj, before: Any, after: Any
) -> None:
    """Of any type, while the rest of the row stays."""
    shown = make.status_collector(select={"wec": "inventory.name", "value": VALUE})
    policy = make.policy(web, to=fleet["eu us"], collect=shown)
    eu, us = ({"wec": name} for name in fleet["eu us"].names)
    with step("Ask for a Deployment on two WECs, and for a value that both report"):
        wds.apply(shown, policy, web)
        fleet["eu us"].report(web, {"value": before})
        both = [{**eu, "value": before}, {**us, "value": before}]
        wds.eventually(rows(shown, web, policy, both), within="combined_status")
    with step("One reports another value: its row has that"):
        fleet.report(web, "value", us=after)
        both = [{**eu, "value": before}, {**us, "value": after}]
        wds.eventually(rows(shown, web, policy, both), within="combined_status")


@promises("STATUS-80")
def test_an_expression_can_make_an_object(wds: Space, fleet: Fleet, make: Make, web: Obj) -> None:
    """Of what the WECs report."""
    shown = make.status_collector(select={"both": f"{{'wec': inventory.name, 'load': {LOAD}}}"})
    policy = make.policy(web, to=fleet["eu us"], collect=shown)
    with step("Ask for a Deployment on two WECs, and for an object of their names and loads"):
        wds.apply(shown, policy, web)
        fleet.report(web, "load", eu=1, us=2)
    with step("Each row has such an object"):
        eu, us = fleet["eu us"].names
        expected = [{"both": {"wec": eu, "load": 1}}, {"both": {"wec": us, "load": 2}}]
        wds.eventually(rows(shown, web, policy, expected), within="combined_status")


@promises("STATUS-81")
def test_a_change_in_how_often_a_row_occurs_shows(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Rows that are alike are rows of their own."""
    phases = make.status_collector(select={"phase": "returned.status.phase"})
    policy = make.policy(web, to=fleet, collect=phases)
    up, down = {"phase": "up"}, {"phase": "down"}
    with step("Ask for a Deployment on three WECs, and for the phase of each: up, up and down"):
        wds.apply(phases, policy, web)
        fleet.report(web, "phase", eu="up", us="up", ap="down")
        seen = wds.eventually(rows(phases, web, policy, [up, up, down]), within="combined_status")
        wds.eventually(at_rest(*seen), within="combined_status")
    with step("It goes down in the second one: one row is up, and two are down"):
        fleet.report(web, "phase", us="down")
        wds.eventually(rows(phases, web, policy, [up, down, down]), within="combined_status")


@promises("STATUS-82")
def test_a_change_in_the_errors_shows_while_the_rows_stay(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Of a WEC that has no part in the sum: it reports a word, and then nothing to add."""
    total = make.status_collector(combine={"sum": ("SUM", f"int({LOAD})")})
    policy = make.policy(web, to=fleet, collect=total)
    expected = rows(total, web, policy, [{"sum": 4}])

    def error(said: str) -> Any:
        return row_errors(total, web, policy, "sum", wec=fleet.wec("us"), matching=said)

    with step("Ask for a Deployment on three WECs, and for a sum; two numbers and a word come"):
        wds.apply(total, policy, web)
        fleet.report(web, "load", eu=1, us="few", ap=3)
        wds.eventually(expected, within="combined_status")
        wds.eventually(error("string"), within="combined_status")
    with step("It reports no load any more: the error says so, and the sum stays"):
        fleet.report(web, us={"phase": "up"})
        wds.eventually(error("no such key"), within="combined_status")
        wds.eventually(expected, within="combined_status")


@promises("STATUS-89")
@pytest.mark.parametrize("value", [case("booleans", True), case("objects", {"a": 1})])
def test_an_aggregation_that_cannot_be_applied_is_reported(
    wds: Space, fleet: Fleet, make: Make, web: Obj, value: Any
) -> None:
    """With its column; another column is as it should be."""
    sums = make.status_collector(combine={"n": "COUNT", "sum": ("SUM", VALUE)})
    policy = make.policy(web, to=fleet, collect=sums)
    with step("Ask for a Deployment on three WECs, and for the sum of values; all report one"):
        wds.apply(sums, policy, web)
        fleet.report(web, {"value": value})
    with step("The result reports an error in the column of the sum"):
        wds.eventually(aggregation_errors(sums, web, policy, "sum"), within="combined_status")
