"""A cgroup that can be frozen, for tests; it needs root, and a machine that lets root make one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

VERSIONS = ("v1", "v2")
_TYPES = {"v1": ("cgroup", "freezer"), "v2": ("cgroup2", "")}
_FILES = {"v1": ("freezer.state", "FROZEN", "THAWED"), "v2": ("cgroup.freeze", "1", "0")}
_SHOWN = {"v1": ("freezer.state", "FROZEN"), "v2": ("cgroup.events", "frozen 1")}


@dataclass(frozen=True)
class Frozen:
    """A cgroup of its own. ``version`` is that of cgroups."""

    folder: Path
    version: str

    def add(self, pid: int) -> None:
        try:
            (self.folder / "cgroup.procs").write_text(str(pid))
        except OSError as error:
            pytest.skip(f"cannot put a process into a cgroup: {error.strerror}")

    def freeze(self) -> None:
        """Freeze it, and wait until all its processes are frozen."""
        name, freeze, _ = _FILES[self.version]
        (self.folder / name).write_text(freeze)
        shown, word = _SHOWN[self.version]
        _until(lambda: word in (self.folder / shown).read_text())

    def thaw(self) -> None:
        name, _, thaw = _FILES[self.version]
        (self.folder / name).write_text(thaw)


@contextmanager
def freezing(version: str) -> Iterator[Frozen]:
    """Make a cgroup, and remove it with its processes back in that of this process. Skips the test
    where the machine does not allow that.
    """
    folder = _mount(version) / f"ks-conformance-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"cannot make a cgroup: {error.strerror}")
    found = Frozen(folder, version)
    if not (folder / _FILES[version][0]).exists():
        folder.rmdir()
        pytest.skip(f"this machine's cgroups {version} do not freeze")
    try:
        yield found
    finally:
        found.thaw()
        for pid in (folder / "cgroup.procs").read_text().split():
            with suppress(OSError):  # it has exited
                (folder.parent / "cgroup.procs").write_text(pid)
        _until(lambda: not (folder / "cgroup.procs").read_text())
        folder.rmdir()


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _mount(version: str) -> Path:
    """Where the hierarchy that freezes is mounted."""
    kind, option = _TYPES[version]
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, found, options, *_ = line.split()
        if found == kind and (not option or option in options.split(",")):
            return Path(place)
    pytest.skip(f"no cgroup {version} that freezes is mounted")
