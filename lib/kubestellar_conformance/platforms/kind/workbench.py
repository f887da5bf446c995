"""The common needs of the start's steps: clusters, images, programs, files, and access to each API
server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kubestellar_conformance.images import ImageSet
from kubestellar_conformance.platforms.common.kubeconfigs import server_of
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.pki import Pki
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.kind.clusters import Clusters
from kubestellar_conformance.platforms.kind.kubectl import Kubectl

HOST_CLUSTER = "kubeflex"
API_PORT = 6443
"""The port of a kind node's own API server."""


def kubectl_of(program: Path, folder: RunFolder, space: str) -> Kubectl:
    return Kubectl(program, space, folder.space_kubeconfig(space))


@dataclass
class Workbench:
    """The files, clusters and connections of one platform. Spaces have the names of Getting
    Started, kind clusters those of its commands.
    """

    folder: RunFolder
    topology: Topology
    images: ImageSet
    clusters: Clusters
    address: str = ""
    """The address of the hosting cluster's node, where the API servers of ITS and WDS listen on
    their node ports.
    """

    @property
    def its(self) -> str:
        """The ITS that the platform starts with."""
        return self.topology.itses[0]

    @property
    def wds(self) -> str:
        """The WDS that the platform starts with."""
        return next(iter(self.topology.wdses))

    @property
    def pki(self) -> Pki:
        """Keys and certificates of the control planes that are pods."""
        return Pki(self.folder.credentials / "control-planes")

    def cluster(self, space: str) -> str:
        """The kind cluster of the hosting cluster or of a WEC."""
        return HOST_CLUSTER if space == self.topology.host else space

    @property
    def cluster_spaces(self) -> list[str]:
        """The spaces that are kind clusters."""
        return [self.topology.host, *self.topology.wecs]

    def inside(self, control_plane: str) -> tuple[str, str]:
        """URL and authority of a control plane's API server, for clients in another cluster."""
        server, authority = server_of(self.folder.space_kubeconfig(control_plane).read_text())
        hosted = control_plane in self.topology.hosted
        return (f"https://{self.address}:{API_PORT}" if hosted else server), authority

    def kubectl(self, space: str) -> Kubectl:
        return kubectl_of(self.images.built["kubectl"].binary, self.folder, space)

    def reachable(self, spaces: Iterable[str] | None = None) -> list[Kubectl]:
        """The clusters (or those of them) that exist by now, to describe a failure."""
        files = {
            space: self.folder.space_kubeconfig(space) for space in spaces or self.cluster_spaces
        }
        return [
            self.kubectl(space)
            for space, file in files.items()
            if file.exists() and file.stat().st_size
        ]
