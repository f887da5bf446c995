"""Estimates how long named pieces of work will take, from what each took in the past."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO


def estimate(names: Iterable[str], past: Mapping[str, float]) -> float | None:
    """Seconds that the named pieces take one after the other, by the seconds in ``past``.

    A piece that ``past`` lacks counts with the median. None if ``past`` is empty.
    """
    if not past:
        return None
    usual = statistics.median(past.values())
    return sum(past.get(name, usual) for name in names)


@dataclass(frozen=True)
class ExpectedTime:
    """Seconds that a piece of work is expected to take, and the pieces behind it together."""

    piece: float
    rest: float

    def left(self, elapsed: float) -> float:
        """Seconds left when the piece has been going on for ``elapsed`` seconds."""
        return max(self.piece - elapsed, 0.0) + self.rest


def expected(names: Sequence[str], past: Mapping[str, float]) -> ExpectedTime | None:
    """What to expect of the first of the named pieces and of the others (see `estimate`)."""
    piece, rest = estimate(names[:1], past), estimate(names[1:], past)
    return None if piece is None or rest is None else ExpectedTime(piece, rest)


def about(seconds: float) -> str:
    """The estimate in words, no more precise than an estimate is: ``about 3 min``."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 95:
        return f"about {round(seconds / 10) * 10} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    return f"about {minutes // 60} h {minutes % 60} min"


def rewritable(stream: TextIO) -> bool:
    """Whether to rewrite a line in place on ``stream``: on a terminal, but not in a CI job, whose
    log keeps every version of the line.
    """
    job = any(os.environ.get(name) for name in ("CI", "BUILD_NUMBER"))
    return stream.isatty() and not job and os.environ.get("TERM", "dumb") not in ("dumb", "")
