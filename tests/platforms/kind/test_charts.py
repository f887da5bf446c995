"""What is taken out of the charts, and what stays."""

from __future__ import annotations

import copy
from typing import Any

from kubestellar_conformance.platforms.kind import charts


def _deployment(*containers: str, before: tuple[str, ...] = ()) -> dict[str, Any]:
    pod: dict[str, Any] = {
        "containers": [{"name": name, "image": f"{name}:1"} for name in containers]
    }
    if before:
        pod["initContainers"] = [{"name": name, "image": f"{name}:1"} for name in before]
    return {"kind": "Deployment", "metadata": {"name": "one"}, "spec": {"template": {"spec": pod}}}


def test_containers_without_an_image_go_and_all_others_stay() -> None:
    thing = _deployment(
        "kube-rbac-proxy", "manager", before=("wait-postgresql", "get-its-kubeconfig")
    )
    pod = charts._runnable(thing, {"manager:1": "real:2"})["spec"]["template"]["spec"]
    assert [one["image"] for one in pod["containers"]] == ["real:2"]
    assert [one["name"] for one in pod["initContainers"]] == ["get-its-kubeconfig"]


def test_a_pod_that_waits_for_nothing_has_no_init_containers() -> None:
    pod = charts._runnable(_deployment("manager", before=("wait-postgresql",)), {})["spec"][
        "template"
    ]["spec"]
    assert "initContainers" not in pod


def test_the_deployments_in_a_hook_are_seen_to_as_well() -> None:
    other = {"kind": "Role", "metadata": {"name": "r"}}
    templates = [_deployment("kube-rbac-proxy", "manager"), other]
    hook = {"kind": "PostCreateHook", "metadata": {"name": "h"}, "spec": {"templates": templates}}
    changed = charts._runnable(hook, {})["spec"]["templates"]
    assert [one["name"] for one in changed[0]["spec"]["template"]["spec"]["containers"]] == [
        "manager"
    ]
    assert changed[1] == other
    assert len(templates[0]["spec"]["template"]["spec"]["containers"]) == 2, (
        "the chart's own must not be changed"
    )


def test_a_paused_part_outlives_its_liveness_probe() -> None:
    thing = _deployment("manager")
    thing["spec"]["template"]["spec"]["containers"][0]["livenessProbe"] = {"periodSeconds": 20}
    (container,) = charts._runnable(thing, {})["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["failureThreshold"] * 20 >= 600


def test_control_planes_get_their_secret_and_the_its_its_own_hook() -> None:
    its = {
        "kind": "ControlPlane",
        "metadata": {"name": "its1"},
        "spec": {"type": "external", "postCreateHooks": [{"hookName": "install-status-addon"}]},
    }
    wds_hooks = [{"hookName": "kubestellar-controller"}, {"hookName": "transport-controller"}]
    wds = {
        "kind": "ControlPlane",
        "metadata": {"name": "wds1"},
        "spec": {
            "type": "external",
            "postCreateHooks": list(wds_hooks),
            "globalVars": {"ITSName": ""},
        },
    }
    one, two = charts._adapted(its), charts._adapted(wds)
    assert one["spec"]["bootstrapSecretRef"]["name"] == "its1-bootstrap"
    assert one["spec"]["postCreateHooks"] == [{"hookName": "its-marker"}]
    assert two["spec"]["bootstrapSecretRef"]["name"] == "wds1-bootstrap"
    assert two["spec"]["postCreateHooks"] == wds_hooks


def test_what_helm_would_put_into_the_release_s_namespace_is_put_there() -> None:
    assert charts._placed({"kind": "Role", "metadata": {}}, "here")["metadata"] == {
        "namespace": "here"
    }
    assert charts._placed({"kind": "ClusterRole", "metadata": {}}, "here")["metadata"] == {}
    elsewhere = {"kind": "Role", "metadata": {"namespace": "there"}}
    assert charts._placed(elsewhere, "here")["metadata"] == {"namespace": "there"}


def test_a_control_plane_that_is_the_hosting_cluster_needs_no_access() -> None:
    hooks = [{"hookName": "install-status-addon"}]
    its = {
        "kind": "ControlPlane",
        "metadata": {"name": "its-a"},
        "spec": {"type": "host", "postCreateHooks": hooks},
    }
    spec = charts._adapted(its)["spec"]
    assert "bootstrapSecretRef" not in spec
    assert spec["postCreateHooks"] == [{"hookName": "its-marker"}]


def test_a_wds_that_names_its_its_gets_the_hook_that_finds_it_by_name_alone() -> None:
    wds = {
        "kind": "ControlPlane",
        "metadata": {"name": "wds-a"},
        "spec": {
            "type": "external",
            "globalVars": {"ITSName": "its-a"},
            "postCreateHooks": [
                {"hookName": "kubestellar-controller"},
                {"hookName": "transport-controller", "vars": {"k": "v"}},
            ],
        },
    }
    transport = _deployment("transport-controller", before=("get-its-kubeconfig",))
    (before,) = transport["spec"]["template"]["spec"]["initContainers"]
    before["args"] = [
        "--control-plane-label-selector",
        "cptype=its",
        "--control-plane-name",
        "{{.ITSName}}",
    ]
    hook = {
        "kind": "PostCreateHook",
        "metadata": {"name": "transport-controller"},
        "spec": {"templates": [transport]},
    }
    by_the_chart = charts._adapted(copy.deepcopy(wds), from_core_chart=True)["spec"][
        "postCreateHooks"
    ]
    assert [one["hookName"] for one in by_the_chart] == [
        "kubestellar-controller",
        "transport-controller",
    ]
    named = charts._by_name(hook)
    assert charts._adapted(wds)["spec"]["postCreateHooks"] == [
        {"hookName": "kubestellar-controller"},
        {"hookName": named["metadata"]["name"], "vars": {"k": "v"}},
    ]
    (changed,) = named["spec"]["templates"][0]["spec"]["template"]["spec"]["initContainers"]
    assert changed["args"] == ["--control-plane-name", "{{.ITSName}}"]
    assert len(before["args"]) == 4, "the chart's own must not be changed"
