"""A time that the harness promises, measured on a machine that may be busy with other tests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

SECONDS = 60.0


def busy() -> float:
    """How much longer a thing may take, since this machine has other work: how many processes
    compete for a core (the load of the last minute), at least 1.
    """
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def calm_round(measure: Callable[[], float], at_most: float) -> None:
    """Measure again until a round keeps the promise, for a minute: what polls or sleeps has never
    such a round.
    """
    rounds: list[float] = []
    deadline = time.monotonic() + SECONDS
    while not rounds or rounds[-1] > at_most:
        assert time.monotonic() < deadline, f"{rounds}, promised: at most {at_most}"
        rounds.append(measure())
