"""Records every wait of a test, also one that passed: its contract, its duration, and the states
seen meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from kubestellar_conformance.spaces import System
from kubestellar_conformance.spaces.record import wall_time
from kubestellar_conformance.waiting import Waiting, WaitRecord

_MOST_SEEN = 20
"""The number of changes kept per wait and space: the last ones."""


@contextmanager
def told_waits(system: System) -> Iterator[list[WaitRecord]]:
    """Collect the waits that end inside."""
    told: list[WaitRecord] = []
    waits = system.waits
    if not isinstance(waits, Waiting):
        yield told  # the spaces of this system cannot wait
        return
    waits.listeners.append(told.append)
    try:
        yield told
    finally:
        waits.listeners.remove(told.append)


def to_dict(wait: WaitRecord) -> dict[str, Any]:
    """A wait as evidence. ``at`` is the time of day of its begin, other times are in seconds;
    ``seen`` has, per space, each state and its begin.
    """
    began = wall_time(wait.began)
    return {
        "at": datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds"),
        "verb": wait.verb,
        "subject": wait.subject,
        "expected": wait.expected,
        "contract": wait.contract,
        "allowed": round(wait.allowed, 3),
        "taken": round(wait.taken, 3),
        "outcome": wait.outcome,
        "seen": {
            space: [[round(at, 3), text] for at, text in seen[-_MOST_SEEN:]]
            for space, seen in wait.seen.items()
        },
    }
