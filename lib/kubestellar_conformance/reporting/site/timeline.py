"""The timeline of a story: which object appeared where, and how long after the write that caused
it. The template draws it; here is where everything lies, in units of the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kubestellar_conformance.reporting.site.evidence import Event, Evidence, Step
from kubestellar_conformance.reporting.site.naming import ShortNames
from kubestellar_conformance.reporting.site.spaces import Place

LEFT, PLOT, RIGHT, ROW, TOP = 330, 450, 80, 22, 46
_MOST: Final = 40
"""Rows drawn; a story of an example has about twenty."""
_LETTERS: Final = 42
_STEPS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
"""Seconds between two marks of the axis."""


@dataclass(frozen=True)
class Life:
    """An object in a space. ``after``: milliseconds from the last write before it appeared.
    ``seconds`` since the story's begin, ``gone`` None if it stayed; ``x``, ``end``, ``changes``,
    ``y``: in the drawing.
    """

    object: str
    label: str
    space: str
    role: str
    seconds: float
    after: int
    gone: float | None
    x: float
    end: float
    changes: tuple[float, ...]
    y: float


@dataclass(frozen=True)
class Timeline:
    """``heads``: the name, role and y of each space. ``marks``: of the axis, as (x, text).
    ``writes``: where the story wrote. ``bands``: of the steps, as (x, width, number). ``left_out``:
    objects that are not drawn.
    """

    lives: tuple[Life, ...]
    heads: tuple[tuple[str, str, float], ...]
    marks: tuple[tuple[float, str], ...]
    writes: tuple[float, ...]
    bands: tuple[tuple[float, float, int], ...]
    left_out: int

    @property
    def height(self) -> float:
        return TOP + ROW * (len(self.lives) + len(self.heads)) + 8

    @property
    def width(self) -> float:
        return LEFT + PLOT + RIGHT


def timeline(
    evidence: Evidence, steps: Sequence[Step], found: Sequence[Place], names: ShortNames
) -> Timeline | None:
    """Draw the events of a story; None if the record has none."""
    if not evidence.events:
        return None
    writes = [write.at for write in evidence.writes]
    begin = min([event.at for event in evidence.events] + writes)
    end = max(event.at for event in evidence.events)
    scale = _Scale(begin, max(end - begin, 0.001))
    roles = {place.name: (number, place.role) for number, place in enumerate(found)}
    lives = [life for life in _lives(evidence.events) if life[0].verb != "DELETED"]
    lives.sort(key=lambda life: (roles[life[0].space][0], life[0].at))
    rows: list[Life] = []
    heads: list[tuple[str, str, float]] = []
    for events in lives[:_MOST]:
        space = events[0].space
        if not rows or rows[-1].space != space:
            heads.append((space, roles[space][1], TOP + ROW * (len(rows) + len(heads)) + ROW / 2))
        y = TOP + ROW * (len(rows) + len(heads)) + ROW / 2
        rows.append(_life(events, writes, scale, roles[space][1], y, names))
    bands = [
        (scale.x(step.at), max(scale.x(step.at + step.seconds) - scale.x(step.at), 1), number)
        for number, step in enumerate(steps, 1)
        if step.depth == 0 and step.at
    ]
    shown = [scale.x(at) for at in writes]
    return Timeline(
        lives=tuple(rows),
        heads=tuple(heads),
        marks=scale.marks(),
        writes=tuple(shown),
        bands=tuple(bands),
        left_out=len(lives) - len(rows),
    )


@dataclass(frozen=True)
class _Scale:
    begin: float
    length: float

    def x(self, at: float) -> float:
        return round(LEFT + PLOT * min(max((at - self.begin) / self.length, 0), 1), 1)

    def marks(self) -> tuple[tuple[float, str], ...]:
        step = next((step for step in _STEPS if self.length / step <= 6), self.length / 4)
        count = int(self.length / step) + 1
        return tuple((self.x(self.begin + n * step), f"{n * step:g} s") for n in range(count))


def _lives(events: Sequence[Event]) -> list[list[Event]]:
    found: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        found.setdefault((event.space, event.object, event.uid), []).append(event)
    return list(found.values())


def _life(
    events: Sequence[Event],
    writes: Sequence[float],
    scale: _Scale,
    role: str,
    y: float,
    names: ShortNames,
) -> Life:
    first, last = events[0], events[-1]
    gone = last.at if last.verb == "DELETED" else None
    cause = max((at for at in writes if at <= first.at), default=scale.begin)
    label = names.short(first.object)
    return Life(
        object=label,
        label=label if len(label) <= _LETTERS else f"{label[: _LETTERS - 1]}…",
        space=first.space,
        role=role,
        seconds=round(first.at - scale.begin, 3),
        after=round((first.at - cause) * 1000),
        gone=None if gone is None else round(gone - scale.begin, 3),
        x=scale.x(first.at),
        end=LEFT + PLOT if gone is None else scale.x(gone),
        changes=tuple(scale.x(event.at) for event in events[1:] if event.verb == "MODIFIED"),
        y=y,
    )
