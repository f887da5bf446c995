"""The monitor: a component that ends by itself is told of at once, once, and no other is."""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.embedded.monitor import Monitor
from kubestellar_conformance.platforms.embedded.process import Process
from tests.support.calm import busy
from tests.support.embedded import a_run, identity, open_files, started

AT_ONCE = 10.0  # seconds


class Told:
    """A monitor, and what it told of."""

    def __init__(self) -> None:
        self.queue: queue.Queue[str] = queue.Queue()
        self.monitor = Monitor(lambda process: self.queue.put(process.name))

    def next(self) -> str:
        return self.queue.get(timeout=AT_ONCE * busy())

    def nothing_but(self, process: Process) -> None:
        """Had anything been told before this death, it would come first."""
        self.monitor.watch([process])
        os.kill(identity(process)[0], signal.SIGKILL)
        assert self.next() == process.name
        assert self.queue.empty()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    with a_run(tmp_path / "run") as found:
        yield found


@pytest.fixture
def told() -> Iterator[Told]:
    found = Told()
    yield found
    found.monitor.close()


def elsewhere(process: Process) -> Process:
    """The component's handle in another process of the run."""
    return Process.load(process.folder, process.folder.state / f"process-{process.spec.slug}.json")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_crash_is_reported_once_and_at_once(
    folder: RunFolder, told: Told, number: signal.Signals
) -> None:
    victim, other = started(folder, name="its1/victim"), started(folder, name="its1/other")
    told.monitor.watch([victim, other])
    os.kill(identity(victim)[0], number)
    assert told.next() == "its1/victim"
    told.monitor.watch([victim, other])
    told.nothing_but(other)
    assert [process.name for process in told.monitor.dead] == ["its1/victim", "its1/other"]


def test_one_that_had_died_before_anybody_watched(folder: RunFolder, told: Told) -> None:
    victim = started(folder, name="its1/victim")
    pidfd.end([identity(victim)], grace=0)
    told.monitor.watch([victim])
    told.monitor.watch([victim])
    assert told.next() == "its1/victim"
    told.nothing_but(started(folder))
    assert [process.name for process in told.monitor.dead] == ["its1/victim", "wds1/part"]


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
def test_a_requested_stop_is_not_a_crash(folder: RunFolder, told: Told, paused: bool) -> None:
    process = started(folder, name="its1/stopped")
    told.monitor.watch([process])
    if paused:
        process.pause()
    process.stop()
    told.monitor.watch([process])
    told.nothing_but(started(folder))


def test_a_stop_by_another_process_is_not_a_crash(folder: RunFolder, told: Told) -> None:
    process = started(folder, name="its1/stopped")
    told.monitor.watch([process])
    elsewhere(process).stop()
    told.nothing_but(started(folder))


def test_a_pause_is_not_a_crash_but_an_exit_in_it_is(folder: RunFolder, told: Told) -> None:
    process = started(folder, name="its1/paused")
    told.monitor.watch([process])
    process.pause()
    assert told.monitor.dead == []
    os.kill(identity(process)[0], signal.SIGKILL)
    assert told.next() == "its1/paused"


def test_what_another_process_restarts_is_watched_again(folder: RunFolder, told: Told) -> None:
    process = started(folder, name="its1/restarted")
    told.monitor.watch([process])
    elsewhere(process).restart()
    assert told.monitor.dead == []
    told.monitor.watch([process])  # what `dead` of a platform does when a state file has changed
    os.kill(identity(process)[0], signal.SIGKILL)
    assert told.next() == "its1/restarted"
    told.nothing_but(started(folder))


def test_a_second_crash_of_the_same_component_is_reported_too(
    folder: RunFolder, told: Told
) -> None:
    process = started(folder, name="its1/dies")
    for _ in range(2):
        told.monitor.watch([process])
        os.kill(identity(process)[0], signal.SIGKILL)
        assert told.next() == "its1/dies"
        process.start()


def test_a_closed_monitor_reports_nothing_and_leaves_nothing_open(folder: RunFolder) -> None:
    process = started(folder)
    before = open_files()
    told = Told()
    told.monitor.watch([process])
    told.monitor.close()
    told.monitor.close()
    told.monitor.watch([started(folder, name="its1/later")])
    assert open_files() <= before
    os.kill(identity(process)[0], signal.SIGKILL)
    pidfd.wait_ended([identity(process)], 5)
    assert told.queue.empty()


def test_the_monitor_can_be_closed_by_what_it_calls(folder: RunFolder) -> None:
    closed: queue.Queue[str] = queue.Queue()

    def close(process: Process) -> None:
        monitor.close()
        closed.put(process.name)

    monitor = Monitor(close)
    process = started(folder)
    monitor.watch([process])
    os.kill(identity(process)[0], signal.SIGKILL)
    assert closed.get(timeout=AT_ONCE * busy()) == "wds1/part"
