"""What the documentation speaks of beside spaces: label queries, and the parts of scenario 5."""

from __future__ import annotations

from kubestellar_conformance.platforms import Platform
from kubestellar_conformance.spaces import System

Labels = dict[str, str]
"""The labels that a restricted label query (``key=value,key=value``) asks for."""


class ControlPlane:
    """What scenario 5 takes down: API servers of WDS and ITS, KubeFlex, KubeStellar's two
    controllers.
    """

    def __init__(self, platform: Platform, system: System) -> None:
        wds, its, host = system.wds.name, system.its.name, system.host.name
        self._api_servers = [platform.component(f"{name}/kube-apiserver") for name in (wds, its)]
        self._controllers = [
            platform.component(f"{host}/kubeflex-controller-manager"),
            platform.component(f"{wds}/kubestellar-controller-manager"),
            platform.component(f"{wds}/transport-controller"),
        ]

    def stop(self) -> None:
        """Stop all, in the order of the page."""
        for part in (*self._api_servers, *self._controllers):
            part.stop()

    def start_api_servers(self) -> None:
        """Start the API servers and return when they answer."""
        for part in self._api_servers:
            part.start()

    def start(self) -> None:
        """Start what does not run, in the order of the page, and return when all is ready."""
        for part in (*self._api_servers, *self._controllers):
            if part.state != "running":
                part.start()
