"""How far the start of a platform has come: a note in the run's folder.

The process that starts the platform writes it. With pytest-xdist another process shows it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.common.layout import RunFolder


@dataclass(frozen=True)
class Starting:
    """A start that is under way. ``waiting``: what it waits for, the longest awaited first."""

    done: int
    steps: int
    waiting: Sequence[str]

    def __str__(self) -> str:
        head = f"starting the platform: {self.done} of {self.steps} steps"
        if not self.waiting:
            return head
        more = f" +{len(self.waiting) - 1}" if len(self.waiting) > 1 else ""
        return f"{head}, waiting for {self.waiting[0]}{more}"


def note(folder: RunFolder, starting: Starting) -> None:
    """Write down how far the start is. A start goes on where that fails, on a full disk, say."""
    with suppress(OSError):
        write_private_json(folder.starting_file, asdict(starting))


def forget(folder: RunFolder) -> None:
    """Note that no start is under way any more."""
    with suppress(OSError):
        folder.starting_file.unlink(missing_ok=True)


def under_way(folder: RunFolder) -> Starting | None:
    """The start that a process of this run has noted; None if none is under way."""
    try:
        return Starting(**json.loads(folder.starting_file.read_text(encoding="utf-8")))
    except OSError:
        return None
