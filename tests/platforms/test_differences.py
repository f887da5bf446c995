"""What differs from the documented install is listed: the flags of OCM's agent here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kubestellar_conformance.platforms.common import pki
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.embedded import differences as embedded
from kubestellar_conformance.platforms.embedded import ocm
from kubestellar_conformance.platforms.embedded.ports import PortBlock
from kubestellar_conformance.platforms.embedded.workbench import Workbench
from kubestellar_conformance.platforms.kind import differences as kind
from kubestellar_conformance.platforms.kind.manifests import objects
from tests.support.embedded import unbuilt

SAME = {
    "--spoke-cluster-name",
    "--bootstrap-kubeconfig",
    "--hub-kubeconfig-dir",
    "--agent-id",
    "--workload-source-driver",
    "--workload-source-config",
}
"""Flags that OCM's operator gives to a singleton agent, with the same meaning."""
PLACES = {"--kubeconfig", "--namespace", "--listen"}
"""What a pod has in its surroundings."""

EVICTION = "--appliedmanifestwork-eviction-grace-period"
"""Objects whose ManifestWork vanishes stay for an hour; with less they could go within the time of
a check.
"""


def deviating(arguments: Iterable[str]) -> set[str]:
    return {one.partition("=")[0] for one in arguments if one.startswith("--")} - SAME - PLACES


def test_every_flag_of_an_embedded_agent_that_the_documented_one_lacks(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.make()
    made = pki.create(folder.credentials, Topology().servers)
    workbench = Workbench(folder, Topology(), PortBlock(21000), made, unbuilt(tmp_path / "cache"))
    found = deviating(ocm.agent(workbench, "cluster1").argv)
    assert "--status-sync-interval" in found
    assert EVICTION not in found
    assert [flag for flag in found if flag not in " ".join(embedded.DIFFERENCES)] == []


def test_every_flag_of_an_agent_in_kind_that_the_documented_one_lacks() -> None:
    *_, deployment = objects("klusterlet", image="i", cluster="cluster1")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    found = deviating(container["args"])
    assert "--status-sync-interval" in found
    assert EVICTION not in found
    assert [flag for flag in found if flag not in " ".join(kind._DIFFERENCES)] == []
