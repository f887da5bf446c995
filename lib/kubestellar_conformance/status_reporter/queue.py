"""A queue of keys to work on; a key whose work failed comes back after an exponential back-off."""

from __future__ import annotations

from typing import Generic, TypeVar

FIRST_SECONDS = 0.005
LONGEST_SECONDS = 1000.0

K = TypeVar("K")


class RetryQueue(Generic[K]):
    """Holds each key once, however often it is added. All times are those of `time.monotonic`.

    Not safe for several threads: the caller holds its lock around every call.
    """

    def __init__(self) -> None:
        self._due: dict[K, None] = {}  # in the order in which they were added
        self._later: dict[K, float] = {}
        self._failures: dict[K, int] = {}

    def add(self, key: K) -> None:
        """Make ``key`` due now, also one that waits to be retried."""
        self._later.pop(key, None)
        self._due[key] = None

    def take(self, now: float) -> K | None:
        """The key that has been due longest, which is no longer in the queue then; None if none is
        due at ``now``.
        """
        for waiting in [key for key, at in self._later.items() if at <= now]:
            self.add(waiting)
        key = next(iter(self._due), None)
        if key is not None:
            del self._due[key]
        return key

    def failed(self, key: K, now: float) -> int:
        """The work on ``key`` failed: retry it 5 ms later, twice as late each further time.

        A key that was added during the work stays due now. Returns the failures in a row.
        """
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        if key not in self._due:
            doubled = min(failures - 1, 30)  # a float overflows at some power of two
            self._later[key] = now + min(FIRST_SECONDS * 2**doubled, LONGEST_SECONDS)
        return failures

    def done(self, key: K) -> None:
        """The work on ``key`` succeeded: its next failure counts as its first."""
        self._failures.pop(key, None)

    def next_at(self) -> float | None:
        """When the next key that waits becomes due; None if none waits."""
        return min(self._later.values(), default=None)
