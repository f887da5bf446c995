"""Scenario 5's parts go and come as its page does it: one command after the other, then a wait."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest

from kubestellar_conformance.story.documented import ControlPlane

NAMES = {"wds": "wds1", "its": "its1", "host": "host"}
API_SERVERS = ("wds1/kube-apiserver", "its1/kube-apiserver")
CONTROLLERS = (
    "host/kubeflex-controller-manager",
    "wds1/kubestellar-controller-manager",
    "wds1/transport-controller",
)
WECS = ("cluster1", "cluster2")
LATE = [
    *(f"{wec}/klusterlet-agent" for wec in WECS),
    *(f"{name}/kube-controller-manager" for name in ("its1", "wds1")),
]
TOGETHER = 30.0
"""Seconds that the waits for the parts may take to begin side by side."""


class Part:
    def __init__(self, name: str, rig: Rig) -> None:
        self.name, self.state, self._rig = name, "running", rig

    def stop(self, *, wait: bool = True) -> None:
        self._rig.told.append(("waits" if wait else "stop", self.name))
        self.state = "stopped"

    def start(self, *, wait: bool = True) -> None:
        self._rig.told.append(("waits" if wait else "start", self.name))
        self.state = "starting"

    def settle(self) -> None:
        if self._rig.side_by_side is not None:
            self._rig.side_by_side.wait(TOGETHER)
        self._rig.told.append(("settle", self.name))
        if self.state == "starting":
            self.state = "running"

    def restart(self) -> None:
        self._rig.told.append(("restart", self.name))


class Rig:
    """The five parts, and what is done to them in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.side_by_side: Barrier | None = None
        self.parts = {name: Part(name, self) for name in (*API_SERVERS, *CONTROLLERS)}
        others = [Part(name, self) for name in (*LATE, "its1/ocm-registration")]
        system = {name: SimpleNamespace(name=at) for name, at in NAMES.items()}
        wecs = [SimpleNamespace(name=name) for name in WECS]
        platform: Any = SimpleNamespace(
            component=self.parts.__getitem__,
            components=lambda: [*self.parts.values(), *others],
        )
        spaces: Any = SimpleNamespace(**system, wecs=wecs)
        self.control_plane = ControlPlane(platform, spaces)

    def did(self, verb: str, parts: Iterable[str]) -> None:
        """Nothing but this verb on these parts in this order, and then a wait for each."""
        names = list(parts)
        commands, waits = self.told[: len(names)], self.told[len(names) :]
        assert commands == [(verb, name) for name in names]
        assert sorted(waits) == sorted(("settle", name) for name in names)
        self.told.clear()


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_no_command_waits_for_the_one_before(rig: Rig) -> None:
    rig.control_plane.stop()
    rig.did("stop", (*API_SERVERS, *CONTROLLERS))
    rig.control_plane.start()
    rig.did("start", (*API_SERVERS, *CONTROLLERS))


def test_the_api_servers_can_come_first_and_the_rest_after_them(rig: Rig) -> None:
    rig.control_plane.stop()
    rig.told.clear()
    rig.control_plane.start_api_servers()
    rig.did("start", API_SERVERS)
    rig.control_plane.start()
    rig.did("start", CONTROLLERS)


def test_all_are_waited_for_side_by_side(rig: Rig) -> None:
    """A part that exits while it starts is started again at once, whether others are ready."""
    rig.side_by_side = Barrier(len(rig.parts))
    rig.control_plane.stop()
    rig.control_plane.start()
    assert {part.state for part in rig.parts.values()} == {"running"}


def test_what_reaches_an_api_server_late_is_restarted_after_an_outage(rig: Rig) -> None:
    rig.control_plane.stop()
    rig.control_plane.start()
    rig.told.clear()
    rig.control_plane.reconnect()
    assert sorted(rig.told) == [("restart", name) for name in LATE]


def test_nothing_is_restarted_while_an_api_server_is_away(rig: Rig) -> None:
    """It would not get ready. The clean-up starts the API server."""
    rig.control_plane.stop()
    rig.control_plane.start()
    rig.parts["its1/kube-apiserver"].stop()
    rig.told.clear()
    rig.control_plane.reconnect()
    assert rig.told == []
