"""The evidence of one test as the pages read it. Times are in seconds since the epoch; 0 where the
record has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Write:
    """A write to a space. ``object``: its kind, namespace and name; ``body``: what was sent."""

    at: float
    space: str
    verb: str
    object: str
    outcome: str
    body: Json | None


@dataclass(frozen=True)
class Event:
    """An event of an object in a space: ``ADDED``, ``MODIFIED`` or ``DELETED``."""

    at: float
    space: str
    verb: str
    object: str
    uid: str


@dataclass(frozen=True)
class Wait:
    """A wait for an expectation. ``seen``: per space, the states and when each began, in seconds
    after the wait's begin.
    """

    at: float
    verb: str
    subject: str
    expected: str
    contract: str
    allowed: float
    taken: float
    outcome: str
    seen: Mapping[str, list[tuple[float, str]]]


@dataclass(frozen=True)
class Step:
    """A step of the story."""

    at: float
    title: str
    depth: int
    seconds: float
    outcome: str
    promises: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A shell block of a documentation page, run as it stands; see `model.evidence.Block`."""

    at: float
    page: str
    line: int
    text: str
    says: str
    result: str
    why: str
    findings: tuple[str, ...]
    output: str
    tries: int


@dataclass(frozen=True)
class Note:
    """What was seen, a JSON value, where no outcome is documented."""

    at: float
    what: str
    seen: Any
    promises: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """Everything that the record has of a test. ``left_out``: events that it does not have."""

    writes: tuple[Write, ...]
    events: tuple[Event, ...]
    waits: tuple[Wait, ...]
    left_out: int
    tracebacks: tuple[str, ...]
    blocks: tuple[Block, ...] = ()

    @classmethod
    def read(cls, content: Json) -> Evidence:
        """From the content of the test's file, in which any key may be missing."""
        events = sorted(map(_event, content.get("timeline") or ()), key=lambda event: event.at)
        return cls(
            writes=tuple(map(_write, content.get("writes") or ())),
            events=tuple(events),
            waits=tuple(map(_wait, content.get("waits") or ())),
            left_out=content.get("timeline_left_out") or 0,
            tracebacks=tuple(content.get("tracebacks") or ()),
            blocks=tuple(map(_block, content.get("blocks") or ())),
        )


def step(row: Json) -> Step:
    """A step of a test's result."""
    return Step(
        at=_time(row.get("begun")),
        title=row.get("title", ""),
        depth=row.get("depth", 0),
        seconds=row.get("seconds", 0.0),
        outcome=row.get("outcome", ""),
        promises=tuple(row.get("promises") or ()),
    )


def note(row: Json) -> Note:
    """A note of a test's result."""
    return Note(
        at=_time(row.get("at")),
        what=row.get("what", ""),
        seen=row.get("seen"),
        promises=tuple(row.get("promises") or ()),
    )


def _write(row: Json) -> Write:
    place = (row.get("space", ""), row.get("verb", ""), row.get("object", ""))
    return Write(_time(row.get("at")), *place, row.get("outcome", ""), row.get("body"))


def _event(row: Json) -> Event:
    place = (row.get("space", ""), row.get("verb", ""), row.get("object", ""))
    return Event(_time(row.get("at")), *place, row.get("uid", ""))


def _wait(row: Json) -> Wait:
    seen = row.get("seen") or {}
    return Wait(
        at=_time(row.get("at")),
        verb=row.get("verb", ""),
        subject=row.get("subject", ""),
        expected=row.get("expected", ""),
        contract=row.get("contract", ""),
        allowed=row.get("allowed", 0.0),
        taken=row.get("taken", 0.0),
        outcome=row.get("outcome", ""),
        seen={space: [(at, text) for at, text in states] for space, states in seen.items()},
    )


def _block(row: Json) -> Block:
    return Block(
        at=_time(row.get("at")),
        page=row.get("page", ""),
        line=row.get("line", 0),
        text=row.get("text", ""),
        says=row.get("says", ""),
        result=row.get("result", ""),
        why=row.get("why", ""),
        findings=tuple(row.get("findings") or ()),
        output=row.get("output", ""),
        tries=row.get("tries", 0),
    )


def _time(text: str | None) -> float:
    try:
        return datetime.fromisoformat(text or "").timestamp()
    except (ValueError, OverflowError):
        return 0.0
