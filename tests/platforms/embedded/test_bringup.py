"""A start whose parts do not stay: whose fault it is, and a snapshot that cannot be started
from.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.errors import Broken, Deviation, UserError
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms import PlatformSettings
from kubestellar_conformance.platforms.common import pki
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.embedded import bringup, ports, snapshot
from kubestellar_conformance.platforms.embedded.bringup import BringUp
from kubestellar_conformance.platforms.embedded.graph import StepGraph
from kubestellar_conformance.platforms.embedded.process import Process
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from kubestellar_conformance.platforms.embedded.workbench import Workbench
from tests.support.embedded import IDLE, a_run, unbuilt

BASE = 21000
TRANSPORT = "kubestellar-transport-controller"
PANIC = (
    "echo starting; echo 'panic: assignment to entry in nil map'; echo 'goroutine 1 "
    "[running]:'; exit 2"
)
REFUSAL = "echo 'unknown flag: --its'; exit 1"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    with a_run(tmp_path / "run") as found:
        yield found


@pytest.fixture
def built(tmp_path: Path) -> Provisioned:
    return unbuilt(tmp_path / "cache")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, built: Provisioned) -> dict[str, str]:
    """A platform of two parts, etcd and a product's, which are scripts; what each does, by its
    name.

    ``restored`` is what etcd does in a start from a snapshot, ``seconds`` how long each may take
    until it is ready.
    """
    does = {"etcd": IDLE, "restored": IDLE, TRANSPORT: IDLE, "seconds": "60"}

    class SmallPlan:
        def __init__(
            self, _workbench: Workbench, spawn: Callable[[ProcessSpec], Process], *, restored: bool
        ) -> None:
            self.spawn, self.restored = spawn, restored

        def part(self, name: str, script: str, *, product: bool) -> None:
            binary = built[name].binary
            binary.parent.mkdir(parents=True, exist_ok=True)
            binary.write_text(f"#!/bin/sh\n{script}\n")
            binary.chmod(0o755)
            ready = Ready(log=("^ready",), timeout=float(does["seconds"]))
            self.spawn(ProcessSpec(name, (str(binary),), ready=ready, product=product)).start()

        def build(self) -> StepGraph:
            graph, etcd = StepGraph(), does["restored" if self.restored else "etcd"]
            graph.add("etcd", lambda: self.part("etcd", etcd, product=False))
            graph.add(
                "transport", lambda: self.part(TRANSPORT, does[TRANSPORT], product=True), ["etcd"]
            )
            return graph

    @contextmanager
    def block() -> Iterator[ports.PortBlock]:
        yield ports.PortBlock(BASE)

    monkeypatch.setattr(bringup, "StartPlan", SmallPlan)
    monkeypatch.setattr(bringup, "uids_of", lambda _workbench, _spaces: {})
    monkeypatch.setattr(ports, "claimed_block", lambda *_: block())
    return does


def start(
    tmp_path: Path, folder: RunFolder, built: Provisioned, *components: str, snapshots: bool = False
) -> BringUp:
    settings = PlatformSettings(
        run_dir=folder.root, components=components, cache_dir=tmp_path / "cache", snapshot=snapshots
    )
    found = BringUp(settings, folder, Topology())
    found.run(built)
    return found


@pytest.mark.parametrize("script", [PANIC, REFUSAL])
def test_the_product_that_does_not_stay_deviates(
    tmp_path: Path, folder: RunFolder, built: Provisioned, small: dict[str, str], script: str
) -> None:
    small[TRANSPORT] = script
    with pytest.raises(Deviation, match=f"{TRANSPORT} exited with status") as raised:
        start(tmp_path, folder, built, "etcd=/bin/true")
    assert "--ks-component" not in str(raised.value)


def test_the_user_s_own_build_of_the_product_that_panics_deviates(
    tmp_path: Path, folder: RunFolder, built: Provisioned, small: dict[str, str]
) -> None:
    small[TRANSPORT] = PANIC
    with pytest.raises(Deviation, match="its last lines: panic: assignment to entry in nil map"):
        start(tmp_path, folder, built, f"{TRANSPORT}=/bin/true")


def test_a_replacement_that_exits_at_once_is_the_user_s_to_change(
    tmp_path: Path, folder: RunFolder, built: Provisioned, small: dict[str, str]
) -> None:
    small[TRANSPORT] = REFUSAL
    with pytest.raises(
        UserError, match=f"unknown flag: --its; check --ks-component {TRANSPORT}=/bin/true$"
    ):
        start(tmp_path, folder, built, f"{TRANSPORT}=/bin/true")


@pytest.mark.parametrize("what", ["etcd", TRANSPORT])
def test_a_replacement_that_is_killed_from_outside_is_broken(
    tmp_path: Path, folder: RunFolder, built: Provisioned, small: dict[str, str], what: str
) -> None:
    small[what] = "kill -9 $$"
    with pytest.raises(Broken, match=r"killed from outside the run .* \(it logged nothing\)$"):
        start(tmp_path, folder, built, f"{what}=/bin/true")


def test_another_s_part_that_does_not_stay_is_broken(
    tmp_path: Path, folder: RunFolder, built: Provisioned, small: dict[str, str]
) -> None:
    small["etcd"] = PANIC
    with pytest.raises(Broken, match="etcd exited with status 2"):
        start(tmp_path, folder, built)


def test_the_product_is_not_blamed_for_an_end_that_comes_after_another_s(
    tmp_path: Path, folder: RunFolder, built: Provisioned, small: dict[str, str]
) -> None:
    pid = tmp_path / "pid"
    small["etcd"] = f"echo $$ > {pid}; {IDLE}"
    dead = f"grep -q '^State:.Z' /proc/$(cat {pid})/status"
    small[TRANSPORT] = f"kill -9 $(cat {pid}); until {dead}; do :; done; {REFUSAL}"
    with pytest.raises(
        Broken,
        match=rf"^etcd \(its last line: .*\) had exited before: {TRANSPORT} exited with status 1",
    ):
        start(tmp_path, folder, built, f"{TRANSPORT}=/bin/true")


def test_a_wait_in_vain_names_the_part_that_exited_meanwhile(
    tmp_path: Path, folder: RunFolder, built: Provisioned, small: dict[str, str]
) -> None:
    pid = tmp_path / "pid"
    small["etcd"], small["seconds"] = f"echo $$ > {pid}; {IDLE}", "5"
    small[TRANSPORT] = f"kill -9 $(cat {pid}); exec sleep 60"
    with pytest.raises(
        Broken,
        match=rf"^etcd \(its last line: .*\) had exited before: {TRANSPORT} was not ready within",
    ):
        start(tmp_path, folder, built)


def left(tmp_path: Path, built: Provisioned) -> Path:
    """A snapshot of such a platform, with a ``mark`` in it."""
    key = f"{built.set_key[:16]}-{Topology().key[:8]}-{snapshot.wiring_key()[:8]}-{BASE}"
    found = tmp_path / "cache" / "snapshots" / key
    pki.create(found / "credentials", Topology().servers)
    (found / "etcd").mkdir()
    write_private_json(found / "manifest.json", {"ports": {}, "uids": {}, "created": time.time()})
    (found / "mark").touch()
    return found


@pytest.mark.parametrize("replaced", [(), ("etcd=/bin/true",)], ids=["release", "replaced"])
def test_a_snapshot_that_cannot_be_started_from_is_discarded_before_anyone_is_blamed(
    tmp_path: Path,
    folder: RunFolder,
    built: Provisioned,
    small: dict[str, str],
    replaced: tuple[str, ...],
) -> None:
    damaged = left(tmp_path, built)
    small["restored"] = "echo 'cannot open database'; exit 1"
    found = start(tmp_path, folder, built, *replaced, snapshots=True)
    assert found.facts["restored"] is False
    assert "cannot open database" in found.facts["snapshot_discarded"]
    [warning] = found.warnings
    assert warning.startswith("the snapshot was discarded: etcd exited with status 1 ")
    assert not (damaged / "mark").exists()
    assert json.loads(json.dumps(found.facts))
