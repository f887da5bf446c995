"""A time that the harness promises, measured on a machine that may be busy with other tests."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 60.0


def calm_round(measure: Callable[[], float], at_most: float) -> None:
    """Measure again until a round keeps the promise, for a minute: what polls or sleeps has never
    such a round.
    """
    rounds: list[float] = []
    deadline = time.monotonic() + SECONDS
    while not rounds or rounds[-1] > at_most:
        assert time.monotonic() < deadline, f"{rounds}, promised: at most {at_most}"
        rounds.append(measure())
