"""Which CombinedStatuses exist, where, under which names and labels, and how long (API:
CombinedStatus; "Combined Status from WECs", "Introduction to the General Technique").
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Kind,
    Make,
    Obj,
    Policy,
    Ref,
    Space,
    case,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    at_rest,
    gone,
    meets,
    no_combined_status,
    no_result,
    rows,
)

pytestmark = on_fleet(eu={}, us={})
COMBINED_STATUS = Kind.of("control.kubestellar.io/v1alpha1/CombinedStatus")
LABELS = "status.kubestellar.io/"
OF_CLUSTER = "kubestellar-report"
COUNT, LOAD = {"n": "COUNT"}, "returned.status.load"
TWO = [{"n": 2}]


def combined_of(obj: Obj, policy: Obj, namespace: str = "default") -> Ref:
    """Where the CombinedStatus of these two live objects has to be."""
    uids = (one["metadata"]["uid"] for one in (obj, policy))
    return Ref(COMBINED_STATUS, namespace, ".".join(uids))


@pytest.fixture
def count(make: Make) -> Obj:
    """A StatusCollector that every object has rows for."""
    return make.status_collector("count", combine=COUNT)


@promises("STATUS-40")
def test_each_pair_that_has_a_status_collector_has_a_combined_status(
    wds: Space, fleet: Fleet, make: Make, count: Obj
) -> None:
    """Two objects and two policies; one collects for both objects, the other for the first."""
    one, two = make.config_map("one"), make.config_map("two")
    both = make.policy(one, two, to=fleet, name="both", collect=count)
    clauses = [make.clause(one, collect=count), make.clause(two)]
    first = make.policy(to=fleet, name="first", clauses=clauses)
    with step("Send two ConfigMaps to two WECs by two policies; one collects for the first alone"):
        wds.apply(count, both, first, one, two)
    with step("Three of the four pairs have a CombinedStatus"):
        wds.eventually(rows(count, one, both, TWO), within="combined_status")
        wds.eventually(rows(count, two, both, TWO), within="combined_status")
        wds.eventually(rows(count, one, first, TWO), within="combined_status")
        wds.eventually(no_combined_status(two, first), within="combined_status")
    with step("The other policy collects for the second ConfigMap alone: one pair has it no more"):
        clauses = [make.clause(one), make.clause(two, collect=count)]
        wds.apply(make.policy(to=fleet, name="both", clauses=clauses))
        wds.eventually(no_combined_status(one, both), within="combined_status")
        wds.eventually(rows(count, two, both, TWO), within="combined_status")
        wds.eventually(rows(count, one, first, TWO), within="combined_status")


@promises("STATUS-41", "STATUS-42", "STATUS-43")
@pytest.mark.parametrize(
    ("kind", "namespace", "resource"),
    [
        case("of the core group", "v1/ConfigMap", "default", "configmaps"),
        case("of another group", "rbac.authorization.k8s.io/v1/Role", "default", "roles"),
        case("of the cluster", "rbac.authorization.k8s.io/v1/ClusterRole", "", "clusterroles"),
    ],
)
def test_a_combined_status_says_of_what_it_is(
    wds: Space, fleet: Fleet, make: Make, count: Obj, kind: str, namespace: str, resource: str
) -> None:
    """By its namespace, its name and its labels."""
    thing = make.object(kind, namespace=namespace)
    policy = make.policy(thing, to=fleet, collect=count)
    with step("Collect for an object on two WECs"):
        wds.apply(count)
        of, by = wds.apply(thing, policy)
        wds.eventually(rows(count, thing, policy, TWO), within="combined_status")
    with step("The CombinedStatus is in its place, has its name, and the five labels"):
        labels = {
            f"{LABELS}api-group": Kind.of(kind).group,
            f"{LABELS}resource": resource,
            f"{LABELS}namespace": namespace,
            f"{LABELS}name": of["metadata"]["name"],
            f"{LABELS}binding-policy": policy.name,
        }
        mine = combined_of(of, by, namespace or OF_CLUSTER)
        told = meets(
            mine,
            f"have the labels {labels}",
            lambda obj: labels.items() <= obj["metadata"]["labels"].items(),
        )
        wds.eventually(told, within="combined_status")


@promises("STATUS-44")
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        case("with a colon", "rbac.authorization.k8s.io/v1/ClusterRole", "a:b:{}"),
        case("of 100 characters", "v1/ConfigMap", "{:a<100}"),
    ],
)
def test_an_object_of_any_name_has_its_combined_status(
    wds: Space, fleet: Fleet, make: Make, count: Obj, kind: str, name: str
) -> None:
    """Of a name that cannot be the value of a label."""
    thing = make.object(kind, "any")
    thing["metadata"]["name"] = name.format(thing["metadata"]["name"])
    policy = make.policy(thing, to=fleet, collect=count)
    with step("Collect for an object of such a name on two WECs"):
        wds.apply(count)
        of, by = wds.apply(thing, policy)
    with step("Its CombinedStatus has the result"):
        mine = combined_of(of, by, of["metadata"].get("namespace", OF_CLUSTER))
        cells = [{"columns": [{"type": "Number", "float": "2"}]}]
        result = {"name": count["metadata"]["name"], "columnNames": ["n"], "rows": cells}
        has_it = meets(mine, "have the result", lambda obj: obj["results"] == [result])
        wds.eventually(has_it, within="combined_status")


@promises("STATUS-45")
def test_each_status_collector_that_exists_has_a_result(
    wds: Space, fleet: Fleet, make: Make, count: Obj
) -> None:
    """Two are referred to; one is created later."""
    config, late = make.config_map(), make.status_collector("late", select={"name": "obj.kind"})
    policy = make.policy(config, to=fleet, collect=[count, late])
    with step("Refer to two StatusCollectors, one of which exists: it alone has a result"):
        wds.apply(count, policy, config)
        wds.eventually(rows(count, config, policy, TWO), within="combined_status")
        wds.eventually(no_result(late, config, policy), within="combined_status")
    with step("Create the other: both have one"):
        wds.apply(late)
        named = [{"name": "ConfigMap"}] * 2
        wds.eventually(rows(late, config, policy, named), within="combined_status")
        wds.eventually(rows(count, config, policy, TWO), within="combined_status")


@promises("STATUS-45")
def test_a_status_collector_that_is_referred_to_no_more_has_no_result(
    wds: Space, fleet: Fleet, make: Make, count: Obj
) -> None:
    """The policy goes on to refer to another one."""
    config, kind = make.config_map(), make.status_collector("kind", select={"kind": "obj.kind"})
    policy = make.policy(config, to=fleet, name="policy", collect=[count, kind])
    with step("Collect for a ConfigMap on two WECs by two StatusCollectors"):
        wds.apply(count, kind, policy, config)
        kinds = [{"kind": "ConfigMap"}] * 2
        wds.eventually(rows(kind, config, policy, kinds), within="combined_status")
        [result] = wds.eventually(rows(count, config, policy, TWO), within="combined_status")
        wds.eventually(at_rest(result), within="combined_status")
    with step("Refer to one of them alone: the result of the other goes, and its own stays"):
        with wds.hold(rows(count, config, policy, TWO)):
            wds.apply(make.policy(config, to=fleet, name="policy", collect=count))
            wds.eventually(no_result(kind, config, policy), within="combined_status")


@promises("STATUS-83")
@pytest.mark.parametrize(
    ("kind", "namespace"),
    [
        case("a ConfigMap", "v1/ConfigMap", "default"),
        case("a ClusterRole", "rbac.authorization.k8s.io/v1/ClusterRole", ""),
    ],
)
def test_a_combined_status_goes_with_what_it_is_of(
    wds: Space,
    fleet: Fleet,
    make: Make,
    count: Obj,
    end: Callable[[Obj, Policy, Policy], None],
    kind: str,
    namespace: str,
) -> None:
    """That of another object stays."""
    config, other = (make.object(kind, stem, namespace=namespace) for stem in ("one", "other"))
    policy = make.policy(config, to=fleet, name="policy", collect=count)
    stays = make.policy(other, to=fleet, name="stays", collect=count)
    with step("Collect for two objects by two policies"):
        wds.apply(count, policy, stays, config, other)
        [mine] = wds.eventually(rows(count, config, policy, TWO), within="combined_status")
        wds.eventually(rows(count, other, stays, TWO), within="combined_status")
        wds.eventually(at_rest(mine), within="combined_status")
    with step("End one of the two: its CombinedStatus goes, and the other stays"):
        end(config, policy, make.policy(config, to=fleet, name="policy"))
        wds.eventually(gone(mine), within="combined_status")
        wds.eventually(rows(count, other, stays, TWO), within="combined_status")


def _change_its_rows(wds: Space, mine: Obj) -> None:
    wrong = {"columns": [{"type": "Number", "float": "7"}]}
    wds.patch(mine, {"results": [{**mine["results"][0], "rows": [wrong]}]}, force=True)


def _take_a_label_away(wds: Space, mine: Obj) -> None:
    wds.patch(mine, {"metadata": {"labels": {f"{LABELS}name": None}}}, force=True)


def _delete_it(wds: Space, mine: Obj) -> None:
    wds.delete(mine)


@promises("STATUS-84")
@pytest.mark.parametrize(
    "harm",
    [
        case("its rows change", _change_its_rows),
        case("it loses a label", _take_a_label_away),
        case("it is deleted", _delete_it),
    ],
)
def test_a_combined_status_that_a_user_changes_is_put_right(
    wds: Space, fleet: Fleet, make: Make, count: Obj, harm: Callable[[Space, Obj], None]
) -> None:
    """When KubeStellar has no other reason to look at it."""
    config = make.config_map()
    policy = make.policy(config, to=fleet, collect=count)
    counted = rows(count, config, policy, TWO)
    with step("Collect for a ConfigMap on two WECs"):
        wds.apply(count, policy, config)
        [mine] = wds.eventually(counted, within="combined_status")
    with step("Collect for another one: what was to be done for the first is done"):
        other = make.config_map("other")
        later = make.policy(other, to=fleet, name="later", collect=count)
        wds.apply(later, other)
        wds.eventually(rows(count, other, later, TWO), within="combined_status")
    with step("Change the CombinedStatus, or delete it: it is as before"):
        harm(wds, mine)
        wds.eventually(counted, within="combined_status")


@promises("STATUS-85")
def test_a_report_of_another_wds_does_not_show(
    wds: Space, its: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Of an object of the same kind and name. Neither at once, nor when results are made anew."""
    select = {"wec": "inventory.name", "load": LOAD}
    loads = make.status_collector("loads", filter="has(returned.status.load)", select=select)
    policy = make.policy(web, to=fleet, collect=loads)
    eu, us = fleet.wec("eu"), {"wec": fleet.wec("us").name}
    with step("Collect loads of a Deployment on two WECs; the second one reports"):
        wds.apply(loads, policy, web)
        mine = fleet.wec("us").report(web, {"load": 5})
        wds.eventually(rows(loads, web, policy, [{**us, "load": 5}]), within="combined_status")
    with step("The first one has a report of another WDS; the second reports again"):
        metadata = mine["metadata"]
        labels = {**metadata["labels"], "transport.kubestellar.io/originWdsName": "another-wds"}
        about = {"name": f"another-{metadata['name']}", "namespace": eu.name, "labels": labels}
        theirs = its.create({**mine, "metadata": about, "status": None})
        its.update_status(theirs, {"load": 100})
        fleet.report(web, "load", us=6)
        wds.eventually(rows(loads, web, policy, [{**us, "load": 6}]), within="combined_status")
    with step("Change the StatusCollector: the result is still that of the second WEC alone"):
        select["twice"] = f"{LOAD} * 2"
        wds.apply(make.status_collector("loads", filter=loads["spec"]["filter"], select=select))
        expected = [{**us, "load": 6, "twice": 12}]
        wds.eventually(rows(loads, web, policy, expected), within="combined_status")


@promises("STATUS-87")
def test_a_binding_without_policy_has_its_status(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """A user writes the Binding, with a StatusCollector and singleton status."""
    loads = make.status_collector("loads", select={"load": "returned.status.replicas"})
    with step("Bind a Deployment to one WEC by hand; the WEC reports"):
        [live, _] = wds.apply(web, loads)
        about = {key: live["metadata"][key] for key in ("namespace", "name", "resourceVersion")}
        collect = {"statusCollectors": [loads["metadata"]["name"]]}
        kind = {"group": "apps", "version": "v1", "resource": "deployments"}
        entry = {**kind, **about, **collect, "wantSingletonReportedState": True}
        destinations = [{"clusterId": fleet.wec("eu").name}]
        spec = {"workload": {"namespaceScope": [entry]}, "destinations": destinations}
        hand = make.object("control.kubestellar.io/v1alpha1/Binding", namespace="", spec=spec)
        wds.apply(hand)
        fleet.report(web, "replicas", eu=3)
    with step("The Deployment has the status, and its CombinedStatus the row"):
        wds.eventually(web, status={"replicas": 3}, within="status_return")
        wds.eventually(rows(loads, web, hand, [{"load": 3}]), within="combined_status")
