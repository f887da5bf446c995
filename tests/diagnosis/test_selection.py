"""Which objects and clusters a BindingPolicy selects, by the rules of the API's comments."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.diagnosis.selection import (
    MalformedSelector,
    Subject,
    distance,
    matches,
    selects_cluster,
    shown_labels,
    why_not_cluster,
    why_not_object,
)
from kubestellar_conformance.spaces.refs import DEPLOYMENT, NAMESPACE, Ref


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


DEPLOYED = Subject(Ref(DEPLOYMENT, "shop", "web"), "deployments", {"tier": "a"}, {"team": "x"})
SPACE = Subject(Ref(NAMESPACE, "", "shop"), "namespaces", {"team": "x"}, None)


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        ({}, {}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "2"}, False),
        ({"matchLabels": {"a": ""}}, {}, False),
        (expression("a", "In", "1", "2"), {"a": "2"}, True),
        (expression("a", "In", "1"), {}, False),
        (expression("a", "NotIn", "1"), {"a": "1"}, False),
        (expression("a", "NotIn", "1"), {}, True),
        (expression("a", "Exists"), {"a": ""}, True),
        (expression("a", "Exists"), {}, False),
        (expression("a", "DoesNotExist"), {}, True),
        (expression("a", "DoesNotExist"), {"a": ""}, False),
        ({"matchLabels": {"a": "1"}, **expression("b", "Exists")}, {"a": "1"}, False),
    ],
)
def test_a_label_selector(selector: dict[str, Any], labels: dict[str, str], expected: bool) -> None:
    assert matches(selector, labels) is expected


@pytest.mark.parametrize(
    "selector",
    [expression("a", "In"), expression("a", "Exists", "1"), expression("a", "Like", "1")],
)
def test_a_malformed_selector(selector: dict[str, Any]) -> None:
    with pytest.raises(MalformedSelector):
        matches(selector, {"a": "1"})
    policy = {"spec": {"clusterSelectors": [selector]}}
    assert not selects_cluster(policy, {"a": "1"})
    assert "malformed: " in why_not_cluster(policy, "c", {"a": "1"})


def test_clusters_are_selected_by_any_selector() -> None:
    selectors = [{"matchLabels": {"zone": "a"}}, {"matchLabels": {"zone": "b"}}]
    policy = {"spec": {"clusterSelectors": selectors}}
    assert why_not_cluster(policy, "c1", {"zone": "b"}) == ""
    assert why_not_cluster(policy, "c1", {"zone": "c", "name": "c1"}) == (
        "its clusterSelectors (zone=a | zone=b) do not match c1 (name=c1, zone=c)"
    )
    assert why_not_cluster(policy, "c1", None) == "the inventory has no ManagedCluster c1"
    assert why_not_cluster({"spec": {}}, "c1", {}) == (
        "its clusterSelectors (none) do not match c1 (no labels)"
    )


@pytest.mark.parametrize(
    ("subject", "clause"),
    [
        (DEPLOYED, {"createOnly": True}),
        (DEPLOYED, {"apiGroup": "apps", "resources": ["deployments", "configmaps"]}),
        (DEPLOYED, {"resources": ["*"], "namespaces": ["*"], "objectNames": ["*"]}),
        (DEPLOYED, {"namespaces": ["shop"], "objectNames": ["web"]}),
        (DEPLOYED, {"namespaceSelectors": [{"matchLabels": {"team": "x"}}]}),
        (DEPLOYED, {"namespaceSelectors": [{"matchLabels": {"team": "y"}}, {}]}),
        (DEPLOYED, {"objectSelectors": [{"matchLabels": {"tier": "a"}}]}),
        (SPACE, {"apiGroup": "", "namespaces": ["*"]}),
        (SPACE, {"namespaceSelectors": [{}], "objectSelectors": [{"matchLabels": {"team": "x"}}]}),
    ],
)
def test_a_clause_that_selects(subject: Subject, clause: dict[str, Any]) -> None:
    policy = {"spec": {"downsync": [{"objectNames": ["another"]}, clause]}}
    assert why_not_object(policy, subject) == ""
    assert distance(policy, subject) == 0


@pytest.mark.parametrize(
    ("subject", "clause", "why"),
    [
        (DEPLOYED, {"apiGroup": ""}, "its apiGroup '' is not 'apps'"),
        (DEPLOYED, {"resources": ["pods"]}, "its resources [pods] do not have deployments"),
        (DEPLOYED, {"namespaces": ["a", "b"]}, "its namespaces [a, b] do not have shop"),
        (SPACE, {"namespaces": ["shop"]}, "its namespaces [shop] leave out cluster-scoped objects"),
        (
            DEPLOYED,
            {"namespaceSelectors": [{"matchLabels": {"team": "y"}}]},
            "its namespaceSelectors (team=y) do not match the Namespace shop (team=x)",
        ),
        (
            SPACE,
            {"namespaceSelectors": [{"matchLabels": {"team": "x"}}]},
            "its namespaceSelectors leave out cluster-scoped objects, as none is {}",
        ),
        (DEPLOYED, {"objectNames": ["db"]}, "its objectNames [db] do not have web"),
        (
            DEPLOYED,
            {"objectSelectors": [expression("tier", "In", "b", "c")]},
            "its objectSelectors (tier In [b, c]) do not match the object's labels (tier=a)",
        ),
    ],
)
def test_why_a_clause_does_not_select(subject: Subject, clause: dict[str, Any], why: str) -> None:
    assert why_not_object({"spec": {"downsync": [clause]}}, subject) == why


def test_the_nearest_clause_speaks() -> None:
    far = {"apiGroup": "", "resources": ["pods"]}
    near = {"apiGroup": "apps", "resources": ["pods"]}
    policy = {"spec": {"downsync": [far, near]}}
    assert why_not_object(policy, DEPLOYED) == "its resources [pods] do not have deployments"
    assert distance(policy, DEPLOYED) == 1
    assert why_not_object({"spec": {"downsync": [far]}}, DEPLOYED).count(";") == 1
    assert why_not_object({"spec": {}}, DEPLOYED) == "it has no downsync clause"


def test_many_labels_are_cut() -> None:
    shown = shown_labels({f"key-{n}": "v" for n in range(9)})
    assert shown.endswith("key-5=v, and 3 more")
