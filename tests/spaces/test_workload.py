"""Workloads and policies as dicts; no API server."""

from __future__ import annotations

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces import Kind, Ref, Workload, binding_policy
from tests.support.three_spaces import NGINX


def test_yaml_becomes_a_workload_with_names_of_its_own() -> None:
    nginx = Workload.from_yaml(NGINX, suffix="a1")
    assert [str(ref) for ref in nginx.refs] == [
        "Namespace nginx-a1",
        "Deployment nginx-a1/nginx-deployment-a1",
    ]
    assert nginx.labels == {"app.kubernetes.io/name": "nginx-a1"}
    deployment = nginx.objects[1]
    assert deployment["spec"]["selector"] == {"matchLabels": {"app": "nginx"}}, (
        "a spec is left as documented"
    )
    assert deployment["spec"]["template"]["spec"]["containers"][0]["name"] == "nginx"


def test_a_namespace_that_the_text_does_not_define_keeps_its_name() -> None:
    text = (
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: default, namespace: default, "
        "labels: {a: b}}}"
    )
    only = Workload.from_yaml(text, suffix="a1")
    assert only.refs == (Ref(Kind("", "v1", "ConfigMap"), "default", "default-a1"),)


def test_renaming_is_by_whole_words() -> None:
    nginx = Workload.from_yaml(NGINX, rename={"nginx": "web"})
    assert [str(ref) for ref in nginx.refs] == ["Namespace web", "Deployment web/nginx-deployment"]
    assert nginx.labels == {"app.kubernetes.io/name": "web"}


def test_an_object_is_addressed_by_its_kind() -> None:
    nginx = Workload.from_yaml(NGINX)
    assert str(nginx.deployment) == "Deployment nginx/nginx-deployment"
    assert str(nginx.namespace) == "Namespace nginx"
    with pytest.raises(
        AttributeError, match="0 objects of kind 'config_map'; it has: namespace, deployment"
    ):
        _ = nginx.config_map


def test_variations_leave_the_original_alone() -> None:
    nginx = Workload.from_yaml(NGINX)
    labelled = nginx.changed("deployment", lambda obj: obj["metadata"]["labels"].update(tier="web"))
    assert nginx.scaled(3).objects[1]["spec"]["replicas"] == 3
    assert labelled.objects[1]["metadata"]["labels"]["tier"] == "web"
    assert nginx.objects[1]["spec"]["replicas"] == 1
    assert "tier" not in nginx.objects[1]["metadata"]["labels"]


def test_objects_without_a_common_label_cannot_be_selected() -> None:
    text = NGINX.replace(
        "labels: {app.kubernetes.io/name: nginx}}\n---", "labels: {other: nginx}}\n---"
    )
    with pytest.raises(UserError, match="no label in common"):
        _ = Workload.from_yaml(text).labels


def test_empty_yaml_is_not_a_workload() -> None:
    with pytest.raises(UserError, match="at least one object"):
        Workload.from_yaml("---\n")


def test_the_documented_policy() -> None:
    nginx = Workload.from_yaml(NGINX)
    policy = binding_policy("nginx-bpolicy", clusters={"location-group": "edge"}, objects=nginx)
    assert policy == {
        "apiVersion": "control.kubestellar.io/v1alpha1",
        "kind": "BindingPolicy",
        "metadata": {"name": "nginx-bpolicy"},
        "spec": {
            "clusterSelectors": [{"matchLabels": {"location-group": "edge"}}],
            "downsync": [
                {"objectSelectors": [{"matchLabels": {"app.kubernetes.io/name": "nginx"}}]}
            ],
        },
    }


def test_a_policy_with_alternatives_and_modulation() -> None:
    policy = binding_policy(
        "p",
        clusters=[{"name": "a"}, {"matchExpressions": [{"key": "name", "operator": "Exists"}]}],
        objects={"app": "x"},
        want_singleton_status=True,
        createOnly=True,
    )
    assert policy["spec"]["clusterSelectors"][0] == {"matchLabels": {"name": "a"}}
    assert "matchExpressions" in policy["spec"]["clusterSelectors"][1]
    [clause] = policy["spec"]["downsync"]
    assert clause["wantSingletonReportedState"] is True
    assert clause["createOnly"] is True


@pytest.mark.parametrize("bad", ["Deployment", "", "apps/v1/"])
def test_a_kind_needs_its_version(bad: str) -> None:
    with pytest.raises(UserError, match="does not say its kind"):
        Kind.of(bad)
