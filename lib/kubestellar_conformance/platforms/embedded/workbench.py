"""The common needs of every component's wiring: binaries, ports, credentials, connections."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.files import write_private
from kubestellar_conformance.platforms.common.kubeconfigs import certificate_user, kubeconfig
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.pki import Pki
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.embedded.ports import PortBlock
from kubestellar_conformance.platforms.embedded.rest import Rest


@dataclass
class Workbench:
    """The binaries, ports, credentials and connections of one platform on this machine."""

    folder: RunFolder
    topology: Topology
    ports: PortBlock
    pki: Pki
    built: Provisioned
    cancelled: threading.Event = field(default_factory=threading.Event)
    _rests: dict[str, Rest] = field(default_factory=dict)

    def binary(self, component: str) -> str:
        """The program of a component of the catalogue."""
        return str(self.built[component].binary)

    def port(self, space: str) -> int:
        """The port of the API server that serves a space."""
        return self.ports[f"{self.topology.server_of(space)}/kube-apiserver"]

    def rest(self, space: str) -> Rest:
        """A connection to a space's API server as its administrator."""
        if space not in self._rests:
            self._rests[space] = Rest(space, self.port(space), self.pki, self.cancelled)
        return self._rests[space]

    def forget(self, space: str) -> None:
        """Forget a removed space: one that is added under its name gets other ports."""
        self.ports.release(space)
        self._rests.pop(space, None)

    def admin_kubeconfig(self, space: str) -> Path:
        return self.folder.space_kubeconfig(space)

    def admin_access(self, space: str) -> str:
        """The content of the administrator's kubeconfig for one space."""
        return kubeconfig(self.pki, {space: (self.port(space), certificate_user(self.pki))})

    def write_kubeconfigs(self) -> None:
        """Write the administrator's kubeconfigs: one per space, and one with all contexts under
        their documented names.
        """
        admin = certificate_user(self.pki)
        entries = {space: (self.port(space), admin) for space in self.topology.spaces}
        for space in entries:
            write_private(self.admin_kubeconfig(space), self.admin_access(space))
        write_private(self.folder.kubeconfig, kubeconfig(self.pki, entries))
