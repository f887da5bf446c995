"""A time that the harness promises, measured on a machine that may be busy with other tests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

SECONDS = 60.0


_TURN = 0.02
"""Seconds of a core that `busy` uses itself."""


def busy() -> float:
    """How much longer a thing may take, since this machine has other work, at least 1: how many
    processes compete for a core (the load of the last minute), or how long this thread waits now
    for a turn of its own, where that is more. The latter also shows a container's share of a core.
    """
    began, used = time.monotonic(), time.thread_time()
    while (turn := time.thread_time() - used) < _TURN:
        pass
    waiting = (time.monotonic() - began) / turn
    return max(1.0, waiting, os.getloadavg()[0] / (os.cpu_count() or 1))


def calm_round(measure: Callable[[], float], at_most: float) -> None:
    """Measure again until a round keeps the promise, or as much longer as a busy machine needs, for
    a minute: what polls or sleeps has never such a round.
    """
    rounds: list[float] = []
    deadline = time.monotonic() + SECONDS
    while not rounds or rounds[-1] > at_most * busy():
        assert time.monotonic() < deadline, f"{rounds}, promised: at most {at_most}"
        rounds.append(measure())
