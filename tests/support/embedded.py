"""Small shell programs as components, for the tests of the embedded platform's modules."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kubestellar_conformance.components import (
    BuildCache,
    Built,
    CacheEntry,
    Provisioned,
    PublishedVersion,
    load_catalogue,
)
from kubestellar_conformance.platforms.common import pidfd, runs
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.embedded import teardown
from kubestellar_conformance.platforms.embedded.process import Process
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from tests.support.calm import busy

IDLE = "echo ready; exec sleep 600"
DEAF = "trap '' TERM; echo ready; exec sleep 600"
"""As `IDLE`, but SIGTERM does not end it."""


def spec(
    script: str = IDLE, name: str = "wds1/part", *, grace: float = 2.0, timeout: float = 60.0
) -> ProcessSpec:
    """A component that is a shell script, ready when it says so."""
    return ProcessSpec(
        name, ("sh", "-c", script), ready=Ready(log=("^ready",), timeout=timeout), grace=grace
    )


def unbuilt(cache: Path) -> Provisioned:
    """All components of the catalogue, in a cache that has none of their programs and files."""
    builds, found = BuildCache(cache), {}
    for component in load_catalogue():
        files: dict[str, list[str]] = {group: [] for group in component.crds}
        entry = CacheEntry(component.name, "key", component.version, "", "", 0, 0.0, files)
        folder = builds.folder(component.name, "key")
        found[component.name] = Built(
            component, PublishedVersion(component.version), folder, entry, False
        )
    return Provisioned(found)


@contextmanager
def a_run(root: Path) -> Iterator[RunFolder]:
    """A run folder that this process owns, so that nobody takes its processes for leftovers; all
    end with it.
    """
    folder = RunFolder(root)
    folder.make()
    runs.own(folder, os.getpid())
    try:
        yield folder
    finally:
        teardown.end_run(folder)


def started(folder: RunFolder, script: str = IDLE, name: str = "wds1/part") -> Process:
    """A component that is ready."""
    process = Process(folder, spec(script, name))
    process.start()
    return process


def identity(process: Process) -> tuple[int, int]:
    """Pid and start of a component that was started."""
    found = process.identity()
    assert found is not None
    return found


@contextmanager
def child(*argv: str) -> Iterator[tuple[subprocess.Popen[bytes], tuple[int, int]]]:
    """A process that no run started, which says something when it is ready; and its identity."""
    popen = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        assert popen.stdout is not None
        assert popen.stdout.readline()
        yield popen, (popen.pid, pidfd.start_ticks(popen.pid))
    finally:
        popen.kill()
        popen.send_signal(signal.SIGCONT)
        popen.communicate()


def ended_process() -> tuple[int, int]:
    """Pid and start of a process that is no more."""
    with child("sh", "-c", "echo") as (popen, found):
        popen.wait()
    return found


def open_files() -> set[tuple[str, str]]:
    """Number and target of what this process has open. Another thread may close something of its
    own meanwhile.
    """
    found = set()
    for file in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add((file.name, str(file.readlink())))
    return found


def state_letter(pid: int | str) -> str:
    """The kernel's letter for what a process (or ``pid/task/thread``) does: S asleep, T held still,
    Z a zombie, ...
    """
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def in_thread(action: Callable[[], object]) -> threading.Thread:
    """Do something meanwhile; join the thread."""
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    return thread


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is done in the block takes no longer than that, or than a busy machine needs."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds * busy()


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """As on a full disk: a write beyond that many bytes fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
