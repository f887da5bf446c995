"""What the steps of coming up share: clusters, images, programs, where things lie, how to reach each API server."""

from __future__ import annotations

from dataclasses import dataclass, field

from kubestellar_conformance.images import ImageSet
from kubestellar_conformance.platforms.embedded.layout import RunFolder
from kubestellar_conformance.platforms.embedded.topology import Topology
from kubestellar_conformance.platforms.kind.clusters import Clusters
from kubestellar_conformance.platforms.kind.kubectl import Kubectl

PORTS = {"its1": 30441, "wds1": 30442}
"""Node ports of the API servers that are pods of the hosting cluster."""
HOST_CLUSTER = "kubeflex"


@dataclass
class Site:
    """One platform's place. Spaces have the names of Getting Started, kind clusters those of its commands."""

    folder: RunFolder
    topology: Topology
    images: ImageSet
    clusters: Clusters
    address: str = ""
    """Of the hosting cluster's node, where the API servers of ITS and WDS listen on their node ports."""
    _servers: dict[str, Kubectl] = field(default_factory=dict)

    @property
    def its(self) -> str:
        return self.topology.itses[0]

    @property
    def wds(self) -> str:
        return next(iter(self.topology.wdses))

    def cluster(self, space: str) -> str:
        """The kind cluster of the hosting cluster or of a WEC."""
        return HOST_CLUSTER if space == self.topology.host else space

    @property
    def cluster_spaces(self) -> list[str]:
        """The spaces that are kind clusters."""
        return [self.topology.host, *self.topology.wecs]

    def url(self, control_plane: str) -> str:
        """The address of a control plane's API server, the same from the machine, from pods and from other clusters."""
        return f"https://{self.address}:{PORTS[control_plane]}"

    def kubectl(self, space: str) -> Kubectl:
        if space not in self._servers:
            program = self.images.built["kubectl"].binary
            self._servers[space] = Kubectl(program, space, self.folder.space_kubeconfig(space))
        return self._servers[space]

    def reachable(self) -> list[Kubectl]:
        """The clusters that are there by now, for a look at what went wrong."""
        there = [space for space in self.cluster_spaces if self.folder.space_kubeconfig(space).exists()]
        return [self.kubectl(space) for space in there if self.folder.space_kubeconfig(space).stat().st_size]
