"""The catalogue's own data: every component has what it needs to be built."""

from __future__ import annotations

import re

import pytest
import yaml

from kubestellar_conformance.components import Component, load_catalogue
from kubestellar_conformance.components.catalogue import own_crd_files, version_fields
from kubestellar_conformance.components.relock import go_line
from kubestellar_conformance.components.sources import module_path
from kubestellar_conformance.components.toolchain import version_tuple
from kubestellar_conformance.errors import UserError

CATALOGUE = load_catalogue()
ALL = CATALOGUE.everything
LOCKED = [component for component in ALL if component.lock_dir]
OF_KIND = {
    "kubelet",
    "kubeadm",
    "kube-proxy",
    "kind",
    "kubeflex-chart",
    "kflex-get-kubeconfig",
    "helm",
    "coredns",
    "kine",
}
OF_READER = {"example-scenarios"}
OF_HELM = {"core-chart"}
OF_CHECKER = {"scripts"}
OF_KFLEX = {"kflex"}
OF_ARGO_CD = {"argo-cd", "miniredis"}
OF_CONTEXTS = {"core-chart-page", "yq"}
WANTED = {
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kwok",
    "kubeflex",
    "kubestellar-controller-manager",
    "kubestellar-transport-controller",
    "ocm-registration",
    "ocm-registration-operator",
    "ocm-status-addon",
    "ocm-api",
}


def test_every_part_of_the_platform_is_named() -> None:
    assert set(CATALOGUE.names) == WANTED


def test_what_one_platform_alone_needs_is_not_got_for_the_others() -> None:
    assert {component.name for component in CATALOGUE.only_for("kind")} == OF_KIND
    others = OF_KIND | OF_READER | OF_HELM | OF_CHECKER | OF_KFLEX | OF_ARGO_CD | OF_CONTEXTS
    assert {component.name for component in ALL} == WANTED | others
    assert not others & {component.name for component in CATALOGUE}
    assert len(CATALOGUE) == len(WANTED)
    assert CATALOGUE["kubelet"].only_for == "kind"


@pytest.mark.parametrize("component", ALL, ids=lambda c: c.name)
def test_a_component_has_a_version_a_known_pin_and_something_to_get(component: Component) -> None:
    assert version_fields(component.version)
    assert (
        component.pin == "own-go-sum"
        or component.lock_dir
        or component.required_by in CATALOGUE.modules
    )
    assert component.package or component.files
    assert bool(component.stand_in) == component.optional
    assert component.package.startswith(("./", component.module)) or not component.package


@pytest.mark.parametrize("component", LOCKED, ids=lambda c: c.name)
def test_a_lock_requires_the_catalogue_s_version_with_parts_to_match(component: Component) -> None:
    assert component.lock_dir is not None
    text = (component.lock_dir / "go.mod").read_text()
    assert f"require {component.module} {component.version}\n" in text
    parts = component.parts.format(**(version_fields(component.version) or {}))
    assert all(
        version == parts for version in re.findall(r"^\t?\S+ => \S+ (v\S+)$", text, re.MULTILINE)
    )
    sums = (component.lock_dir / "go.sum").read_text()
    assert f"{component.module} {component.version} h1:" in sums
    assert version_tuple(go_line(component.lock_dir / "go.mod")) <= version_tuple(
        CATALOGUE.go.minimum
    )
    assert module_path(component.lock_dir / "go.mod").endswith(
        f".invalid/{component.pin.partition(':')[2]}"
    )


@pytest.mark.parametrize("component", LOCKED, ids=lambda c: c.name)
def test_a_lock_s_list_of_programs_names_the_package(component: Component) -> None:
    assert component.lock_dir is not None
    if component.package == "./":  # a program of ours, made of the module's packages
        assert "package main\n" in (component.lock_dir / "main.go").read_text()
        text = (component.lock_dir / "main.go").read_text()
        assert f'"{component.module}/' in text or f'"{component.module}"\n' in text
    else:
        assert f'_ "{component.package}"\n' in (component.lock_dir / "tools.go.txt").read_text()


def test_the_toolchain_s_wheel_is_new_enough() -> None:
    assert version_tuple(CATALOGUE.go.wheel_version) >= version_tuple(CATALOGUE.go.minimum)


def test_kubernetes_is_stamped_with_its_version_and_a_checkout_is_not() -> None:
    component = CATALOGUE["kube-apiserver"]
    assert component.ldflags("v1.34.4").startswith(
        "-s -w -X k8s.io/component-base/version.gitVersion=v1.34.4 "
    )
    assert "gitMinor=34" in component.ldflags("v1.34.4")
    assert component.ldflags(None) == "-s -w"


def test_each_group_of_files_comes_from_one_component() -> None:
    groups = [group for component in ALL for group in component.crds]
    theirs = ["core-chart", "example-scenarios", "kind-node", "kubeflex-chart", "kubeflex-k8s-type"]
    for_fixtures = ["argo-cd", "core-chart-for-helm", "core-chart-page", "scripts"]
    assert sorted(groups) == sorted(
        ["kubeflex", "kubestellar", "kwok-stages", "ocm-hub", "ocm-wec", *theirs, *for_fixtures]
    )


def test_the_workstatus_crd_is_what_the_controllers_look_for() -> None:
    (path,) = own_crd_files("workstatus")
    crd = yaml.safe_load(path.read_text())
    (version,) = crd["spec"]["versions"]
    assert crd["metadata"]["name"] == f"{crd['spec']['names']['plural']}.{crd['spec']['group']}"
    assert (version["name"], version["subresources"]) == ("v1alpha1", {"status": {}})
    assert (
        version["schema"]["openAPIV3Schema"]["properties"]["status"][
            "x-kubernetes-preserve-unknown-fields"
        ]
        is True
    )


def test_a_name_that_is_none_gets_the_list() -> None:
    with pytest.raises(
        UserError, match=r"unknown component 'kube-dns': use one of etcd, kube-apiserver"
    ):
        CATALOGUE["kube-dns"]
    with pytest.raises(
        UserError,
        match=r"or, for a whole module, one of kubernetes, kubernetes-node, kubestellar, ocm$",
    ):
        CATALOGUE.replaced_by("kube-dns")
