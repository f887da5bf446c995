"""Locks between the processes of a run, and between runs that use one platform."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock of a file that all concerned write; waits in the kernel. It ends with the
    process at the latest.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with file.with_name(f"{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
