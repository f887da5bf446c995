"""Which tests of a run are running, and about how long the others will take."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from kubestellar_conformance.time_left import estimate

_TELLS = 20.0
"""Seconds of past tests that have to be over before this run's pace is compared with the past."""
_MOST_CHANGE = 4.0


class Pace:
    """The pace of one run. ``past``: seconds that tests took earlier, those of other suites too.
    ``at_once``: the number of tests that run at the same time.
    """

    def __init__(self, tests: Collection[str], past: Mapping[str, float], at_once: int) -> None:
        self._past = {test: past[test] for test in tests if test in past}
        self._ahead = dict.fromkeys(tests)
        self._begun: dict[str, float] = {}
        self._at_once = at_once
        self._took = self._usual = 0.0

    def begin(self, test: str) -> None:
        """The test starts now."""
        self._ahead.pop(test, None)
        self._begun[test] = time.monotonic()

    def end(self, test: str) -> None:
        """The test is over now."""
        self._ahead.pop(test, None)
        begun = self._begun.pop(test, None)
        if begun is not None and test in self._past:
            self._took += time.monotonic() - begun
            self._usual += self._past[test]

    def running(self) -> list[tuple[str, float]]:
        """The tests that are running, with their seconds so far, the oldest first."""
        now = time.monotonic()
        begun = list(self._begun.items())  # at once: the thread that draws asks meanwhile
        return [(test, now - since) for test, since in begun]

    def left(self) -> float | None:
        """About how many seconds are left; None if nothing is known of these tests, or nothing is
        left.
        """
        ahead = estimate(list(self._ahead), self._past)
        if ahead is None or not (self._ahead or self._begun):
            return None
        change = self._change()
        current = [
            max((estimate([test], self._past) or 0.0) * change - seconds, 0.0)
            for test, seconds in self.running()
        ]
        return max((ahead * change + sum(current)) / self._at_once, *current, 0.0)

    def _change(self) -> float:
        """How much slower than in the past the tests of this run are."""
        if self._usual < _TELLS:
            return 1.0
        return min(max(self._took / self._usual, 1 / _MOST_CHANGE), _MOST_CHANGE)
