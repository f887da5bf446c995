"""A component whose log words differ is ready when it acts on a probe."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.embedded import probe, process
from kubestellar_conformance.platforms.embedded.process import NotReady, Process
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from kubestellar_conformance.spaces import Event, Feed, Refused, Space
from kubestellar_conformance.spaces.refs import BINDING, BINDING_POLICY, STATUS_COLLECTOR, Ref
from tests.support.calm import busy
from tests.support.embedded import IDLE, a_run
from tests.support.three_spaces import ThreeSpaces

MANAGER, TRANSPORT = "kubestellar-controller-manager", "transport-controller"


class Controllers:
    """Makes a Binding of every probe, and signs it as one of KubeStellar's controllers does."""

    def __init__(self, wds: Space, component: str) -> None:
        self._wds, self._component = wds, component
        wds.watch(BINDING_POLICY).ready(60)
        wds.record.observe(self._on)

    def _on(self, event: Event | None, _feed: Feed) -> None:
        if event is None or event.verb != "ADDED" or event.ref.kind != BINDING_POLICY:
            return
        if event.ref.name.startswith(probe.NAME):
            threading.Thread(target=self._act, args=(event.ref.name,)).start()

    def _act(self, name: str) -> None:
        metadata: dict[str, Any] = {"name": name}
        if self._component == TRANSPORT:
            metadata["finalizers"] = ["transport.kubestellar.io/object-cleanup"]
        kind = {"apiVersion": BINDING.api_version, "kind": "Binding"}
        self._wds.apply({**kind, "metadata": metadata, "spec": {}})
        if self._component == MANAGER:
            collector = Ref(STATUS_COLLECTOR, "", name)
            with suppress(Refused):  # the Binding was enough, and the probe has gone
                self._wds.update_status(collector, {"errors": ["no"], "observedGeneration": 1})

    def close(self) -> None:
        self._wds.record.forget(self._on)


@pytest.fixture
def folder(tmp_path: Path, three: ThreeSpaces) -> Any:
    with a_run(tmp_path / "run") as made:
        shutil.copy(three.servers["wds1"].kubeconfig, made.space_kubeconfig("wds1"))
        yield made


def in_other_words(component: str, timeout: float) -> ProcessSpec:
    ready = Ready(log=("^ready", "^caches full"), probe=component, timeout=timeout)
    return ProcessSpec(f"wds1/{component}", ("sh", "-c", IDLE), ready=ready)


@pytest.mark.parametrize("component", [MANAGER, TRANSPORT])
def test_a_probe_stands_in_for_a_line_of_the_log(
    folder: RunFolder, three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch, component: str
) -> None:
    monkeypatch.setattr(process, "LOG_SECONDS", 0.5)
    controllers = Controllers(three.wds, component)
    try:
        part = Process(folder, in_other_words(component, 30))
        part.start()
    finally:
        controllers.close()
    assert "its log has no line with '^caches full', by which it is known" in part.warning
    assert "'^ready'" not in part.warning
    assert part.state == "running"
    kinds = (BINDING_POLICY, STATUS_COLLECTOR)
    left = [one["metadata"]["name"] for kind in kinds for one in three.wds.list(kind)]
    assert not [name for name in left if name.startswith(probe.NAME)]


def test_without_controllers_the_missing_line_is_named(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LOG_SECONDS", 0.1)
    monkeypatch.setattr(probe, "SECONDS", 0.3)
    part = Process(folder, in_other_words(MANAGER, 1))
    began = time.monotonic()
    with pytest.raises(NotReady) as raised:
        part.start()
    assert time.monotonic() - began < 20 * busy()
    assert str(raised.value) == (
        f"wds1/{MANAGER} was not ready within 1 s: its log has no line with '^caches full', and a "
        "probe did not come through; its last line: ready"
    )
    assert raised.value.program == "sh"
