"""Where the errors of a StatusCollector are reported (API: StatusCollectorSpec, Expression,
StatusCollectorStatus).
"""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Make,
    Obj,
    Space,
    case,
    note,
    on_fleet,
    promises,
    result_of,
    step,
)
from kubestellar_conformance.story.conditions import (
    errors,
    has_result,
    no_errors,
    observed,
    rows,
)

pytestmark = on_fleet(eu={}, us={})
LOAD = "returned.status.load"
COLUMN = {"load": LOAD}
WRONG = f"{LOAD} +"
COUNT = {"n": "COUNT"}


@promises("STATUS-71")
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        case("select and combinedFields", {"select": COLUMN, "combine": COUNT}, "combinedFields"),
        case(
            "select and groupBy",
            {"select": COLUMN, "group_by": COLUMN, "combine": COUNT},
            "groupBy",
        ),
        case("groupBy alone", {"group_by": COLUMN}, "groupBy"),
    ],
)
def test_a_status_collector_of_two_forms_reports_so(
    wds: Space, make: Make, fields: dict[str, Any], field: str
) -> None:
    """A field that has to be empty beside another one is not."""
    mixed = make.status_collector(**fields)
    with step("Create the StatusCollector: its status says which field has to be empty"):
        wds.apply(mixed)
        wds.eventually(errors(mixed, matching=f"{field}.*empty"), within="binding")


@promises("STATUS-72")
@pytest.mark.parametrize(
    "fields",
    [
        case("a filter", {"filter": WRONG, "select": COLUMN}),
        case("the second column", {"select": {**COLUMN, "wrong": WRONG}}),
        case("the second grouping", {"group_by": {**COLUMN, "wrong": WRONG}, "combine": COUNT}),
        case("the second subject", {"combine": {"sum": ("SUM", LOAD), "wrong": ("SUM", WRONG)}}),
    ],
)
def test_an_expression_that_does_not_parse_is_reported(
    wds: Space, fleet: Fleet, make: Make, web: Obj, fields: dict[str, Any]
) -> None:
    """In the status of its StatusCollector; that of another one stays without errors."""
    wrong, good = make.status_collector(**fields), make.status_collector("good", select=COLUMN)
    with step("Create a StatusCollector with the expression, and a good one"):
        wds.apply(good, wrong)
    with step("The status of the first reports the error, that of the other reports none"):
        wds.eventually(errors(wrong, matching="(?i)syntax|pars"), within="binding")
        wds.stays(no_errors(good, observed=False))
    with step("Ask for a Deployment by both: the good one has its rows"):
        policy = make.policy(web, to=fleet, collect=[good, wrong])
        wds.apply(policy, web)
        fleet.report(web, "load", eu=1, us=2)
        expected = [{"load": 1}, {"load": 2}]
        [seen] = wds.eventually(rows(good, web, policy, expected), within="combined_status")
        note("the result of the wrong one in the CombinedStatus", result_of(wrong, seen))
        note("the condition of the Binding", _conditions(wds.get(policy.binding)))


def _conditions(binding: Obj | None) -> dict[str, str]:
    """The status of each condition that speaks of StatusCollectors."""
    found = ((binding or {}).get("status") or {}).get("conditions") or []
    return {one["type"]: one["status"] for one in found if "StatusCollector" in one["type"]}


@promises("STATUS-73")
@pytest.mark.parametrize("of", ["Binding", "BindingPolicy"])
def test_an_expression_that_does_not_fit_the_schema_is_reported(
    wds: Space, fleet: Fleet, make: Make, web: Obj, of: str
) -> None:
    """It parses, but a Deployment has no such field."""
    typo = make.status_collector(select={"replicas": "obj.spec.replicaz"})
    policy = make.policy(web, to=fleet, collect=typo)
    with step("Ask for a Deployment, and for a field that a Deployment cannot have"):
        wds.apply(typo, policy, web)
    with step(f"The status of the {of} reports the error"):
        where = policy.binding if of == "Binding" else policy.ref
        wds.eventually(errors(where, matching="replicaz"), within="binding")


@promises("STATUS-74")
@pytest.mark.parametrize("expression", [case("without errors", LOAD), case("with an error", WRONG)])
def test_the_observed_generation_is_that_of_the_errors(
    wds: Space, make: Make, expression: str
) -> None:
    """After the creation, and after a change."""
    with step("Create a StatusCollector: its generation is observed"):
        wds.apply(first := make.status_collector("load", select={"load": expression}))
        wds.eventually(observed(first), within="binding")
    with step("Change it: its new generation is observed"):
        wds.apply(second := make.status_collector("load", select={"new": expression}))
        wds.eventually(observed(second), within="binding")


@promises("STATUS-75")
@pytest.mark.parametrize(
    "fields",
    [
        case("an expression", {"select": {"load": WRONG}}),
        case("two forms", {"select": COLUMN, "combine": COUNT}),
    ],
)
def test_a_status_collector_that_is_put_right_has_results(
    wds: Space, fleet: Fleet, make: Make, web: Obj, fields: dict[str, Any]
) -> None:
    """And no errors any more."""
    wrong = make.status_collector("load", **fields)
    policy = make.policy(web, to=fleet, collect=wrong)
    with step("Ask for a Deployment on two WECs by a StatusCollector that reports an error"):
        wds.apply(wrong, policy, web)
        fleet.report(web, "load", eu=1, us=2)
        wds.eventually(errors(wrong), within="binding")
    with step("Put it right: it reports no error, and the rows are there"):
        right = make.status_collector("load", select=COLUMN)
        wds.apply(right)
        wds.eventually(no_errors(right, observed=False), within="binding")
        expected = [{"load": 1}, {"load": 2}]
        wds.eventually(rows(right, web, policy, expected), within="combined_status")


@promises("LIMITS-09")
def test_a_status_collector_with_errors_has_a_result(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Only one that does not exist has none."""
    good = make.status_collector("good", select=COLUMN)
    wrong = make.status_collector("wrong", select={"load": WRONG})
    policy = make.policy(web, to=fleet, collect=[good, wrong])
    with step("Ask for a Deployment on two WECs by two StatusCollectors, one of which is wrong"):
        wds.apply(good, wrong, policy, web)
        fleet.report(web, "load", eu=1, us=2)
    with step("Both have a result"):
        expected = [{"load": 1}, {"load": 2}]
        wds.eventually(rows(good, web, policy, expected), within="combined_status")
        wds.eventually(has_result(wrong, web, policy), within="combined_status")
