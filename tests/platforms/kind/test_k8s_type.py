"""A WDS of KubeFlex's type k8s: which is asked for, how it is reached, which parts it has."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.kind import charts, k8s_type, options
from kubestellar_conformance.platforms.kind.manifests import objects
from kubestellar_conformance.platforms.kind.parts import parts_of
from kubestellar_conformance.platforms.workloads.known_parts import container_of

K8S, EXTERNAL = k8s_type.topology("k8s"), k8s_type.topology("external")
ACCESS = """
apiVersion: v1
kind: Config
clusters: [{name: wds1-cluster, cluster: {server: "https://wds1.localtest.me:9443", certificate-authority-data: b2xk}}]
users: [{name: wds1-admin, user: {client-certificate-data: Yw==, client-key-data: aw==}}]
contexts: [{name: wds1, context: {cluster: wds1-cluster, user: wds1-admin, namespace: default}}]
current-context: wds1
"""


def test_the_type_is_the_topology_s() -> None:
    assert (k8s_type.type_of(K8S), K8S.k8s) == ("k8s", ("wds1",))
    assert (k8s_type.type_of(EXTERNAL), EXTERNAL) == ("external", Topology())
    assert charts._type(K8S, "wds1") == "k8s"
    assert charts._type(K8S, "its1") == charts._type(EXTERNAL, "wds1") == "external"


def test_one_that_is_added_is_external() -> None:
    assert charts._type(K8S.with_wds("wds2", "its1", hosted=False), "wds2") == "external"
    assert K8S.without("wds1").k8s == ()


def test_it_is_made_before_its_hooks_are_given() -> None:
    plane: dict[str, Any] = {
        "kind": "ControlPlane",
        "metadata": {"name": "wds1"},
        "spec": {"type": "k8s", "postCreateHooks": [{}]},
    }
    assert k8s_type.without_hooks([plane, {"kind": "PostCreateHook"}]) == [
        {**plane, "spec": {"type": "k8s"}}
    ]
    assert plane["spec"]["postCreateHooks"], "the chart's own must not be changed"


def test_it_is_reached_at_the_node_port_by_the_name_in_its_certificate() -> None:
    found = yaml.safe_load(k8s_type.reached_at(ACCESS, "wds1", "https://172.18.0.2:31000"))
    (cluster,) = found["clusters"]
    assert cluster["cluster"]["server"] == "https://172.18.0.2:31000"
    assert cluster["cluster"]["tls-server-name"] == "kubeflex-control-plane"
    assert base64.b64decode(cluster["cluster"]["certificate-authority-data"]) == b"old"
    assert found["users"] == yaml.safe_load(ACCESS)["users"]
    assert (found["current-context"], found["contexts"][0]["context"]["user"]) == (
        "wds1",
        "wds1-admin",
    )


def test_its_parts_are_those_that_kubeflex_makes() -> None:
    found = parts_of(K8S)
    assert {
        "wds1/kube-apiserver",
        "wds1/kube-controller-manager",
        "kind-kubeflex/postgresql",
    } <= set(found)
    assert "wds1/etcd" not in found
    assert "wds1/etcd" in parts_of(EXTERNAL)
    assert all(part.stoppable for part in found.values())


def test_its_api_server_is_not_kine() -> None:
    containers = [{"name": "kine"}, {"name": "kube-apiserver"}]
    workload = {"spec": {"template": {"spec": {"containers": containers}}}}
    assert container_of(parts_of(K8S)["wds1/kube-apiserver"], workload)["name"] == "kube-apiserver"


def test_the_exit_of_its_controllers_is_not_a_crash() -> None:
    assert set(parts_of(K8S)) - set(k8s_type.watched(parts_of(K8S), K8S)) == {
        "wds1/kube-controller-manager"
    }
    assert k8s_type.watched(parts_of(EXTERNAL), EXTERNAL) == parts_of(EXTERNAL)


def test_the_database_has_the_names_that_kubeflex_looks_for() -> None:
    things = objects("postgres", namespace="kubeflex-system", image="i", user=1, password="p")
    named = {thing["kind"]: thing["metadata"]["name"] for thing in things}
    assert {named["Secret"], named["Service"], named["StatefulSet"]} == {k8s_type.DATABASE}
    secret, service, volume, database = things
    assert secret["stringData"] == {"postgres-password": "p"}
    assert service["spec"]["selector"] == database["spec"]["template"]["metadata"]["labels"]
    assert volume["spec"]["claimRef"]["name"] == f"data-{k8s_type.DATABASE}-0"


@pytest.mark.parametrize("kind", ["k8s", "external"])
def test_the_type_can_be_asked_for(kind: str) -> None:
    assert options.settings(SimpleNamespace(ks_wds_type=kind), "kind") == {"wds_type": kind}


@pytest.mark.parametrize(
    ("given", "platform", "why"),
    [
        ({"ks_wds_type": "vcluster"}, "kind", "--ks-wds-type 'vcluster': use k8s or external"),
        ({"ks_wds_type": "k8s"}, "embedded", "--ks-wds-type is for --ks-platform kind"),
        ({"ks_wds_type": "k8s", "ks_reuse": True}, "kind", "leave out one of them"),
        (
            {"ks_component": ["kubestellar=v0.29.0"], "ks_reuse": True},
            "kind",
            "--ks-component applies to a new platform",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused(
    given: dict[str, Any], platform: str, why: str
) -> None:
    with pytest.raises(UserError, match=why):
        options.settings(SimpleNamespace(**given), platform)
