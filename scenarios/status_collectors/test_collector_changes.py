"""What follows a change of a StatusCollector ("Combined Status from WECs"; known issue "Missing
results in a CombinedStatus object").
"""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import Fleet, Make, Obj, Space, case, on_fleet, promises, step
from kubestellar_conformance.story.conditions import (
    at_rest,
    no_result,
    no_rows,
    row_count,
    rows,
    same_uids,
)

pytestmark = on_fleet(eu={}, us={}, ap={})
LOAD = "returned.status.load"
SIZE = "returned.status.size"
LOADS = {"eu": 1, "us": 2, "ap": 3}
BEFORE: dict[str, Any] = {"filter": f"{LOAD} > 1", "select": {"load": LOAD}}


@promises("STATUS-76")
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        case("a filter that keeps more", {"filter": None}, [{"load": n} for n in (1, 2, 3)]),
        case("a filter that keeps less", {"filter": f"{LOAD} > 2"}, [{"load": 3}]),
        case("a column", {"select": {"load": f"{LOAD} + {SIZE}"}}, [{"load": 12}, {"load": 13}]),
        case(
            "a form",
            {"select": None, "combine": {"load": ("SUM", LOAD)}},
            [{"load": 5}],
        ),
    ],
)
def test_a_change_shows_in_every_combined_status(
    wds: Space,
    fleet: Fleet,
    make: Make,
    changed: dict[str, Any],
    expected: list[dict[str, Any]],
) -> None:
    """None of them goes meanwhile."""
    one, two = make.deployment("one"), make.deployment("two")
    before = make.status_collector("loads", **BEFORE)
    after = make.status_collector("loads", **{**BEFORE, **changed})
    policy = make.policy(one, two, to=fleet, collect=before)
    with step("Collect the loads of two Deployments on three WECs, but for those of 1"):
        wds.apply(before, policy, one, two)
        for thing in (one, two):
            fleet.report(thing, **{wec: {"load": n, "size": 10} for wec, n in LOADS.items()})
        first = [{"load": 2}, {"load": 3}]
        [of_one] = wds.eventually(rows(before, one, policy, first), within="combined_status")
        [of_two] = wds.eventually(rows(before, two, policy, first), within="combined_status")
    with step("Change the StatusCollector: both have the new rows, and stay what they are"):
        with wds.hold(same_uids(of_one, of_two)):
            wds.apply(after)
            wds.eventually(rows(after, one, policy, expected), within="combined_status")
            wds.eventually(rows(after, two, policy, expected), within="combined_status")


@promises("STATUS-76")
@pytest.mark.parametrize(
    ("changed", "expected"),
    [case("its subject", ("SUM", SIZE), 60), case("its type", ("MAX", LOAD), 3)],
)
def test_a_change_of_an_aggregate_shows(
    wds: Space, fleet: Fleet, make: Make, web: Obj, changed: tuple[str, str], expected: int
) -> None:
    """The column keeps its name, and the aggregate all else."""
    before = make.status_collector("total", combine={"total": ("SUM", LOAD)})
    after = make.status_collector("total", combine={"total": changed})
    policy = make.policy(web, to=fleet, collect=before)
    with step("Ask for a Deployment on three WECs, and for the sum of their loads"):
        wds.apply(before, policy, web)
        fleet.report(web, **{wec: {"load": n, "size": 10 * n} for wec, n in LOADS.items()})
        of_loads = rows(before, web, policy, [{"total": 6}])
        [result] = wds.eventually(of_loads, within="combined_status")
        wds.eventually(at_rest(result), within="combined_status")
    with step("Ask for another aggregate in place of it"):
        wds.apply(after)
        wds.eventually(rows(after, web, policy, [{"total": expected}]), within="combined_status")


@promises("STATUS-76")
def test_a_change_of_what_rows_are_grouped_by_shows(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """The column keeps its name."""
    by_load = make.status_collector("groups", group_by={"by": LOAD}, combine={"n": "COUNT"})
    by_size = make.status_collector("groups", group_by={"by": SIZE}, combine={"n": "COUNT"})
    policy = make.policy(web, to=fleet, collect=by_load)
    with step("Ask for a Deployment on three WECs, and for groups of one load"):
        wds.apply(by_load, policy, web)
        fleet.report(web, eu={"load": 1, "size": 7}, us={"load": 1, "size": 8},
                     ap={"load": 2, "size": 8})  # fmt: skip
        groups = rows(by_load, web, policy, [{"by": 1, "n": 2}, {"by": 2, "n": 1}])
        [result] = wds.eventually(groups, within="combined_status")
        wds.eventually(at_rest(result), within="combined_status")
    with step("Ask for groups of one size in place of it"):
        wds.apply(by_size)
        groups = rows(by_size, web, policy, [{"by": 7, "n": 1}, {"by": 8, "n": 2}])
        wds.eventually(groups, within="combined_status")


@promises("STATUS-76")
def test_a_filter_that_comes_to_keep_nothing_shows(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """When KubeStellar has no other reason to look at the CombinedStatus."""
    before = make.status_collector("loads", filter=f"{LOAD} > 1", select={"load": LOAD})
    policy = make.policy(web, to=fleet, collect=before)
    with step("Collect loads over 1 of a Deployment on three WECs; there are two"):
        wds.apply(before, policy, web)
        fleet.report(web, "load", **LOADS)
        some = [{"load": 2}, {"load": 3}]
        wds.eventually(rows(before, web, policy, some), within="combined_status")
    with step("Collect for another object: what was to be done for the first one is done"):
        config, count = make.config_map(), make.status_collector("count", combine={"n": "COUNT"})
        other = make.policy(config, to=fleet, name="other", collect=count)
        wds.apply(count, other, config)
        wds.eventually(rows(count, config, other, [{"n": 3}]), within="combined_status")
    with step("Ask for loads over 3: there is none"):
        after = make.status_collector("loads", filter=f"{LOAD} > 3", select={"load": LOAD})
        wds.apply(after)
        wds.eventually(no_rows(after, web, policy), within="combined_status")


@promises("STATUS-76")
def test_a_change_of_the_limit_shows(wds: Space, fleet: Fleet, make: Make, web: Obj) -> None:
    """From three rows to two."""
    three = make.status_collector("names", select={"load": LOAD}, limit=3)
    policy = make.policy(web, to=fleet, collect=three)
    with step("Collect loads of a Deployment on three WECs, at most three: there are three"):
        wds.apply(three, policy, web)
        fleet.report(web, "load", **LOADS)
        wds.eventually(row_count(three, web, policy, 3), within="combined_status")
    with step("Lower the limit to two: there are two"):
        two = make.status_collector("names", select={"load": LOAD}, limit=2)
        wds.apply(two)
        wds.eventually(row_count(two, web, policy, 2), within="combined_status")


@promises("STATUS-78")
def test_a_deleted_status_collector_has_no_result(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Those of others stay."""
    kept = make.status_collector("kept", select={"load": LOAD})
    deleted = make.status_collector("deleted", combine={"sum": ("SUM", LOAD)})
    policy = make.policy(web, to=fleet, collect=[kept, deleted])
    loads = [{"load": 1}, {"load": 2}, {"load": 3}]
    with step("Collect for a Deployment on three WECs by two StatusCollectors"):
        wds.apply(kept, deleted, policy, web)
        fleet.report(web, "load", **LOADS)
        wds.eventually(rows(kept, web, policy, loads), within="combined_status")
        of_other = rows(deleted, web, policy, [{"sum": 6}])
        [result] = wds.eventually(of_other, within="combined_status")
        wds.eventually(at_rest(result), within="combined_status")
    with step("Delete one: its result goes, and that of the other stays"):
        with wds.hold(rows(kept, web, policy, loads)):
            wds.delete(deleted)
            wds.eventually(no_result(deleted, web, policy), within="combined_status")


@promises("STATUS-79")
def test_a_shared_status_collector_gives_each_object_of_each_policy_its_rows(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """Two policies for two WECs each, with two objects each."""
    loads = make.status_collector(select={"load": LOAD})
    one, two, three, four = (make.deployment(f"web-{number}") for number in range(4))
    left = make.policy(one, two, to=fleet["eu us"], name="left", collect=loads)
    right = make.policy(three, four, to=fleet["us ap"], name="right", collect=loads)
    with step("Two policies collect by one StatusCollector; the WECs report"):
        wds.apply(loads, left, right, one, two, three, four)
        fleet.report(one, "load", eu=1, us=2)
        fleet.report(two, "load", eu=3, us=4)
        fleet.report(three, "load", us=5, ap=6)
        fleet.report(four, "load", us=7, ap=8)
    with step("Each of the four objects has rows of its own"):
        for thing, policy, (a, b) in (
            (one, left, (1, 2)),
            (two, left, (3, 4)),
            (three, right, (5, 6)),
            (four, right, (7, 8)),
        ):
            expected = [{"load": a}, {"load": b}]
            wds.eventually(rows(loads, thing, policy, expected), within="combined_status")


@promises("STATUS-79")
def test_policies_that_share_an_object_all_follow_its_status(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Two policies, and two reports of which each is of one WEC."""
    loads = make.status_collector(select={"load": LOAD})
    one, two = (make.policy(web, to=fleet["eu us"], name=n, collect=loads) for n in ("one", "two"))
    with step("Two policies collect the loads of one Deployment on two WECs"):
        wds.apply(loads, one, two, web)
        fleet.report(web, "load", eu=1, us=2)
        first = [{"load": 1}, {"load": 2}]
        [of_one] = wds.eventually(rows(loads, web, one, first), within="combined_status")
        [of_two] = wds.eventually(rows(loads, web, two, first), within="combined_status")
        wds.eventually(at_rest(of_one, of_two), within="combined_status")
    with step("One WEC reports another load: both policies have it"):
        fleet.report(web, "load", eu=3)
        wds.eventually(rows(loads, web, one, [{"load": 3}, {"load": 2}]), within="combined_status")
        wds.eventually(rows(loads, web, two, [{"load": 3}, {"load": 2}]), within="combined_status")
    with step("So does the other one: both have that, too"):
        fleet.report(web, "load", us=4)
        wds.eventually(rows(loads, web, one, [{"load": 3}, {"load": 4}]), within="combined_status")
        wds.eventually(rows(loads, web, two, [{"load": 3}, {"load": 4}]), within="combined_status")
