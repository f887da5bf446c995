"""What an expression can refer to ("Combined Status from WECs", "Queryable Objects"; API:
ExpressionContext).
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Fleet, Make, Obj, Space, case, on_fleet, promises, step
from kubestellar_conformance.story.conditions import no_status, rows, whole_status

pytestmark = on_fleet(eu={}, us={}, ap={})
READY = {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3}
UPDATED = "propagation.lastReturnedUpdateTimestamp"
ZERO = "0001-01-01T00:00:00Z"


def written(work_status: Obj) -> str:
    """When the API server took the last write of this WorkStatus's status."""
    entries = work_status["metadata"]["managedFields"]
    return str(max(one["time"] for one in entries if "f:status" in one["fieldsV1"]))


@promises("STATUS-66")
def test_the_time_is_that_of_the_last_returned_update(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """It changes with each report."""
    times = make.status_collector(
        select={"load": "returned.status.load", "at": f"string({UPDATED})"}
    )
    policy = make.policy(web, to=fleet["eu"], collect=times)
    with step("Ask for a Deployment on one WEC, and for the time of its last report"):
        wds.apply(times, policy, web)
    with step("The WEC reports: the time is that at which the ITS took the report"):
        first = written(fleet.wec("eu").report(web, {"load": 1}))
        expected = [{"load": 1, "at": first}]
        wds.eventually(rows(times, web, policy, expected), within="combined_status")
    with step("It reports again: the time is that of the second report"):
        second = written(fleet.wec("eu").report(web, {"load": 2}))
        expected = [{"load": 2, "at": second}]
        wds.eventually(rows(times, web, policy, expected), within="combined_status")


@promises("STATUS-66")
def test_the_time_is_zero_before_the_first_report(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """One WEC has reported, another one has not."""
    silent = make.status_collector(
        select={"wec": "inventory.name", "silent": f"{UPDATED} == timestamp('{ZERO}')"}
    )
    policy = make.policy(web, to=fleet["eu us"], collect=silent)
    with step("Ask for a Deployment on two WECs, and for those whose time is zero; one reports"):
        wds.apply(silent, policy, web)
        fleet.report(web, "load", eu=1)
    with step("It is zero for the other"):
        eu, us = fleet["eu us"].names
        expected = [{"wec": eu, "silent": False}, {"wec": us, "silent": True}]
        wds.eventually(rows(silent, web, policy, expected), within="combined_status")


@promises("STATUS-67")
def test_the_inventory_has_the_name_of_the_wec(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """It can be shown, compared and grouped by."""
    shown = make.status_collector("shown", select={"wec": "inventory.name"})
    eu, us, ap = fleet.names
    but_eu = make.status_collector(
        "but-eu",
        filter=f"inventory.name != '{eu}'",
        group_by={"wec": "inventory.name"},
        combine={"n": "COUNT"},
    )
    policy = make.policy(web, to=fleet, collect=[shown, but_eu])
    with step("Ask for a Deployment on three WECs, for all names, and for groups of all but one"):
        wds.apply(shown, but_eu, policy, web)
    with step("The names are those of the WECs"):
        names = [{"wec": eu}, {"wec": us}, {"wec": ap}]
        wds.eventually(rows(shown, web, policy, names), within="combined_status")
        others = [{"wec": us, "n": 1}, {"wec": ap, "n": 1}]
        wds.eventually(rows(but_eu, web, policy, others), within="combined_status")


@promises("STATUS-68")
def test_obj_is_the_workload_object_of_the_wds(wds: Space, fleet: Fleet, make: Make) -> None:
    """With metadata that no WEC has, and with fields outside of the spec."""
    config = make.config_map(labels={"tier": "web"}, annotations={"note": "good"}, size="3")
    shown = make.status_collector(
        select={
            "kind": "obj.apiVersion + ' ' + obj.kind",
            "name": "obj.metadata.namespace + '/' + obj.metadata.name",
            "uid": "obj.metadata.uid",
            "tier": "obj.metadata.labels.tier",
            "note": "obj.metadata.annotations['note']",
            "size": "int(obj.data.size)",
        }
    )
    policy = make.policy(config, to=fleet["eu us"], collect=shown)
    with step("Ask for a ConfigMap on two WECs, and for fields of it"):
        wds.apply(shown, policy)
        [live] = wds.apply(config)
    with step("Each row has what it is in the WDS"):
        metadata = live["metadata"]
        expected = {
            "kind": "v1 ConfigMap",
            "name": f"default/{metadata['name']}",
            "uid": metadata["uid"],
            "tier": "web",
            "note": "good",
            "size": 3,
        }
        wds.eventually(rows(shown, config, policy, [expected] * 2), within="combined_status")


@promises("STATUS-68")
@pytest.mark.parametrize("returned", [case("none", False), case("singleton status", True)])
def test_obj_has_no_status(wds: Space, fleet: Fleet, make: Make, web: Obj, returned: bool) -> None:
    """Also while a status is returned to the object in the WDS."""
    shown = make.status_collector(
        select={"replicas": "obj.spec.replicas", "status": "has(obj.status)"}
    )
    policy = make.policy(web, to=fleet["eu"], collect=shown, want_singleton_status=returned)
    with step("Send a Deployment to one WEC, which reports; see its status in the WDS if asked"):
        wds.apply(policy, web)
        fleet.report(web, eu=READY)
        there = whole_status(web, READY) if returned else no_status(web)
        wds.eventually(there, within="status_return")
    with step("Collect a field of obj, and whether it has a status: it has none"):
        wds.apply(shown)
        expected = [{"replicas": 3, "status": False}]
        wds.eventually(rows(shown, web, policy, expected), within="combined_status")


@promises("STATUS-69")
def test_a_change_of_the_object_in_the_wds_shows(wds: Space, fleet: Fleet, make: Make) -> None:
    """Although no WEC reports anything."""
    config = make.config_map(annotations={"note": "first"})
    shown = make.status_collector(select={"note": "obj.metadata.annotations['note']"})
    policy = make.policy(config, to=fleet["eu us"], collect=shown)
    with step("Ask for a ConfigMap on two WECs, and for an annotation of it: it is in each row"):
        wds.apply(shown, policy, config)
        first = [{"note": "first"}] * 2
        wds.eventually(rows(shown, config, policy, first), within="combined_status")
    with step("Change the annotation in the WDS: the rows have the new one"):
        wds.patch(config, {"metadata": {"annotations": {"note": "second"}}})
        second = [{"note": "second"}] * 2
        wds.eventually(rows(shown, config, policy, second), within="combined_status")
