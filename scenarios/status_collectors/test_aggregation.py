"""Aggregates over WECs (user guide, "Combining reported state"; API: NamedAggregator)."""

from __future__ import annotations

import math
from typing import Any

import pytest

from kubestellar_conformance.story import Fleet, Make, Obj, Space, case, on_fleet, promises, step
from kubestellar_conformance.story.conditions import columns, errors, no_rows, rows

pytestmark = on_fleet(eu={}, us={}, ap={})
Aggregates = dict[str, str | tuple[str, str]]
AVAILABLE = "returned.status.availableReplicas"
READY = "returned.status.readyReplicas"
AGGREGATES: Aggregates = {
    "n": "COUNT",
    "sum": ("SUM", AVAILABLE),
    "min": ("MIN", AVAILABLE),
    "max": ("MAX", AVAILABLE),
    "avg": ("AVG", AVAILABLE),
}
LOAD: Aggregates = {"n": "COUNT", "sum": ("SUM", "returned.status.load")}


@promises("STATUS-55")
@pytest.mark.parametrize(
    ("eu", "us", "ap", "expected"),
    [
        case("integers", 3, 2, 1, {"n": 3, "sum": 6, "min": 1, "max": 3, "avg": 2}),
        case("equal ones", 4, 4, 4, {"n": 3, "sum": 12, "min": 4, "max": 4, "avg": 4}),
        case("some negative ones", -5, 0, 2, {"n": 3, "sum": -3, "min": -5, "max": 2, "avg": -1}),
        case("negative ones", -5, -3, -1, {"n": 3, "sum": -9, "min": -5, "max": -1, "avg": -3}),
    ],
)
def test_numbers_from_all_wecs_are_aggregated(
    wds: Space,
    fleet: Fleet,
    make: Make,
    web: Obj,
    eu: int,
    us: int,
    ap: int,
    expected: dict[str, float],
) -> None:
    """COUNT, SUM, MIN, MAX and AVG over one number from each WEC give one row."""
    numbers = make.status_collector("numbers", combine=AGGREGATES)
    policy = make.policy(web, to=fleet, collect=numbers)
    with step("Ask for the Deployment on three WECs, and for five aggregates"):
        wds.apply(numbers, policy, web)
    with step("Each WEC reports its number of available replicas"):
        fleet.report(web, "availableReplicas", eu=eu, us=us, ap=ap)
    with step("The CombinedStatus has one row with all five aggregates"):
        wds.eventually(rows(numbers, web, policy, [expected]), within="combined_status")
    with step("A number changes in one WEC, and every aggregate with it"):
        fleet.report(web, "availableReplicas", eu=9)
        later = {
            "n": 3,
            "sum": 9 + us + ap,
            "min": min(us, ap),
            "max": 9,
            "avg": (9 + us + ap) / 3,
        }
        wds.eventually(rows(numbers, web, policy, [later]), within="combined_status")


@promises("STATUS-55")
def test_fractions_are_aggregated_with_integers(wds: Space, fleet: Fleet, make: Make) -> None:
    """Numbers of JSON need not be whole."""
    thing = make.deployment()
    numbers = make.status_collector("numbers", combine=AGGREGATES)
    policy = make.policy(thing, to=fleet, collect=numbers)
    with step("Ask for the object on three WECs, and for five aggregates"):
        wds.apply(numbers, policy, thing)
    with step("The WECs report 0.5, 2 and -1.75"):
        fleet.report(thing, "availableReplicas", eu=0.5, us=2, ap=-1.75)
    with step("Each aggregate is exact"):
        expected = [{"n": 3, "sum": 0.75, "min": -1.75, "max": 2, "avg": 0.25}]
        wds.eventually(rows(numbers, thing, policy, expected), within="combined_status")
    with step("Two report other fractions: each aggregate is exact again"):
        fleet.report(thing, "availableReplicas", eu=2.5, us=2.25)
        expected = [{"n": 3, "sum": 3, "min": -1.75, "max": 2.5, "avg": 1}]
        wds.eventually(rows(numbers, thing, policy, expected), within="combined_status")


@promises("STATUS-54")
def test_count_without_a_subject_counts_wecs_that_report(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """COUNT takes no subject; a filter says which WECs count."""
    ready = make.status_collector("ready", filter=f"{READY} > 1", combine={"n": "COUNT"})
    policy = make.policy(web, to=fleet, collect=ready)
    with step("Ask for the Deployment on three WECs, and for how many have over one ready replica"):
        wds.apply(ready, policy, web)
    with step("The WECs report 3, 2 and 1 ready replicas: two count"):
        fleet.report(web, "readyReplicas", eu=3, us=2, ap=1)
        wds.eventually(rows(ready, web, policy, [{"n": 2}]), within="combined_status")
    with step("The third gets ready too: three count"):
        fleet.report(web, "readyReplicas", ap=2)
        wds.eventually(rows(ready, web, policy, [{"n": 3}]), within="combined_status")


@promises("STATUS-56")
def test_text_that_is_a_number_counts_as_that_number(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """A subject of type string is parsed as a number."""
    load = make.status_collector("load", combine=LOAD)
    policy = make.policy(web, to=fleet, collect=load)
    with step("Ask for the Deployment on three WECs, and for the sum of their loads"):
        wds.apply(load, policy, web)
    with step("Two WECs report their load as text, one as a number: the sum is that of all"):
        fleet.report(web, "load", eu="3", us="1.5", ap=2)
        wds.eventually(rows(load, web, policy, [{"n": 3, "sum": 6.5}]), within="combined_status")


@promises("STATUS-57")
def test_text_that_is_not_a_number_counts_as_zero_and_is_reported(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """A string that cannot be parsed is an error of the policy, and worth 0."""
    load = make.status_collector("load", combine=LOAD)
    policy = make.policy(web, to=fleet, collect=load)
    with step("Ask for the Deployment on three WECs, and for the sum of their loads"):
        wds.apply(load, policy, web)
    with step("One WEC reports a load that is no number: the others make up the sum"):
        fleet.report(web, "load", eu="heavy", us=3, ap=2)
        wds.eventually(rows(load, web, policy, [{"n": 3, "sum": 5}]), within="combined_status")
    with step("The policy reports the error"):
        wds.eventually(errors(policy, matching="heavy|parse|number"), within="binding")


@promises("STATUS-58")
def test_the_average_is_over_the_values_that_exist(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """As in SQL, a null is not a value: 4 and null have the average 4."""
    mean = make.status_collector("mean", combine={"avg": ("AVG", "returned.status.load")})
    policy = make.policy(web, to=fleet, collect=mean)
    with step("Ask for the Deployment on three WECs, and for the average of their loads"):
        wds.apply(mean, policy, web)
    with step("One WEC reports null, and then two report 4 and 8: the average is 6"):
        fleet.report(web, "load", us=None)  # first, or 6 is right for a moment in any case
        fleet.report(web, "load", eu=4, ap=8)
        wds.eventually(rows(mean, web, policy, [{"avg": 6}]), within="combined_status")


@promises("STATUS-58")
def test_sum_least_and_greatest_are_of_the_values_that_exist(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """As in SQL, a null is not a value, and so it is not a 0 which is less than both others."""
    load = "returned.status.load"
    functions = {"sum": ("SUM", load), "min": ("MIN", load), "max": ("MAX", load)}
    loads = make.status_collector("loads", combine=functions)
    policy = make.policy(web, to=fleet, collect=loads)
    with step("Ask for the Deployment on three WECs, and for sum, least and greatest of loads"):
        wds.apply(loads, policy, web)
    with step("One WEC reports null, and then two report 4 and 8"):
        fleet.report(web, "load", us=None)
        fleet.report(web, "load", eu=4, ap=8)
        expected = [{"sum": 12, "min": 4, "max": 8}]
        wds.eventually(rows(loads, web, policy, expected), within="combined_status")


@promises("STATUS-59")
def test_aggregates_over_no_wec_are_identity_elements(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """The AVG of no values is NaN; the others give the identity of their operation."""
    nothing = make.status_collector("nothing", filter="false", combine=AGGREGATES)
    policy = make.policy(web, to=fleet, collect=nothing)
    with step("Ask for aggregates over the WECs that a filter keeps, which are none"):
        wds.apply(nothing, policy, web)
        fleet.report(web, "availableReplicas", eu=3, us=2, ap=1)
    with step("There is one row, of identity elements"):
        expected = [{"n": 0, "sum": 0, "min": math.inf, "max": -math.inf, "avg": math.nan}]
        wds.eventually(rows(nothing, web, policy, expected), within="combined_status")


@promises("STATUS-59")
def test_aggregates_over_nulls_alone_are_identity_elements(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """As in SQL, a null is not a value; COUNT has no subject, and counts the WECs."""
    nothing = make.status_collector("nothing", combine=AGGREGATES)
    policy = make.policy(web, to=fleet, collect=nothing)
    with step("Ask for aggregates over three WECs"):
        wds.apply(nothing, policy, web)
    with step("Each reports null: there is one row, of identity elements but for the number"):
        fleet.report(web, "availableReplicas", eu=None, us=None, ap=None)
        expected = [{"n": 3, "sum": 0, "min": math.inf, "max": -math.inf, "avg": math.nan}]
        wds.eventually(rows(nothing, web, policy, expected), within="combined_status")


@promises("STATUS-60")
@pytest.mark.parametrize(
    ("group_by", "columns_in_order", "expected"),
    [
        case(
            "one key",
            {"phase": "returned.status.phase"},
            ("phase", "n"),
            [{"phase": "up", "n": 2}, {"phase": "down", "n": 1}],
        ),
        case(
            "two keys",
            {"phase": "returned.status.phase", "ready": READY},
            ("phase", "ready", "n"),
            [
                {"phase": "up", "ready": 1, "n": 1},
                {"phase": "up", "ready": 2, "n": 1},
                {"phase": "down", "ready": 2, "n": 1},
            ],
        ),
    ],
)
def test_grouping_gives_a_row_per_distinct_tuple(
    wds: Space,
    fleet: Fleet,
    make: Make,
    web: Obj,
    group_by: dict[str, str],
    columns_in_order: tuple[str, ...],
    expected: list[dict[str, Any]],
) -> None:
    """The columns of the keys come before those of the aggregates."""
    grouped = make.status_collector("grouped", group_by=group_by, combine={"n": "COUNT"})
    policy = make.policy(web, to=fleet, collect=grouped)
    with step("Ask for the Deployment on three WECs, and for their number in each group"):
        wds.apply(grouped, policy, web)
    with step("The WECs report phases and ready replicas"):
        fleet["eu"].report(web, {"phase": "up", "readyReplicas": 1})
        fleet["us"].report(web, {"phase": "up", "readyReplicas": 2})
        fleet["ap"].report(web, {"phase": "down", "readyReplicas": 2})
    with step("There is a row per group, keys first"):
        wds.eventually(rows(grouped, web, policy, expected), within="combined_status")
        wds.eventually(columns(grouped, web, policy, *columns_in_order), within="combined_status")


@promises("STATUS-60")
def test_a_wec_whose_value_changes_changes_its_group(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Nothing else of its row changes. The result has been at rest, for 5 s after KubeStellar has
    written one it looks at it again, and so makes up for a change that it has missed.
    """
    phase = {"phase": "returned.status.phase"}
    grouped = make.status_collector("grouped", group_by=phase, combine={"n": "COUNT"})
    policy = make.policy(web, to=fleet, collect=grouped)
    before = rows(grouped, web, policy, [{"phase": "up", "n": 2}, {"phase": "down", "n": 1}])
    after = rows(grouped, web, policy, [{"phase": "up", "n": 1}, {"phase": "down", "n": 2}])
    with step("Ask for a Deployment on three WECs, and for their number in each group"):
        wds.apply(grouped, policy, web)
        fleet.report(web, "phase", eu="up", us="up", ap="down")
        wds.eventually(before, within="combined_status")
    with step("The numbers stay while no WEC reports anything else"):
        wds.stays(before, quiet="status_return")
    with step("One WEC changes its group: the numbers of both change"):
        fleet.report(web, "phase", us="down")
        wds.eventually(after, within="combined_status")


@promises("STATUS-61")
def test_grouping_over_no_wec_gives_no_row(wds: Space, fleet: Fleet, make: Make, web: Obj) -> None:
    """Without groups nothing is aggregated; without a filter there is a row again."""
    phase, count = {"phase": "returned.status.phase"}, {"n": "COUNT"}
    kept = make.status_collector("kept", group_by=phase, combine=count)
    none = make.status_collector("none", filter="false", group_by=phase, combine=count)
    policy = make.policy(web, to=fleet, collect=[kept, none])
    with step("Ask for groups of all WECs, and for groups of none"):
        wds.apply(kept, none, policy, web)
        fleet.report(web, "phase", eu="up", us="up", ap="up")
    with step("All WECs are in one group, and the other result has no row"):
        wds.eventually(rows(kept, web, policy, [{"phase": "up", "n": 3}]), within="combined_status")
        wds.eventually(no_rows(none, web, policy), within="combined_status")


@promises("STATUS-60", "STATUS-67")
def test_groups_may_be_of_what_no_other_expression_refers_to(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """The name of the WEC, and the workload object."""
    wec, kind, count = {"wec": "inventory.name"}, {"kind": "obj.kind"}, {"n": "COUNT"}
    by_wec = make.status_collector("by-wec", group_by=wec, combine=count)
    by_kind = make.status_collector("by-kind", group_by=kind, combine=count)
    policy = make.policy(web, to=fleet, collect=[by_wec, by_kind])
    with step("Ask for a Deployment on three WECs, and for groups by WEC and by kind of object"):
        wds.apply(by_wec, by_kind, policy, web)
        fleet.report(web, {"load": 1})
    with step("Each WEC is a group of its own, and the object makes one of all"):
        each = [{"wec": name, "n": 1} for name in fleet.names]
        wds.eventually(rows(by_wec, web, policy, each), within="combined_status")
        one = [{"kind": "Deployment", "n": 3}]
        wds.eventually(rows(by_kind, web, policy, one), within="combined_status")
