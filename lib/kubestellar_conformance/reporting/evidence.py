"""The evidence of one check, kept for a pass too: its steps with their times, its writes, the hops
of its objects, its waits.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any


def now() -> str:
    """The current time in the format of the report."""
    return timestamp(time.time())


def timestamp(seconds: float) -> str:
    """Seconds since the epoch in the format of the report: ISO 8601, UTC, milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Step:
    """One step of a story. ``seconds`` is its duration; ``outcome`` is ``done`` or ``failed``;
    ``promises`` are the ids that it names. ``error`` is what ended a failed one; the test may have
    caught it.
    """

    title: str
    depth: int
    begun: str
    promises: tuple[str, ...] = ()
    seconds: float = 0.0
    outcome: str = "done"
    error: BaseException | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "depth": self.depth,
            "begun": self.begun,
            "seconds": round(self.seconds, 3),
            "outcome": self.outcome,
            "promises": list(self.promises),
        }


@dataclass
class Note:
    """What a test saw (a JSON-like value) where no outcome is documented. ``promises``: those that
    it belongs to; empty for those of the test itself.
    """

    at: str
    what: str
    seen: Any
    promises: tuple[str, ...] = ()


@dataclass
class Evidence:
    """The evidence of one check. Writes, hops, waits and a page's blocks are JSON-like values, as
    the spaces, the waits and the reader give them. ``timeline_left_out`` counts the events beyond
    the number that is kept. ``shared_names``: objects that the test made in a shared space under a
    name not its own. ``tracebacks``: the whole tracebacks of broken checks, which the terminal does
    not show.
    """

    steps: list[Step] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    writes: list[dict[str, Any]] = field(default_factory=list)
    timeline: list[dict[str, Any]] = field(default_factory=list)
    timeline_left_out: int = 0
    waits: list[dict[str, Any]] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)
    shared_names: list[str] = field(default_factory=list)
    _open: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, title: str, promises: tuple[str, ...] = ()) -> Iterator[None]:
        """Record a step around the code inside."""
        step = Step(title, len(self._open), now(), promises)
        self.steps.append(step)
        self._open.append(step)
        begun = time.monotonic()
        try:
            yield
        except BaseException as error:
            step.outcome, step.error = "failed", error
            raise
        finally:
            self._open.remove(step)
            step.seconds = time.monotonic() - begun

    def left_by(self, error: BaseException) -> list[Step]:
        """The steps that this error, or one that it was raised from, has left; the innermost first,
        and the last first of several as deep.
        """
        errors = _origins(error)
        last_first = reversed(self.steps)
        left = [step for step in last_first if any(step.error is one for one in errors)]
        return sorted(left, key=lambda step: -step.depth)

    def guilty(self, error: BaseException) -> tuple[str, ...]:
        """The promises that are blamed for this error: those of the innermost step that it has left
        and that names any.
        """
        return next((step.promises for step in self.left_by(error) if step.promises), ())

    def note(self, what: str, seen: Any) -> None:
        """Keep what was seen, for the promises of the innermost open step that names any."""
        named = (step.promises for step in reversed(self._open) if step.promises)
        self.notes.append(Note(now(), what, seen, next(named, ())))

    def to_dict(self) -> dict[str, Any]:
        return {
            "steps": [step.to_dict() for step in self.steps],
            "notes": [asdict(note) for note in self.notes],
            "writes": self.writes,
            "timeline": self.timeline,
            "timeline_left_out": self.timeline_left_out,
            "waits": self.waits,
            "blocks": self.blocks,
            "tracebacks": self.tracebacks,
        }


def _origins(error: BaseException) -> list[BaseException]:
    """The error, those of a group, and those that any of these was raised from."""
    found = [error]
    for one in found:
        more = [*one.exceptions] if isinstance(one, BaseExceptionGroup) else []
        more += [one.__cause__] if one.__cause__ is not None else []
        found += [new for new in more if not any(new is known for known in found)]
    return found
