"""Starting and stopping a component without waiting, as one command after the other does."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.embedded import process as module
from kubestellar_conformance.platforms.embedded.monitor import Monitor
from kubestellar_conformance.platforms.embedded.process import (
    ExitedAtOnce,
    Process,
    ProductExitedAtOnce,
)
from kubestellar_conformance.waiting import contracts
from tests.support.embedded import DEAF, IDLE, a_run, identity, spec, started, within

SLOW_TO_END = "trap 'sleep 0.3; exit 0' TERM; echo ready; while :; do sleep 0.05; done"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    with a_run(tmp_path / "run") as found:
        yield found


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESTART_PAUSE", 0.05)


def elsewhere(process: Process) -> Process:
    """The component's handle in another process of the run."""
    return Process.load(process.folder, process.folder.state / f"process-{process.spec.slug}.json")


def needing(file: Path) -> str:
    """A program that exits unless the file exists."""
    return f"test -e {shlex.quote(str(file))} || exit 1; {IDLE}"


def test_a_start_without_waiting_returns_before_it_is_ready(folder: RunFolder) -> None:
    gate = folder.temporary / "gate"
    process = Process(folder, spec(f"until test -e {gate}; do sleep 0.02; done; {IDLE}"))
    process.start(wait=False)
    assert (process.state, process.log.read_text()) == ("starting", "")
    gate.touch()
    elsewhere(process).settle()
    assert (process.state, process.log.read_text()) == ("running", "ready\n")
    process.settle()


def test_one_that_exits_meanwhile_is_started_again_and_is_not_a_crash(
    folder: RunFolder, tmp_path: Path
) -> None:
    needed, told = tmp_path / "needed", list[str]()
    process, monitor = (
        Process(folder, spec(needing(needed))),
        Monitor(lambda p: told.append(p.name)),
    )
    try:
        process.start(wait=False)
        monitor.watch([process])
        first = identity(process)
        assert pidfd.wait_ended([first], 60) == []
        assert elsewhere(process).state == "exited"
        timer = threading.Timer(0.3, needed.touch)
        timer.start()
        process.settle()
        timer.join()
        assert process.state == "running"
        assert identity(process) != first
        monitor.watch([process])
    finally:
        monitor.close()
    assert told == []
    assert monitor.dead == []


def test_a_start_of_one_that_is_starting_waits_for_it(folder: RunFolder, tmp_path: Path) -> None:
    needed = tmp_path / "needed"
    process = Process(folder, spec(needing(needed)))
    process.start(wait=False)
    threading.Timer(0.3, needed.touch).start()
    process.start()
    assert process.state == "running"


def test_one_that_never_comes_up_is_broken_when_its_time_is_over(
    folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contracts, "_factor", 0.005)
    process = Process(folder, spec(needing(tmp_path / "never")))
    process.start(wait=False)
    with within(5), pytest.raises(ExitedAtOnce, match="wds1/part exited"):
        process.settle()
    assert process.state == "exited"


def test_a_panic_is_not_tried_again(folder: RunFolder) -> None:
    script = "echo 'panic: nil map'; exit 2"
    process = Process(folder, replace(spec(script), product=True))
    process.start(wait=False)
    with pytest.raises(ProductExitedAtOnce, match="panic: nil map"):
        process.settle()
    assert process.log.read_text() == "panic: nil map\n"


def test_one_that_is_killed_meanwhile_is_started_again(folder: RunFolder, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    script = f"test -e {killed} || {{ touch {killed}; kill -9 $$; }}; {IDLE}"
    process = Process(folder, replace(spec(script), product=True))
    process.start(wait=False)
    process.settle()
    assert process.state == "running"


def test_a_stop_without_waiting(folder: RunFolder) -> None:
    process = started(folder, DEAF)
    before = identity(process)
    process.stop(wait=False)
    assert pidfd.alive(*before)  # only a wait would end it
    elsewhere(process).settle()
    assert not pidfd.alive(*before)
    assert process.state == "stopped"
    process.settle()


@pytest.mark.parametrize("wait", [True, False])
def test_the_next_one_starts_when_the_last_has_ended(folder: RunFolder, wait: bool) -> None:
    process = started(folder, SLOW_TO_END)
    before = identity(process)
    process.stop(wait=False)
    process.start(wait=wait)
    assert not pidfd.alive(*before)
    process.settle()
    assert process.state == "running"
    assert identity(process) != before


def test_one_that_is_asked_to_end_gets_one_signal(folder: RunFolder) -> None:
    """For as long as it takes; a second signal would be heard during the last sleep."""
    asked = "trap 'echo asked; over=1' TERM; echo ready; while [ -z $over ]; do sleep 0.05; done"
    process = Process(folder, spec(f"{asked}; sleep 1", grace=60))
    process.start()
    process.stop()
    assert process.log.read_text().splitlines() == ["ready", "asked"]
