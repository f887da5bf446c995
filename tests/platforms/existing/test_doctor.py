"""The preflight on real API servers: what is right, and each thing that can be wrong as one line.

wds1 plays the hosting cluster as well, which is legitimate; there is one WEC, so the other is one
that is away.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.common.names import CONTROL_PLANE
from kubestellar_conformance.platforms.existing.access import open_spaces, write_access
from kubestellar_conformance.platforms.existing.doctor import examine, wrong_release
from kubestellar_conformance.platforms.existing.doctor_its import foreign_wec
from kubestellar_conformance.platforms.existing.doctor_rest import serves
from kubestellar_conformance.platforms.existing.findings import Finding, Report
from kubestellar_conformance.platforms.existing.installation import Wec
from kubestellar_conformance.platforms.existing.leftovers import LABEL
from kubestellar_conformance.spaces import Obj, Space
from kubestellar_conformance.spaces.refs import MANAGED_CLUSTER
from tests.support.existing import installation, joined
from tests.support.servers import ApiServer, established

pytestmark = pytest.mark.usefixtures("kubeflex")
TENANCY = "tenancy.kflex.kubestellar.org"
CLUSTER = "cluster.open-cluster-management.io/v1"
JOINED = ("HubAcceptedManagedCluster", "ManagedClusterJoined", "ManagedClusterConditionAvailable")


def conditions(*names: str) -> dict[str, Any]:
    return {
        "conditions": [
            {
                "type": name,
                "status": "True",
                "reason": "Test",
                "message": "",
                "lastTransitionTime": "2025-01-01T00:00:00Z",
            }
            for name in names
        ]
    }


def managed_cluster(name: str, /, **labels: str) -> Obj:
    spec = {"hubAcceptsClient": True}
    return {
        "apiVersion": CLUSTER,
        "kind": "ManagedCluster",
        "metadata": {"name": name, "labels": labels},
        "spec": spec,
    }


def control_plane(name: str, role: str) -> Obj:
    metadata = {"name": name, "labels": {"kflex.kubestellar.io/cptype": role}}
    return {
        "apiVersion": f"{TENANCY}/v1alpha1",
        "kind": "ControlPlane",
        "metadata": metadata,
        "spec": {"type": "k8s"},
    }


class Ground:
    """The three servers, under the names of Getting Started."""

    def __init__(self, servers: dict[str, ApiServer], folder: Path) -> None:
        self.folder = folder
        files = {name: servers[name].kubeconfig for name in ("its1", "wds1", "cluster1")}
        self.its, self.wds = (
            Space("its1", "its", files["its1"]),
            Space("wds1", "wds", files["wds1"]),
        )
        self.kubeconfig = joined(
            folder / "kubeconfig", **files, host=files["wds1"], away=files["wds1"]
        )
        content = yaml.safe_load(self.kubeconfig.read_text())
        content["clusters"][-1]["cluster"]["server"] = "https://127.0.0.1:1"
        self.kubeconfig.write_text(yaml.safe_dump(content))

    def examine(self, **changes: Any) -> Report:
        usual = {
            "host_context": "host",
            "wecs": (Wec("cluster1", "cluster1"), Wec("away", "cluster2")),
        }
        made = installation(self.kubeconfig, **{**usual, **changes})
        write_access(made, self.folder / "credentials")
        spaces = open_spaces(made, self.folder / "credentials")
        try:
            return examine(made, spaces)
        finally:
            for space in spaces:
                space.close()

    def problems(self, **changes: Any) -> str:
        """All but that cluster2 is away."""
        return "\n".join(
            line for line in self.examine(**changes).problems if "context away" not in line
        )


@pytest.fixture(scope="module")
def kubeflex(api_servers: dict[str, ApiServer]) -> Iterator[None]:
    """KubeFlex's API in wds1, as far as it is looked at."""
    space = Space("wds1", "wds", api_servers["wds1"].kubeconfig)
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"controlplanes.{TENANCY}"},
        "spec": {
            "group": TENANCY,
            "scope": "Cluster",
            "names": {"kind": "ControlPlane", "plural": "controlplanes"},
            "versions": [
                {
                    "name": "v1alpha1",
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "x-kubernetes-preserve-unknown-fields": True,
                        }
                    },
                }
            ],
        },
    }
    space.apply(crd)
    established(space)
    while serves(space, CONTROL_PLANE):  # a moment later than it says that it is
        time.sleep(0.05)
    yield
    space.delete(crd)
    space.close()


@pytest.fixture
def ground(api_servers: dict[str, ApiServer], tmp_path: Path) -> Iterator[Ground]:
    """An installation that is in order but for cluster2's API server; what it has is removed
    again.
    """
    made = Ground(api_servers, tmp_path)
    planes = [control_plane("its1", "its"), control_plane("wds1", "wds")]
    clusters = [
        managed_cluster(name, name=name, **{"location-group": "edge"})
        for name in ("cluster1", "cluster2")
    ]
    for plane in planes:
        made.wds.apply(plane)
        made.wds.update_status(plane, conditions("Ready"))
    for cluster in clusters:
        made.its.apply(cluster)
        made.its.update_status(cluster, conditions(*JOINED))
    yield made
    made.wds.delete(*planes)
    made.its.delete(*clusters, managed_cluster("cluster3"))


def test_parts_in_order_are_listed_and_a_missing_one_is_one_line(ground: Ground) -> None:
    report = ground.examine()
    assert len(report.problems) == 1, report.text()
    assert report.problems[0].startswith(
        "cluster2: WEC, context away: unreachable at https://127.0.0.1:1: "
    ), report.problems
    assert "kubectl --context away get --raw /version has to answer" in report.problems[0]
    table = report.text()
    version = report.versions["wds1"]
    for said in (
        f"ITS, context its1                       reachable, Kubernetes {version}",
        "served; ControlPlanes: its1, wds1",
        "type k8s, ready",
        "served; ManagedClusters: cluster1, cluster2",
        "joined, available; labels: location-group=edge, name=cluster1",
        "matches cluster1, cluster2",
        "served: BindingPolicy, Binding",
        "AppliedManifestWork is served",
        "not seen here (no Deployment wds1-system/transport-controller)",
    ):
        assert " ".join(said.split()) in " ".join(table.split()), table
    assert report.selectors == {"cluster1": {"name": "cluster1"}, "cluster2": {"name": "cluster2"}}
    with pytest.raises(UserError, match="the existing installation is not ready: cluster2: WEC"):
        report.demand_green()


def test_a_hosting_cluster_without_kubeflex(ground: Ground) -> None:
    said = ground.problems(host_context="its1")
    assert (
        "its1-host: KubeFlex APIs: ControlPlane is not served; install KubeStellar's core "
        "chart there" in said
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"wds_cp": "wds9"},
            "host: ControlPlane wds9: absent; found: its1, wds1; create it (kflex create wds9",
        ),
        (
            {"its_cp": "wds1", "wds_cp": "x"},
            "its label kflex.kubestellar.io/cptype is 'wds'; name an ITS",
        ),
        (
            {"its_context": "cluster1"},
            "its1: OCM APIs: not served: ManagedCluster, ManifestWork; make it an OCM hub",
        ),
        (
            {"wds_context": "its1"},
            "wds1: control CRDs: not served: BindingPolicy, Binding, StatusCollector",
        ),
        (
            {"wecs": (Wec("wds1", "cluster1"), Wec("away", "cluster2"))},
            "AppliedManifestWork is not served; register",
        ),
        (
            {"wecs": (Wec("cluster1", "edge"), Wec("away", "cluster2"))},
            "ManagedCluster edge: absent; found: clust",
        ),
        (
            {"label_query_both": "region=eu"},
            "matches no ManagedCluster; it has to match cluster1, cluster2: kubectl",
        ),
        (
            {"label_query_one": "location-group=edge"},
            "matches cluster1, cluster2; it may match cluster1 alone",
        ),
    ],
)
def test_what_can_be_wrong(ground: Ground, changes: dict[str, Any], said: str) -> None:
    assert said in ground.problems(**changes)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        (
            {"wecs": (Wec("cluster1", "cluster1"), Wec("cluster1", "cluster2"))},
            "cluster1 (WEC cluster1), cluster1",
        ),
        (
            {"wecs": (Wec("wds1", "cluster1"), Wec("away", "cluster2"))},
            "host (hosting cluster host), wds1 (WDS wds1)",
        ),
        ({"host_context": "cluster1", "wds_context": "its1"}, "its1 (ITS its1), its1 (WDS wds1)"),
    ],
)
def test_contexts_that_point_to_one_cluster(
    ground: Ground, changes: dict[str, Any], same: str
) -> None:
    said = [
        line for line in ground.problems(**changes).splitlines() if "point to one cluster" in line
    ]
    assert same in "\n".join(said)
    assert "give each the context of its own cluster" in said[0]


def test_a_control_plane_that_is_not_ready(ground: Ground) -> None:
    ground.wds.update_status(control_plane("wds1", "wds"), {"conditions": []})
    assert (
        "host: ControlPlane wds1: type k8s, condition Ready is absent; see kubectl"
        in ground.problems()
    )


@pytest.mark.parametrize(
    ("missing", "do"),
    [
        (JOINED[0], "accept --clusters cluster2"),
        (JOINED[1], "klusterlet's log"),
        (JOINED[2], "klusterlet runs"),
    ],
)
def test_a_managed_cluster_that_has_not_come_so_far(ground: Ground, missing: str, do: str) -> None:
    cluster = managed_cluster("cluster2")
    ground.its.update_status(cluster, conditions(*(name for name in JOINED if name != missing)))
    [said] = ground.problems().splitlines()
    assert said.startswith(f"its1: ManagedCluster cluster2: {missing} is absent; ")
    assert do in said


def test_labels_that_pick_out_no_wec_alone_and_a_stranger_that_a_query_matches(
    ground: Ground,
) -> None:
    same = {"location-group": "edge", "name": "cluster1"}
    ground.its.apply(managed_cluster("cluster3", **same))
    said = ground.problems()
    assert (
        "ManagedCluster cluster1: no set of its labels picks it out alone; give it one of "
        "its own (kubectl" in said
    )
    assert (
        "matches cluster1, cluster2, cluster3; it may match cluster1, cluster2 alone, or "
        "workloads would go" in said
    )


def test_a_managed_cluster_of_somebody_else_is_seen(ground: Ground) -> None:
    ours = managed_cluster("ours", **{LABEL: "this-run"})
    strangers = [managed_cluster("stranger"), managed_cluster("their-s", **{LABEL: "another"})]
    ground.its.apply(managed_cluster("cluster1"), ours)
    others = [one["metadata"]["name"] for one in ground.its.list(MANAGED_CLUSTER)]
    known = tuple(Wec(name, name) for name in others if name != "ours")
    given = installation(ground.kubeconfig, wecs=known)
    try:
        assert foreign_wec(ground.its, given, "this-run") is None
        ground.its.apply(*strangers)
        assert foreign_wec(ground.its, given, "this-run") == "stranger"
        ground.its.delete(strangers[0])
        assert foreign_wec(ground.its, given, "this-run") == "their-s"
    finally:
        ground.its.delete(ours, *strangers)


def test_controllers_that_run_in_the_hosting_cluster_are_seen_by_their_images(
    ground: Ground,
) -> None:
    def deployment(name: str, image: str) -> Obj:
        template = {
            "metadata": {"labels": {"a": "b"}},
            "spec": {
                "containers": [
                    {"name": "kube-rbac-proxy", "image": "proxy:v9"},
                    {"name": "manager", "image": image},
                ]
            },
        }
        metadata = {"name": name, "namespace": "wds1-system"}
        spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}

    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "wds1-system"}}
    manager = deployment(
        "kubestellar-controller-manager", "ghcr.io:443/kubestellar/controller-manager:0.29.0"
    )
    try:
        ground.wds.apply(namespace, manager)
        [said] = ground.problems().splitlines()
        assert (
            "kubestellar-controller-manager: 0.29.0, 0 of 1 replicas available; see kubectl "
            "--context host" in said
        )
        ground.wds.update_status(
            manager, {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1}
        )
        report = ground.examine()
        assert report.components["wds1/kubestellar-controller-manager"] == "0.29.0"
        [finding] = wrong_release(report, "0.30.0")
        assert (
            "give --ks-release 0.29.0 if a list of its known deviations exists, or"
            in finding.problem
        )
        assert list(wrong_release(report, "v0.29.0")) == []
    finally:
        ground.wds.delete(manager)


def test_the_table_stands_in_columns() -> None:
    report = Report(
        [
            Finding("its1", "OCM APIs", "served"),
            Finding("kind-kubeflex", "KubeFlex", "absent", "get it"),
        ]
    )
    assert report.text().splitlines() == [
        "ok       its1           OCM APIs  served",
        "MISSING  kind-kubeflex  KubeFlex  absent",
        "",
        "kind-kubeflex: KubeFlex: absent; get it",
    ]
