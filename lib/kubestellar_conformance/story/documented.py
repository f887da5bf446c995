"""The documentation's terms beside spaces: label queries, parts, and those of scenario 5."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

from kubestellar_conformance.platforms import ComponentHandle, Platform
from kubestellar_conformance.spaces import System

Labels = dict[str, str]
"""The labels that a restricted label query (``key=value,key=value``) requires."""
Part = Callable[[str], ComponentHandle]
"""The fixture ``part``: any part of the system by its name."""


class ControlPlane:
    """The parts that scenario 5 takes down: API servers of WDS and ITS, KubeFlex, KubeStellar's two
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
        self._platform = platform
        self._late = {f"{name}/kube-controller-manager" for name in (wds, its)}
        self._late |= {f"{wec.name}/klusterlet-agent" for wec in system.wecs}

    def stop(self) -> None:
        """Stop all one after the other, as the page does, and return when all have stopped."""
        parts = (*self._api_servers, *self._controllers)
        for part in parts:
            part.stop(wait=False)
        _settle(parts)

    def start_api_servers(self) -> None:
        """Start the API servers one after the other, and return when both answer."""
        self._start(self._api_servers)

    def start(self) -> None:
        """Start all that do not run, one after the other as the page does, and return when all are
        ready. It does not wait between two starts, so a controller may come up before the API
        server that it needs.
        """
        self._start((*self._api_servers, *self._controllers))

    def reconnect(self) -> None:
        """Restart the parts that are slow to return after an outage: Kubernetes' controller
        managers of WDS and ITS, and OCM's agents.

        They pause longer and longer between two attempts to reach an API server, up to a minute,
        and go on with that when another outage follows within two minutes (client-go's reflectors).
        Only on embedded: other platforms list no part that the run has not stopped. Does nothing
        while an API server is away.
        """
        if any(part.state != "running" for part in self._api_servers):
            return
        late = [part for part in self._platform.components() if part.name in self._late]
        _side_by_side([part.restart for part in late])

    def _start(self, parts: Iterable[ComponentHandle]) -> None:
        started = [part for part in parts if part.state != "running"]
        for part in started:
            part.start(wait=False)
        _settle(started)


def _settle(parts: Iterable[ComponentHandle]) -> None:
    """Wait for all of them side by side: a part that exits while it starts is started again at
    once, whether another is ready or not.
    """
    _side_by_side([part.settle for part in parts])


def _side_by_side(verbs: Collection[Callable[[], None]]) -> None:
    """Return when all are done, or raise the error of the first of them that failed."""
    with ThreadPoolExecutor(max(1, len(verbs))) as pool:
        for done in [pool.submit(verb) for verb in verbs]:
            done.result()
