"""How components exited, and whether their own code did it.

Only the process that started a component gets its exit status, so it notes the status in a file of
the run folder for the others (pytest-xdist workers).
"""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from kubestellar_conformance.diagnosis.excerpt import last_words
from kubestellar_conformance.files import write_private_json

NOTED_WITHIN = 1.0
"""Seconds that another process of the run has to note a status: all see the exit at once."""
_TAKEN = "address already in use"


class Exits:
    """The exit status of one component, in ``file``. A process is named by its pid and start."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._unknown: tuple[int, int] | None = None

    def note(self, identity: tuple[int, int], status: int) -> None:
        with contextlib.suppress(OSError):  # a full disk
            if self._noted(identity) is None:
                write_private_json(self._file, [*identity, status])

    def status(self, identity: tuple[int, int]) -> int | None:
        """The status of that process, which has exited, as `subprocess.Popen.returncode`; None if
        nobody notes it, as when its parent is gone.
        """
        deadline = time.monotonic() + NOTED_WITHIN
        while (found := self._noted(identity)) is None:
            if self._unknown == identity or time.monotonic() > deadline:
                self._unknown = identity
                break
            time.sleep(0.02)
        return found

    def _noted(self, identity: tuple[int, int]) -> int | None:
        with contextlib.suppress(OSError):
            *whose, status = json.loads(self._file.read_text())
            return int(status) if tuple(whose) == identity else None
        return None


def mishap(status: int | None, lines: Sequence[str]) -> str:
    """What else than its own code ended a program with that status and those last lines of its log,
    in words; empty if nothing of that kind is known.
    """
    if status == -signal.SIGKILL:
        return "killed from outside the run (SIGKILL; is memory short?)"
    if any(_TAKEN in line for line in last_words(lines, 2)):
        return "its port is taken"
    return ""
