"""Plain selection: a row per WEC that passes the filter ("Combined Status from WECs", "Relation
with SQL"; API: StatusCollectorSpec, NamedStatusCombination).
"""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import Fleet, Make, Obj, Space, case, on_fleet, promises, step
from kubestellar_conformance.story.conditions import (
    at_rest,
    columns,
    no_row_errors,
    row_errors,
    rows,
)

pytestmark = on_fleet(eu={}, us={}, ap={})
LOAD = "returned.status.load"
WANTED = "returned.status.wanted"
WEC = {"wec": "inventory.name"}


@promises("STATUS-46")
@pytest.mark.parametrize(
    "order", [case("wec before load", ("wec", "load")), case("load before wec", ("load", "wec"))]
)
def test_a_selection_has_a_row_per_wec_and_its_columns_in_order(
    wds: Space, fleet: Fleet, make: Make, web: Obj, order: tuple[str, str]
) -> None:
    """All WECs, since there is no filter."""
    expressions = {**WEC, "load": LOAD}
    listed = make.status_collector(select={name: expressions[name] for name in order})
    policy = make.policy(web, to=fleet, collect=listed)
    with step("Ask for a Deployment on three WECs, and for the name and the load of each"):
        wds.apply(listed, policy, web)
        fleet.report(web, "load", eu=1, us=2, ap=2)
    with step("There is a row per WEC, with the columns in the order of the StatusCollector"):
        eu, us, ap = fleet.names
        expected = [{"wec": eu, "load": 1}, {"wec": us, "load": 2}, {"wec": ap, "load": 2}]
        wds.eventually(rows(listed, web, policy, expected), within="combined_status")
        wds.eventually(columns(listed, web, policy, *order), within="combined_status")


@promises("STATUS-47")
def test_wecs_count_from_which_nothing_can_come_back(wds: Space, fleet: Fleet, make: Make) -> None:
    """A ConfigMap has no status."""
    config = make.config_map()
    count = make.status_collector("count", combine={"n": "COUNT"})
    listed = make.status_collector("listed", select=WEC)
    policy = make.policy(config, to=fleet, collect=[count, listed])
    with step("Ask for a ConfigMap on three WECs, for their number and for their names"):
        wds.apply(count, listed, policy, config)
    with step("Three are counted, and three are listed"):
        wds.eventually(rows(count, config, policy, [{"n": 3}]), within="combined_status")
        names = [{"wec": name} for name in fleet.names]
        wds.eventually(rows(listed, config, policy, names), within="combined_status")


@promises("STATUS-47")
def test_a_wec_counts_that_has_not_reported(wds: Space, fleet: Fleet, make: Make, web: Obj) -> None:
    """Two of three WECs report a Deployment; the third is silent."""
    count = make.status_collector("count", combine={"n": "COUNT"})
    loads = make.status_collector("loads", filter="has(returned.status.load)", select=WEC)
    policy = make.policy(web, to=fleet, collect=[count, loads])
    with step("Ask for a Deployment on three WECs; two report"):
        wds.apply(count, loads, policy, web)
        fleet.report(web, "load", eu=1, us=2)
        reported = [{"wec": name} for name in fleet["eu us"].names]
        wds.eventually(rows(loads, web, policy, reported), within="combined_status")
    with step("Three are counted"):
        wds.eventually(rows(count, web, policy, [{"n": 3}]), within="combined_status")


@promises("STATUS-48")
def test_rows_follow_the_wecs_of_the_binding(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """A WEC joins, another one leaves."""
    listed = make.status_collector("listed", select=WEC)
    count = make.status_collector("count", combine={"n": "COUNT"})

    def send(members: str) -> None:
        chosen = fleet[members]
        policy = make.policy(web, to=chosen, name="policy", collect=[listed, count])
        wds.apply(listed, count, policy, web)
        names = [{"wec": name} for name in chosen.names]
        wds.eventually(rows(listed, web, policy, names), within="combined_status")
        number = rows(count, web, policy, [{"n": len(names)}])
        [result] = wds.eventually(number, within="combined_status")
        wds.eventually(at_rest(result), within="combined_status")

    with step("Ask for a Deployment on two WECs: both are listed"):
        send("eu us")
        fleet["eu us"].report(web, "load", eu=1, us=2)
    with step("A third WEC joins: three are listed"):
        send("eu us ap")
    with step("The first one leaves: the other two are listed"):
        send("us ap")


@promises("STATUS-48")
def test_rows_of_a_cluster_scoped_object_follow_the_wecs_of_the_binding(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """A WEC joins, another one leaves."""
    listed = make.status_collector("listed", select=WEC)
    role = make.object("rbac.authorization.k8s.io/v1/ClusterRole", "role", namespace="", rules=[])
    with step("Ask for a ClusterRole on one WEC: it is listed"):
        policy = make.policy(role, to=fleet["eu"], name="policy", collect=listed)
        wds.apply(listed, policy, role)
        of_one = rows(listed, role, policy, [{"wec": fleet.wec("eu").name}])
        [result] = wds.eventually(of_one, within="combined_status")
        wds.eventually(at_rest(result), within="combined_status")
    with step("Ask for it on the two others in its place: these are listed"):
        wds.apply(make.policy(role, to=fleet["us ap"], name="policy", collect=listed))
        others = [{"wec": name} for name in fleet["us ap"].names]
        wds.eventually(rows(listed, role, policy, others), within="combined_status")


@promises("STATUS-93")
def test_a_row_has_nothing_of_a_report_that_is_gone(
    wds: Space, its: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """The WEC stays in the Binding, and counts."""
    loads = make.status_collector("loads", filter=f"has({LOAD})", select={**WEC, "load": LOAD})
    count = make.status_collector("count", combine={"n": "COUNT"})
    policy = make.policy(web, to=fleet["eu us"], collect=[loads, count])
    eu, us = fleet.wec("eu"), fleet.wec("us")
    with step("Collect the loads of a Deployment on two WECs: both report"):
        wds.apply(loads, count, policy, web)
        of_eu = eu.report(web, {"load": 1})
        us.report(web, {"load": 2})
        both = [{"wec": eu.name, "load": 1}, {"wec": us.name, "load": 2}]
        [result] = wds.eventually(rows(loads, web, policy, both), within="combined_status")
        wds.eventually(at_rest(result), within="combined_status")
    with step("The report of one of them goes: the other is listed alone, and both count"):
        its.delete(of_eu)
        wds.eventually(rows(loads, web, policy, both[1:]), within="combined_status")
        wds.eventually(rows(count, web, policy, [{"n": 2}]), within="combined_status")


@promises("STATUS-48")
def test_the_row_of_a_wec_goes_though_the_object_stays_there(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Another policy, which lists nothing, sends it to the same WECs."""
    listed, pair = make.status_collector("listed", select=WEC), fleet["eu us"]
    with step("A policy sends a Deployment to two WECs, which report"):
        wds.apply(web, make.policy(web, to=pair, name="other"))
        pair.report(web, "load", eu=1, us=2)
    with step("Another one lists its WECs: both"):
        policy = make.policy(web, to=pair, name="policy", collect=listed)
        both = [{"wec": name} for name in pair.names]
        wds.apply(listed, policy)
        wds.eventually(rows(listed, web, policy, both), within="combined_status")
    with step("One leaves that policy: the other is listed alone"):
        us = fleet.wec("us")
        wds.apply(make.policy(web, to=us, name="policy", collect=listed))
        wds.eventually(rows(listed, web, policy, [{"wec": us.name}]), within="combined_status")


@promises("STATUS-49")
def test_a_filter_keeps_the_rows_for_which_it_is_true(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Then one WEC changes sides, and back."""
    busy = make.status_collector("busy", filter=f"{LOAD} > 2", select={**WEC, "load": LOAD})
    policy = make.policy(web, to=fleet, collect=busy)
    eu, us, ap = fleet.names
    three, five = {"wec": eu, "load": 3}, {"wec": ap, "load": 5}
    with step("Ask for a Deployment on three WECs, and for those whose load is over 2"):
        wds.apply(busy, policy, web)
    with step("The WECs report 3, 2 and 5: the first and the third are listed"):
        fleet.report(web, "load", eu=3, us=2, ap=5)
        wds.eventually(rows(busy, web, policy, [three, five]), within="combined_status")
    with step("The second reports 4: it is listed too"):
        fleet.report(web, "load", us=4)
        four = {"wec": us, "load": 4}
        wds.eventually(rows(busy, web, policy, [three, four, five]), within="combined_status")
    with step("The first reports 1: it is not listed any more"):
        fleet.report(web, "load", eu=1)
        wds.eventually(rows(busy, web, policy, [four, five]), within="combined_status")


@promises("STATUS-50")
def test_a_filter_that_is_null_counts_as_false(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """And that is not an error."""
    listed = make.status_collector("listed", filter=WANTED, select={"wanted": WANTED})
    count = make.status_collector("count", filter=WANTED, combine={"n": "COUNT"})
    policy = make.policy(web, to=fleet, collect=[listed, count])
    with step("Ask for a Deployment on three WECs, and for those that say they are wanted"):
        wds.apply(listed, count, policy, web)
    with step("One says yes, one says no, one says null: the first one counts"):
        fleet.report(web, "wanted", eu=True, us=False, ap=None)
        wds.eventually(rows(count, web, policy, [{"n": 1}]), within="combined_status")
    with step("It alone is listed, and there is no error"):
        wds.eventually(rows(listed, web, policy, [{"wanted": True}]), within="combined_status")
        wds.eventually(no_row_errors(count, web, policy), within="combined_status")


@promises("STATUS-51")
@pytest.mark.parametrize(
    ("what", "expected", "odd"),
    [
        case("a number, aggregated", {"combine": {"n": "COUNT"}}, {"n": 1}, 3),
        case("a text, aggregated", {"combine": {"n": "COUNT"}}, {"n": 1}, "true"),
        case("a number, listed", {"select": {"wanted": WANTED}}, {"wanted": True}, 3),
    ],
)
def test_a_filter_that_is_neither_boolean_nor_null_is_an_error(
    wds: Space,
    fleet: Fleet,
    make: Make,
    web: Obj,
    what: dict[str, Any],
    expected: dict[str, Any],
    odd: Any,
) -> None:
    """The WEC for which it is so has no row, and the error names it."""
    wanted = make.status_collector(filter=WANTED, **what)
    policy = make.policy(web, to=fleet, collect=wanted)
    with step("Ask for a Deployment on three WECs, and for those that say they are wanted"):
        wds.apply(wanted, policy, web)
    with step("One says no, one says something else, and then one says yes"):
        fleet.report(web, "wanted", us=False, ap=odd)
        fleet.report(web, "wanted", eu=True)  # last, so that its row comes with all errors
    with step("The second one has no row, and the result reports an error in its filter"):
        wds.eventually(rows(wanted, web, policy, [expected]), within="combined_status")
        error = row_errors(wanted, web, policy, "", wec=fleet.wec("ap"))
        wds.eventually(error, within="combined_status")


@promises("STATUS-52")
def test_every_column_that_cannot_be_evaluated_has_an_error(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Of three WECs one reports both numbers, and the others lack one each."""
    both = make.status_collector(select={**WEC, "load": LOAD, "size": "returned.status.size"})
    policy = make.policy(web, to=fleet, collect=both)
    with step("Ask for a Deployment on three WECs, and for the load and the size of each"):
        wds.apply(both, policy, web)
    with step("One reports no size, another one no load"):
        fleet.report(web, eu={"load": 1, "size": 1}, us={"load": 2}, ap={"size": 3})
    with step("The result reports an error in each column, and names the WEC"):
        no_size = row_errors(both, web, policy, "size", wec=fleet.wec("us"))
        wds.eventually(no_size, within="combined_status")
        no_load = row_errors(both, web, policy, "load", wec=fleet.wec("ap"))
        wds.eventually(no_load, within="combined_status")


@promises("STATUS-53")
@pytest.mark.parametrize(
    ("aggregate", "left"),
    [case("SUM", "SUM", 8), case("AVG", "AVG", 4), case("MIN", "MIN", 3), case("MAX", "MAX", 5)],
)
def test_a_row_without_subject_is_left_out_of_the_aggregation(
    wds: Space, fleet: Fleet, make: Make, web: Obj, aggregate: str, left: int
) -> None:
    """It is reported, with the name of its WEC."""
    load = make.status_collector(combine={"all": (aggregate, LOAD)})
    policy = make.policy(web, to=fleet, collect=load)
    with step("Ask for a Deployment on three WECs, and for an aggregate of their loads"):
        wds.apply(load, policy, web)
    with step("Two report their load, the third reports something else"):
        fleet.report(web, eu={"load": 3}, us={"load": 5}, ap={"size": 1})
    with step("The aggregate is that of the two, and an error names the third"):
        wds.eventually(rows(load, web, policy, [{"all": left}]), within="combined_status")
        error = row_errors(load, web, policy, "all", wec=fleet.wec("ap"))
        wds.eventually(error, within="combined_status")


@promises("STATUS-53")
def test_every_subject_that_cannot_be_evaluated_has_an_error(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Of three WECs one reports both numbers, and the others lack one each."""
    sums = {"loads": ("SUM", LOAD), "sizes": ("SUM", "returned.status.size")}
    both = make.status_collector(combine=sums)
    policy = make.policy(web, to=fleet, collect=both)
    with step("Ask for a Deployment on three WECs, and for the sums of their loads and sizes"):
        wds.apply(both, policy, web)
    with step("One reports no size, another one no load, and then the third both"):
        fleet.report(web, us={"load": 2}, ap={"size": 3})
        fleet.report(web, eu={"load": 1, "size": 5})  # last: its row comes with all errors
        expected = [{"loads": 1, "sizes": 5}]
        wds.eventually(rows(both, web, policy, expected), within="combined_status")
    with step("The result reports an error in each column, and names the WEC"):
        no_size = row_errors(both, web, policy, "sizes", wec=fleet.wec("us"))
        wds.eventually(no_size, within="combined_status")
        no_load = row_errors(both, web, policy, "loads", wec=fleet.wec("ap"))
        wds.eventually(no_load, within="combined_status")
