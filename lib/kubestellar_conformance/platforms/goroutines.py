"""The goroutines of a controller that wait for a lock, from what its pprof endpoint serves
(``/debug/pprof/goroutine?debug=2``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_HEAD: Final = re.compile(r"goroutine (\d+) \[(sync\.(?:RW)?Mutex\.R?Lock)[^\]]*\]:")
_OWN: Final = "github.com/kubestellar/kubestellar/"
_RECEIVER: Final = re.compile(r"\(\*?(\w+)(?:\[[^\]]*\])?\)\.")
_PLACE: Final = re.compile(r"([^/\s]+\.go:\d+)")
_FRAMES = 2


@dataclass(frozen=True)
class Waiter:
    """A goroutine that waits for a lock.

    ``lock`` is the call that waits, ``sync.RWMutex.RLock`` for example; ``frames`` are the
    innermost functions of KubeStellar's own that it is in, with file and line.
    """

    goroutine: int
    lock: str
    frames: tuple[str, ...]

    def __str__(self) -> str:
        return f"{' called by '.join(self.frames)} waits in {self.lock}"


def waiters(dump: str) -> Iterator[Waiter]:
    """The goroutines that wait for a lock in KubeStellar's own code."""
    for block in dump.split("\n\n"):
        lines = block.strip().splitlines()
        head = _HEAD.fullmatch(lines[0]) if lines else None
        if head and (frames := _own_frames(lines[1:])):
            yield Waiter(int(head[1]), head[2], tuple(frames[:_FRAMES]))


def _own_frames(lines: list[str]) -> list[str]:
    """A frame is two lines: the function with its arguments, and its place."""
    found = []
    for function, place in pairwise(lines):
        at = _PLACE.search(place)
        if function.startswith(_OWN) and at:
            name = _RECEIVER.sub(r"\1.", function.rpartition("/")[2].rpartition("(")[0])
            found.append(f"{name} ({at[1]})")
    return found
