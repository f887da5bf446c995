"""The manifests that platforms share: they say what the names, kept apart from them, count on."""

from __future__ import annotations

import pytest

from kubestellar_conformance.platforms.common import controllers
from kubestellar_conformance.platforms.common.manifests import documents, objects, secret
from kubestellar_conformance.platforms.common.names import (
    BOOTSTRAP_ACCOUNT,
    CONTROL_PLANE,
    HUB,
    OCM,
    TYPE_LABEL,
)


def test_the_account_for_joining_has_the_name_that_agents_use() -> None:
    found = {(one["kind"], one["metadata"]["name"]): one for one in objects("bootstrap")}
    assert {("Namespace", OCM), ("Namespace", HUB)} <= found.keys()
    assert found["ServiceAccount", BOOTSTRAP_ACCOUNT]["metadata"]["namespace"] == OCM
    [binding] = [one for (kind, _), one in found.items() if kind == "ClusterRoleBinding"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": BOOTSTRAP_ACCOUNT, "namespace": OCM}
    ]
    assert ("ClusterRole", binding["roleRef"]["name"]) in found


@pytest.mark.parametrize(("name", "part"), [("its_marker", "its"), ("kubestellar_rbac", "wds")])
def test_a_hook_marks_its_control_plane(name: str, part: str) -> None:
    [hook] = objects(name)
    assert (hook["apiVersion"], hook["kind"]) == (CONTROL_PLANE.api_version, "PostCreateHook")
    assert hook["metadata"]["labels"] == {TYPE_LABEL: part}
    assert "{{.ControlPlaneName}}" in str(hook["spec"]["templates"])


def test_a_secret_has_its_content_as_text() -> None:
    assert secret("name", "there", {"key": "value"})["stringData"] == {"key": "value"}


def test_a_text_of_several_documents_has_no_empty_ones() -> None:
    assert documents("---\na: 1\n---\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize("value", [controllers.ITS, controllers.WDS, controllers.WEC])
def test_controllers_are_named_once_each(value: str) -> None:
    names = value.split(",")
    assert len(set(names)) == len(names)
    assert "namespace-controller" in names
    assert all(name.endswith("-controller") for name in names)
