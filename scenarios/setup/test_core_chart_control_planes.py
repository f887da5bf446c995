"""What KubeStellar's core chart creates: KubeFlex, PostCreateHooks and ControlPlanes (the page
"KubeStellar Core Chart"). On the platform's hosting cluster KubeFlex runs already.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubestellar_conformance.story import (
    Helm,
    Kind,
    Make,
    Obj,
    Ref,
    Release,
    Space,
    case,
    kubeconfig_of,
    needs,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import condition, gone, has, same_uids

pytestmark = needs("helm")
CONTROL_PLANE = Kind.of("tenancy.kflex.kubestellar.org/v1alpha1/ControlPlane")
SECRET = Kind.of("v1/Secret")
HOOKS = ["install-status-addon", "its-hub-init", "kubestellar-controller", "transport-controller"]
KUBEFLEX = "kubeflex-controller-manager"
ONLY = {"kubeflex-operator.install": False, "InstallPCHs": False}
"""The chart's values for ControlPlanes alone."""
RIGHTS = Ref(
    Kind.of("rbac.authorization.k8s.io/v1/ClusterRoleBinding"),
    "",
    "kubeflex-manager-cluster-admin-rolebinding",
)
"""Part of the chart where a ControlPlane is of type host."""


def names_of(release: Release, kind: str) -> list[str]:
    """The names of the release's objects of a kind, in alphabetical order."""
    return sorted(obj["metadata"]["name"] for obj in release.of_kind(kind))


@promises("SETUP-03")
@pytest.mark.parametrize(
    ("values", "hooks", "operators"),
    [
        case("with the defaults", [], HOOKS, [KUBEFLEX]),
        case("without KubeFlex", ["kubeflex-operator.install=false"], HOOKS, []),
        case("without PostCreateHooks", ["InstallPCHs=false"], [], [KUBEFLEX]),
    ],
)  # fmt: skip
def test_a_chart_without_itses_and_wdses_creates_no_control_plane(
    host: Space,
    helm: Helm,
    core_chart_with_kubeflex: Path,
    values: list[str],
    hooks: list[str],
    operators: list[str],
) -> None:
    """KubeFlex's operator and the four PostCreateHooks, or one of them alone."""
    with step("Render the chart"):
        release = helm.template(host, "ks-core", core_chart_with_kubeflex, *values)
    with step("It has the PostCreateHooks and KubeFlex's operator, and no ControlPlane"):
        assert names_of(release, "PostCreateHook") == hooks
        assert [name for name in names_of(release, "Deployment") if "kubeflex" in name] == operators
        assert names_of(release, "ControlPlane") == []


@pytest.mark.parametrize(
    ("values", "hooks"),
    [
        case("by default", "", ["its-hub-init", "install-status-addon"]),
        case("with OCM", ",ITSes[0].install_clusteradm=true",
             ["its-hub-init", "install-status-addon"]),
        case("without OCM", ",ITSes[0].install_clusteradm=false", ["install-status-addon"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("type", "secret", "key"),
    [
        case("of the default type", None, "vc-vcluster", "config-incluster"),
        case("of type host", "host", "admin-kubeconfig", "kubeconfig-incluster"),
        case("of type external", "external", "admin-kubeconfig", "kubeconfig-incluster"),
    ],
)
@promises("SETUP-43")
def test_an_its_gets_ocm_and_the_status_add_on(
    host: Space, helm: Helm, core_chart: Path,
    values: str, hooks: list[str], type: str | None, secret: str, key: str,
) -> None:  # fmt: skip
    """By PostCreateHooks, which learn where the access to the ITS lies."""
    with step("Render the chart with an ITS"):
        of_type = f",ITSes[0].type={type}" if type else ""
        its = f"ITSes[0].name=its1{of_type}{values}"
        [spec] = specs(helm.template(host, "ks-core", core_chart, its))
    with step("Its ControlPlane waits for these hooks"):
        assert [hook["hookName"] for hook in spec["postCreateHooks"]] == hooks
        assert spec["waitForPostCreateHooks"] is True
    with step("It is of that type, and its hooks learn of the Secret that KubeFlex makes for it"):
        assert spec["type"] == (type or "vcluster")
        assert spec["globalVars"] == {"ITSSecretName": secret, "ITSSecretKey": key}


def specs(release: Release) -> list[Any]:
    """The specs of the ControlPlanes of a release, in its order."""
    return [obj["spec"] for obj in release.of_kind("ControlPlane")]


@promises("SETUP-44")
def test_a_wds_gets_controllers_with_its_name_its_api_groups_and_its_its(
    host: Space, helm: Helm, core_chart: Path
) -> None:
    """Of two WDSes, one says its type, API groups and ITS, the other nothing but its name."""
    with step("Render the chart with two WDSes"):
        one = "WDSes[0].name=wds1,WDSes[0].type=host,WDSes[0].ITSName=its1"
        groups = r"WDSes[0].APIGroups=apps\,batch"
        release = helm.template(host, "ks-core", core_chart, f"{one},{groups},WDSes[1].name=wds2")
        first, second = specs(release)
    with step("The hooks of each learn of these"):
        names = ["kubestellar-controller", "transport-controller"]
        for spec, type, groups, its, name in (
            (first, "host", "apps,batch", "its1", "wds1"),
            (second, "k8s", "", "", "wds2"),
        ):
            assert [hook["hookName"] for hook in spec["postCreateHooks"]] == names
            assert spec["type"] == type
            assert spec["postCreateHooks"][0]["vars"]["APIGroups"] == groups
            assert spec["globalVars"] == {"ControlPlaneName": name, "ITSName": its}
    with step("The controllers get them as flags"):
        arguments = json.dumps(release.of_kind("PostCreateHook"))
        assert arguments.count('"--wds-name={{.ControlPlaneName}}"') == 2
        assert '"--its-name={{.ITSName}}"' in arguments
        assert '"--api-groups={{.APIGroups}}"' in arguments


@pytest.fixture
def space(host: Space, make: Make) -> str:
    """A Namespace of the hosting cluster, for the chart and for Secrets."""
    [made] = host.apply(make.namespace())
    return str(made["metadata"]["name"])


def without_hooks(control_plane: Obj) -> Obj:
    """The ControlPlane without its PostCreateHooks, which run Jobs in pods."""
    left_out = ("postCreateHooks", "waitForPostCreateHooks")
    spec = {key: value for key, value in control_plane["spec"].items() if key not in left_out}
    return {**control_plane, "spec": spec}


@promises("SETUP-08")
@pytest.mark.parametrize(
    ("changed", "key"),
    [
        case("with the defaults", [], "kubeconfig-incluster"),
        case("with a name of the user's", ["name"], "kubeconfig-incluster"),
        case("with a namespace of the user's", ["namespace"], "kubeconfig-incluster"),
        case("with a key of the user's", ["key"], "mine"),
        case("with all three", ["name", "namespace", "key"], "mine"),
    ],
)
def test_an_external_cluster_becomes_an_its_through_a_secret(
    host: Space, its: Space, helm: Helm, core_chart: Path, make: Make, space: str,
    changed: list[str], key: str,
) -> None:  # fmt: skip
    """KubeFlex makes it ready, and its access lies where the chart's hooks look for it."""
    name = make.name("its")
    set_by_user = {"name": make.name("mine"), "namespace": space, "key": "mine"}
    where = "ITSes[0].bootstrapSecret."
    values = [f"{where}{one}={set_by_user[one]}" for one in changed]
    secret = set_by_user["name"] if "name" in changed else f"{name}-bootstrap"
    namespace = space if "namespace" in changed else "default"
    with step("Render the chart with an ITS of type external"):
        its_of_chart = f"ITSes[0].name={name},ITSes[0].type=external"
        release = helm.rendered(host, "ks-core", core_chart, its_of_chart, *values)
        [control_plane] = release.of_kind("ControlPlane")
    with step("Create the Secret with the cluster's kubeconfig, and the ControlPlane"):
        access = base64.b64encode(kubeconfig_of(its).encode()).decode()
        metadata = {"name": secret, "namespace": namespace}
        host.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata,
                    "data": {key: access}})  # fmt: skip
        host.apply(without_hooks(control_plane))
    with step("The ControlPlane becomes ready"):
        host.eventually(condition(control_plane, "Ready"), within="serving")
    with step("The Secret of which the chart tells its hooks has the access to that cluster"):
        told = control_plane["spec"]["globalVars"]
        found = host.get(Ref(SECRET, f"{name}-system", told["ITSSecretName"])) or {"data": {}}
        assert server(found["data"].get(told["ITSSecretKey"], "")) == server(access)


def server(access: str) -> Any:
    """The address in a kubeconfig, which is given in base64."""
    clusters = (yaml.safe_load(base64.b64decode(access)) or {}).get("clusters")
    return clusters and clusters[0]["cluster"]["server"]


@pytest.fixture
def control_planes(host: Space, make: Make) -> Iterator[list[Ref]]:
    """Three ControlPlanes for a chart to create; what is left of them goes after the test."""
    refs = [Ref(CONTROL_PLANE, "", make.name(stem)) for stem in ("its", "kept", "left-out")]
    yield refs
    host.delete(*[ref for ref in (*refs, RIGHTS) if host.get(ref)])
    host.eventually(gone(*refs, RIGHTS), within="withdrawal")


@promises("SETUP-19")
def test_an_upgrade_that_leaves_a_control_plane_out_deletes_it(
    host: Space,
    helm: Helm,
    core_chart_to_install: Path,
    space: str,
    control_planes: list[Ref],
) -> None:
    """Of an ITS and two WDSes, first a WDS and then the ITS is left out."""
    chart, (its, kept, left_out) = core_chart_to_install, control_planes
    of = {ref: {"name": ref.name, "type": "host"} for ref in control_planes}
    with step("Install the chart with an ITS and two WDSes"):
        values = {**ONLY, "ITSes": [of[its]], "WDSes": [of[kept], of[left_out]]}
        release = helm.install(host, "ks-core", chart, namespace=space, **values)
        host.eventually(has(*control_planes), within="serving")
    with host.hold(same_uids(kept)):
        with step("Upgrade it with one of the WDSes alone: the other goes, the ITS stays"):
            with host.hold(same_uids(its)):
                helm.upgrade(host, release, chart, WDSes=[of[kept]])
                host.eventually(gone(left_out), within="withdrawal")
        with step("Upgrade it without the ITS: the ITS goes"):
            helm.upgrade(host, release, chart, ITSes=[])
            host.eventually(gone(its), within="withdrawal")
    with step("Uninstall the chart: the last goes too"):
        helm.uninstall(host, release)
        host.eventually(gone(kept), within="withdrawal")
