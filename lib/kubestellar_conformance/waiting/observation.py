"""A condition under observation in one space: judged at each event, with a history of what was
seen.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from kubestellar_conformance.conditions.base import Condition, Judgement, Scope
from kubestellar_conformance.spaces.feed import NOT_LISTED, Feed
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System

LONGEST_HISTORY = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """A state seen from ``at`` (monotonic clock, seconds) until the next."""

    at: float
    ok: bool
    text: str


class Observation:
    """Judges in the feeds' threads, so that it misses no state; read it with the record's lock
    held, and `close` it.
    """

    def __init__(
        self, system: System, space: Space, condition: Condition, unchanged_for: float = 0.0
    ) -> None:
        """``unchanged_for``: seconds for which the judged state has to stay the same to be ok."""
        self.space = space
        self.scope = Scope(system, space)
        self.condition = condition
        self.judgement = Judgement(False, "not looked at yet")
        self.history: list[Seen] = []
        self.contradiction: Seen | None = None
        """The first time that it did not hold after `hold_from_now`."""
        self.error: Exception | None = None
        self._held = False
        self._unchanged_for, self._changed = unchanged_for, time.monotonic()
        self._own = [space.watch(kind) for kind in condition.kinds()]
        self._feeds: list[Feed] = self._own + [
            other.watch(kind) for other, kind in condition.others(self.scope)
        ]
        self._record = system.record
        with self._record.changed:
            self._record.observe(self._on)
            self._judge()

    @property
    def live(self) -> bool:
        """Whether the judged state is the API server's present one."""
        return all(feed.live for feed in self._own)

    @property
    def ready(self) -> bool:
        """Whether the condition can be judged: every feed has been listed, and those of the space
        are live.
        """
        return self.live and all(feed.synced for feed in self._feeds)

    @property
    def unlisted(self) -> bool:
        """Whether a feed is so new that it has received nothing yet, not even that its API server
        is away.
        """
        return any(feed.problem == NOT_LISTED for feed in self._feeds)

    @property
    def ok(self) -> bool:
        return self.ready and self.judgement.ok and self.calm_in <= 0

    @property
    def calm_in(self) -> float:
        """Seconds until the judged state has been the same for long enough, unless it changes."""
        return self._changed + self._unchanged_for - time.monotonic()

    @property
    def problem(self) -> str | None:
        return next((feed.problem for feed in self._own if not feed.live), None)

    def hold_from_now(self) -> None:
        """Note the first contradiction from here on. "The same" refers to the present state."""
        with self._record.changed:
            if self.judgement.ok:
                self.condition = self.condition.settled(self.scope)
            self._held = True
            self._judge()

    def refresh(self) -> None:
        """Bring the feeds of the space up to what its API server has now: the objects that the
        condition names, and all of a kind of which it names none.
        """
        refs = self.condition.refs
        self.space.refresh(refs)
        for kind in set(self.condition.kinds()) - {ref.kind for ref in refs}:
            self.space.watch(kind).refresh()

    def close(self) -> None:
        self._record.forget(self._on)

    def concerned(self, event: Event | None, feed: Feed) -> bool:
        """Whether the event, or what became of the feed, can change the judgement."""
        return feed in self._feeds and (event is None or self.condition.concerns(event))

    def _on(self, event: Event | None, feed: Feed) -> None:
        if self.concerned(event, feed):
            self._judge()

    def _judge(self) -> None:
        if not self.ready:
            waiting_for = next(
                feed
                for feed in self._feeds
                if not (feed.live if feed in self._own else feed.synced)
            )
            if waiting_for.problem != NOT_LISTED:
                self._see(
                    Seen(
                        time.monotonic(),
                        False,
                        f"not known ({waiting_for.space}: {waiting_for.problem})",
                    )
                )
            return
        before = self.judgement.state
        try:
            self.judgement = self.condition.check(self.scope)
        except Exception as problem:  # it must reach the test, not end the thread of a feed
            self.error = self.error or problem
            return
        if self.judgement.state != before:
            self._changed = time.monotonic()
        seen = Seen(time.monotonic(), self.judgement.ok, self.judgement.saw)
        if self._held and not seen.ok and self.contradiction is None:
            self.contradiction = seen
        self._see(seen)

    def _see(self, seen: Seen) -> None:
        last = self.history[-1] if self.history else None
        if (last is None or (last.ok, last.text) != (seen.ok, seen.text)) and len(
            self.history
        ) < LONGEST_HISTORY:
            self.history.append(seen)
