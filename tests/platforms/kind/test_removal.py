"""Taking spaces away, against a kubectl that writes down what it was told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.kind import certificates, removal
from kubestellar_conformance.platforms.kind.additions import Addition, Additions

KUBECTL = """#!/bin/sh
echo "$@" >>{calls}
case "$*" in
*"get customresourcedefinitions"*) printf 'crd/%s\\n' {apis} ;;
*{fails}*) echo "it does not go" >&2; exit 1 ;;
esac
"""
APIS = (
    "bindings.control.kubestellar.io",
    "workstatuses.control.kubestellar.io",
    "controlplanes.tenancy.kflex.kubestellar.org",
    "manifestworks.work.open-cluster-management.io",
)


class Host:
    """A run's folder, a kubectl and a kind that write down how they were called."""

    def __init__(self, root: Path, fails: str = "nothing-fails") -> None:
        self.folder, self.calls = RunFolder(root / "run"), root / "calls"
        self.folder.make()
        self.kubectl = self._program(root / "kubectl", fails)
        self.kind = self._program(root / "kind", "nothing-fails")
        made = {"names": ["cluster-a"], "network": False, "kind": str(self.kind)}
        (self.folder.state / "clusters.json").write_text(json.dumps(made))

    def _program(self, path: Path, fails: str) -> Path:
        path.write_text(KUBECTL.format(calls=self.calls, apis=" ".join(APIS), fails=fails))
        path.chmod(0o755)
        return path

    def space(self, role: str, *, hosted: bool = False) -> Addition:
        names = {"wds": ("wds-a", "its1"), "its": ("its-a", ""), "wec": ("cluster-a", "its1")}
        name, its = names[role]
        return Addition(name, role, its, hosted, str(self.folder.root), 1, 1)  # type: ignore[arg-type]

    def take_away(self, space: Addition) -> list[str]:
        removal.take_away(space, self.kubectl, "kind-kubeflex")
        return self.deleted()

    def deleted(self) -> list[str]:
        """What was deleted, at which API server, in order."""
        found = []
        for line in self.calls.read_text().splitlines():
            words = line.split()
            if "delete" not in words:
                continue
            if words[0] == "delete":
                found.append(f"kind: {words[words.index('--name') + 1]}")
                continue
            where = Path(words[0].partition("=")[2]).stem  # --kubeconfig=...
            found.append(
                f"{where}: {' '.join(w for w in words[words.index('delete') + 1 :] if w[0] != '-')}"
            )
        return found


def test_a_wds_goes_by_its_control_plane_first_and_its_pods_last(tmp_path: Path) -> None:
    assert Host(tmp_path).take_away(Host(tmp_path).space("wds")) == [
        "kind-kubeflex: controlplane/wds-a",
        "kind-kubeflex: secret/wds-a-bootstrap",
        "kind-kubeflex: namespace/wds-a-system",
        "kind-kubeflex: pods",
        "kind-kubeflex: namespace/wds-a-system",
    ]


def test_a_wec_is_detached_from_its_hub_before_its_cluster_goes(tmp_path: Path) -> None:
    host = Host(tmp_path)
    assert host.take_away(host.space("wec")) == [
        "its1: managedcluster/cluster-a",
        "its1: certificatesigningrequests",
        "its1: namespace/cluster-a",
        "kind: cluster-a",
    ]
    assert json.loads((host.folder.state / "clusters.json").read_text())["names"] == []


def test_the_cluster_of_a_wec_goes_although_its_hub_does_not_let_it_go(tmp_path: Path) -> None:
    host = Host(tmp_path, fails="managedcluster/")
    with pytest.raises(Broken, match="it does not go"):
        host.take_away(host.space("wec"))
    assert host.deleted() == ["its1: managedcluster/cluster-a", "kind: cluster-a"]


@pytest.mark.parametrize(
    ("role", "apis", "namespace"),
    [
        ("wds", "crd/bindings.control.kubestellar.io", "kubestellar-report"),
        (
            "its",
            "crd/workstatuses.control.kubestellar.io "
            "crd/manifestworks.work.open-cluster-management.io",
            "customization-properties",
        ),
    ],
)
def test_the_hosting_cluster_keeps_no_apis_of_the_part_that_it_played(
    tmp_path: Path, role: str, apis: str, namespace: str
) -> None:
    host = Host(tmp_path)
    deleted = host.take_away(host.space(role, hosted=True))
    assert {
        f"kind-kubeflex: {apis}",
        f"kind-kubeflex: namespace/{namespace}",
        f"kind-kubeflex: {removal._FOR_HOSTED}",
    } <= set(deleted)
    assert ("kind-kubeflex: bindingpolicies" in deleted) == (role == "wds")


def test_credentials_of_a_space_go_with_it(tmp_path: Path) -> None:
    host = Host(tmp_path)
    made = certificates.create(host.folder.credentials / "control-planes")
    certificates.add(made, "wds-a", "172.18.0.2")
    certificates.add(made, "wds-b", "172.18.0.2")
    host.folder.space_kubeconfig("wds-a").write_text("x")
    host.take_away(host.space("wds"))
    left = {file.name for file in host.folder.credentials.rglob("*") if file.is_file()}
    assert {name for name in left if "wds-a" in name} == set()
    assert {"ca.key", "server-wds-b.key", "service-account-wds-b.pub"} <= left


def test_a_sweep_takes_all_away_that_goes_and_names_the_rest(tmp_path: Path) -> None:
    host, additions = Host(tmp_path, fails="controlplane/wds-a"), Additions(tmp_path / "state")
    spaces = [host.space("wds"), replace(host.space("wds"), name="wds-b"), host.space("wec")]
    for space in spaces:
        additions.note(space)
    with pytest.raises(Broken, match=r"wds-a: .*it does not go"):
        removal.sweep(additions, additions.all(), host.kubectl, "kind-kubeflex")
    assert [one.name for one in additions.all()] == ["wds-a"]
