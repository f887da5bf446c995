"""Conditions on a Binding: exactly these destinations, these objects, this modulation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kubestellar_conformance.conditions import bound_to, modulated, no_status, selects
from kubestellar_conformance.conditions.base import Condition
from kubestellar_conformance.errors import Deviation, UserError
from kubestellar_conformance.spaces import Obj, Workload, binding
from kubestellar_conformance.spaces.refs import BINDING
from tests.support.three_spaces import ThreeSpaces, config_map, unique


def test_no_status_does_not_hold_while_one_is_there(three: ThreeSpaces, nginx: Workload) -> None:
    three.wds.apply(nginx)
    three.wds.update_status(nginx.deployment, {"replicas": 1})
    with pytest.raises(Deviation, match="expected to have no status within"):
        three.wds.eventually(no_status(nginx.deployment))
    three.wds.update_status(nginx.deployment, {"replicas": None})
    three.wds.eventually(no_status(nginx.deployment))


def test_an_empty_status_is_refused_because_it_always_holds(
    three: ThreeSpaces, nginx: Workload
) -> None:
    with pytest.raises(UserError, match="asks for nothing"):
        three.wds.eventually(nginx.deployment, status={})


@pytest.mark.parametrize("named", [[], ["cluster1", "cluster2"], ["cluster2"]])
def test_bound_to_wants_exactly_these_destinations(three: ThreeSpaces, named: list[str]) -> None:
    name = f"exactly-{len(named)}{''.join(named)[-1:]}"
    three.wds.apply(a_binding(name, destinations=named))
    with pytest.raises(Deviation, match="expected to name cluster1 as its destinations"):
        three.wds.eventually(bound_to(name, [three.wec]))
    three.wds.patch(binding(name), {"spec": {"destinations": [{"clusterId": "cluster1"}]}})
    three.wds.eventually(bound_to(SimpleNamespace(name=name), [three.wec]))


def a_binding(name: str, *entries: Obj, destinations: list[str] | None = None) -> Obj:
    scopes: dict[str, list[Obj]] = {"namespaceScope": [], "clusterScope": []}
    for one in entries:
        scopes["namespaceScope" if "namespace" in one else "clusterScope"].append(one)
    return {
        "apiVersion": BINDING.api_version,
        "kind": "Binding",
        "metadata": {"name": name},
        "spec": {
            "workload": scopes,
            "destinations": [{"clusterId": one} for one in destinations or []],
        },
    }


def entry(obj: Obj, resource: str, version: str = "1", **more: Any) -> Obj:
    group, _, api_version = obj["apiVersion"].rpartition("/")
    metadata = obj["metadata"]
    within = {"namespace": metadata["namespace"]} if metadata.get("namespace") else {}
    named = {"group": group, "version": api_version, "resource": resource, **within}
    return {**named, "name": metadata["name"], "resourceVersion": version, **more}


def said(three: ThreeSpaces, condition: Condition) -> str:
    with pytest.raises(Deviation) as caught:
        three.wds.eventually(condition)
    return str(caught.value)


def test_selects_wants_exactly_these_objects(three: ThreeSpaces, nginx: Workload) -> None:
    name, one, other = f"selects-{unique()}", config_map(), config_map()
    namespace, deployment = nginx.objects
    asked = selects(SimpleNamespace(name=name), one, nginx)
    assert f"Binding {name} in wds1: expected to list ConfigMap default/" in said(three, asked)
    three.wds.apply(a_binding(name, entry(one, "configmaps"), entry(deployment, "deployments")))
    message = said(three, asked)
    assert "lists 2 objects; Namespace" in message
    assert "is not listed" in message
    whole = [
        entry(one, "configmaps"),
        entry(deployment, "deployments"),
        entry(namespace, "namespaces"),
    ]
    three.wds.apply(a_binding(name, *whole, entry(other, "configmaps")))
    too_much = f"lists 4 objects; configmaps default/{other['metadata']['name']} is listed too"
    assert too_much in said(three, asked)
    three.wds.apply(a_binding(name, *whole))
    three.wds.eventually(asked)


def test_selects_tells_kinds_with_the_same_name_apart(three: ThreeSpaces) -> None:
    name, one = f"selects-{unique()}", config_map()
    three.wds.apply(a_binding(name, entry(one, "secrets")))
    message = said(three, selects(name, one))
    assert f"ConfigMap default/{one['metadata']['name']} is not listed" in message
    assert f"secrets default/{one['metadata']['name']} is listed too" in message


def test_selects_no_object_at_all(three: ThreeSpaces) -> None:
    name, one = f"selects-{unique()}", config_map()
    three.wds.apply(a_binding(name, entry(one, "configmaps")))
    assert "expected to list no object, and no other within" in said(three, selects(name))
    three.wds.apply(a_binding(name))
    three.wds.eventually(selects(name))


def test_selects_at_the_live_version(three: ThreeSpaces) -> None:
    name, one = f"selects-{unique()}", config_map()
    [live] = three.wds.apply(one)
    version = live["metadata"]["resourceVersion"]
    three.wds.apply(a_binding(name, entry(one, "configmaps", "1")))
    three.wds.eventually(selects(name, one))
    asked = selects(name, one, at_live_version=True)
    assert f"is listed at resourceVersion 1, its own is {version}" in said(three, asked)
    three.wds.apply(a_binding(name, entry(one, "configmaps", version)))
    three.wds.eventually(asked)
    three.wds.delete(one)
    assert "its own is none: it is absent" in said(three, asked)


def test_modulated_wants_exactly_this_modulation(three: ThreeSpaces) -> None:
    name, one = f"modulated-{unique()}", config_map()
    collectors = SimpleNamespace(name="b"), "a"
    asked = modulated(name, one, create_only=True, status_collectors=collectors)
    message = said(three, asked)
    assert f"expected to list ConfigMap default/{one['metadata']['name']} with createOnly, " in (
        message
    )
    assert "statusCollectors [a, b]" in message
    assert " s absent\n" in message
    three.wds.apply(a_binding(name))
    assert "lists it 0 times" in said(three, asked)
    three.wds.apply(a_binding(name, entry(one, "configmaps", createOnly=True)))
    assert " s lists it with createOnly\n" in said(three, asked)
    more: Obj = {"createOnly": True, "statusCollectors": ["b", "a"]}
    flagged = entry(one, "configmaps", **more, wantSingletonReportedState=True)
    three.wds.apply(a_binding(name, flagged))
    assert "lists it with createOnly, wantSingletonReportedState, statusCollectors [a, b]" in said(
        three, asked
    )
    three.wds.apply(a_binding(name, entry(one, "configmaps", **more)))
    three.wds.eventually(asked)
    three.wds.apply(a_binding(name, entry(one, "configmaps")))
    assert "lists it with no modulation" in said(three, asked)
    three.wds.eventually(modulated(name, one))


def test_modulated_speaks_of_one_object(nginx: Workload) -> None:
    with pytest.raises(UserError, match="speaks of one object, not of 2"):
        modulated("any", nginx)
