"""The picture of a story's spaces: boxes in rows by role, and the way between them. The template
draws it; here is where everything lies, in units of the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from kubestellar_conformance.reporting.site.spaces import ROLES, Place

WIDTH: Final = 420
_GAP, _ROW_GAP, _LINE, _HEAD, _PAD = 16, 44, 18, 50, 12
_PER_ROW: Final = 2
_MOST: Final = 4
"""Objects named in one box."""
_LETTER: Final = 7.4
"""Width of a letter of the objects' font, rounded up."""


@dataclass(frozen=True)
class Box:
    """A space. ``lines``: its objects, cut to the width of the box."""

    x: float
    y: float
    width: float
    height: float
    name: str
    role: str
    meaning: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """``arrows``: from one row of boxes to those of the next that get objects, as (x, y of its
    begin, y of its end).
    """

    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[tuple[float, float, float], ...]

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def words(self) -> str:
        """The picture for those who do not see it."""
        said = [
            f"{box.name}, {box.meaning}, with {', '.join(box.lines) or 'no object of the story'}"
            for box in self.boxes
        ]
        return "; then ".join(said)


def picture(found: Sequence[Place]) -> Picture:
    """Arrange the spaces, which are in order of their roles."""
    boxes: list[Box] = []
    y = 1.0
    for _, group in groupby(found, key=lambda place: place.role):
        row = list(group)
        for first in range(0, len(row), _PER_ROW):
            some = row[first : first + _PER_ROW]
            boxes += _row(some, y, min(len(row), _PER_ROW))
            y += boxes[-1].height + (_ROW_GAP if first + _PER_ROW >= len(row) else _GAP)
    return Picture(max(y - _ROW_GAP, 0) + 1, tuple(boxes), tuple(_arrows(boxes)))


def _row(row: Sequence[Place], y: float, among: int) -> list[Box]:
    width = (WIDTH - 2 - _GAP * (among - 1)) / among
    height = _HEAD + _LINE * max(min(len(place.objects), _MOST + 1) for place in row) + _PAD
    return [
        Box(
            x=1 + number * (width + _GAP),
            y=y,
            width=width,
            height=height,
            name=place.name,
            role=place.role,
            meaning=ROLES[place.role],
            lines=tuple(_lines(place, int((width - 2 * _PAD) / _LETTER))),
        )
        for number, place in enumerate(row)
    ]


def _lines(place: Place, letters: int) -> list[str]:
    more = len(place.objects) - _MOST
    shown = place.objects if more <= 1 else place.objects[:_MOST]
    lines = [line if len(line) <= letters else f"{line[: letters - 1]}…" for line in shown]
    return [*lines, f"and {more} more"] if more > 1 else lines


def _arrows(boxes: Sequence[Box]) -> list[tuple[float, float, float]]:
    rows = [list(group) for _, group in groupby(boxes, key=lambda box: box.role)]
    found = []
    for above, below in pairwise(rows):
        bottom = above[-1].y + above[-1].height
        first = [box for box in below if box.y == below[0].y and box.lines]
        found += [(box.x + box.width / 2, bottom, below[0].y) for box in first]
    return found
