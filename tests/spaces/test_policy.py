"""Policies as values; no API server."""

from __future__ import annotations

import pytest

from kubestellar_conformance.conditions import bound_to, bundled, no_manifest_works
from kubestellar_conformance.conditions.base import name_of
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces import Policy, Ref, Workload, binding_policy, expression
from kubestellar_conformance.spaces.policy import cluster_selectors
from kubestellar_conformance.spaces.space import refs_of
from tests.support.three_spaces import NGINX, ThreeSpaces, unique

POLICY = Policy("p", {"downsync": []})


def test_a_policy_knows_its_object_and_its_binding() -> None:
    assert Ref.of(POLICY) == POLICY.ref
    assert refs_of(POLICY) == (POLICY.ref,)
    assert str(POLICY.binding) == "Binding p"
    assert POLICY.objects[0]["spec"] == {"downsync": []}


def test_a_bundle_of_several_objects_is_not_one_object() -> None:
    with pytest.raises(UserError, match="a single object, not several: Namespace, Deployment"):
        Ref.of(Workload.from_yaml(NGINX))


@pytest.mark.parametrize("policy", ["p", POLICY, POLICY.objects[0]], ids=["name", "value", "obj"])
def test_a_condition_takes_a_policy_or_its_name(policy: str | Policy) -> None:
    assert name_of(policy) == "p"
    assert bound_to(policy, []).subject == "Binding p"
    assert no_manifest_works(policy).subject == "ManifestWorks of BindingPolicy p"
    assert bundled(policy, [], objects=1, at_most=1).subject == "ManifestWorks of BindingPolicy p"


def test_clusters_are_labels_expressions_or_whoever_knows_its_selectors(
    three: ThreeSpaces,
) -> None:
    assert cluster_selectors({"a": "b"}) == [{"matchLabels": {"a": "b"}}]
    assert cluster_selectors(three.system.wecs) == [{"matchLabels": {"name": "cluster1"}}]
    assert cluster_selectors(three.wec) == [{"matchLabels": {"name": "cluster1"}}]
    both = [{"a": "b"}, expression("c", "Exists")]
    assert cluster_selectors(both)[1] == {"matchExpressions": [{"key": "c", "operator": "Exists"}]}
    assert expression("c", "In", "d")["matchExpressions"][0]["values"] == ["d"]


def test_an_unknown_field_of_a_clause_is_one_line() -> None:
    with pytest.raises(UserError) as error:
        binding_policy("p", clusters={}, objects={"a": "b"}, createonly=True)
    assert "unknown field 'createonly' of a downsync clause; the fields are: " in str(error.value)
    assert "createOnly" in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_policy_is_applied_patched_and_deleted_as_an_object(three: ThreeSpaces) -> None:
    policy = Policy(f"p-{unique()}", {"clusterSelectors": [], "downsync": []})
    three.wds.apply(policy)
    three.wds.patch(policy, {"metadata": {"labels": {"a": "b"}}})
    assert (three.wds.get(policy) or {})["metadata"]["labels"] == {"a": "b"}
    three.wds.delete(policy)
    assert three.wds.get(policy) is None
