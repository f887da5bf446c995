"""A test as a story in reader's order: goal, spaces, steps with their writes and results, teardown,
timeline, and for a failure where the path stopped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kubestellar_conformance.reporting.site import evidence as read
from kubestellar_conformance.reporting.site.catalogue import Texts
from kubestellar_conformance.reporting.site.columns import Column
from kubestellar_conformance.reporting.site.evidence import Block, Evidence, Note, Step, Wait, Write
from kubestellar_conformance.reporting.site.kubectl import ByHand, by_hand, removal
from kubestellar_conformance.reporting.site.naming import ShortNames
from kubestellar_conformance.reporting.site.picture import Picture, picture
from kubestellar_conformance.reporting.site.record import Result, SeenDeviation
from kubestellar_conformance.reporting.site.spaces import places
from kubestellar_conformance.reporting.site.stopped import Stopped, stopped
from kubestellar_conformance.reporting.site.timeline import Timeline, timeline

_ACRONYM: Final = re.compile(
    r"\b(wec|wds|crd|api|(?<=\bthe )its|(?<=\ban )its|its(?=es))((?:e?s)?)\b"
)
"""Acronyms in the names of tests; ``its`` is one where it cannot be the pronoun."""
_PRODUCTS: Final = {"argo cd": "Argo CD", "kubestellar": "KubeStellar", "git": "Git"}
_PRODUCT: Final = re.compile(rf"\b({'|'.join(_PRODUCTS)})\b")
_SLACK: Final = 0.002
"""Seconds by which a rounded time may lie outside its step."""


@dataclass(frozen=True)
class StoryPart:
    """A step with the writes, waits, notes and blocks of a page inside; without a step: before the
    first, or after the last.
    """

    step: Step | None
    number: int
    writes: tuple[tuple[Write, ByHand], ...]
    waits: tuple[Wait, ...]
    blocks: tuple[Block, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Story:
    """``unplaced``: waits of an older record, which does not say when they began. ``removals``: the
    commands that remove what the story left. ``failure``: None unless the test has a message.
    """

    result: Result
    title: str
    goal: str
    before: StoryPart
    parts: tuple[StoryPart, ...]
    after: StoryPart
    unplaced: tuple[Wait, ...]
    removals: tuple[str, ...]
    names: ShortNames
    picture: Picture
    timeline: Timeline | None
    failure: Stopped | None
    known: SeenDeviation | None
    evidence: Evidence
    recorded: bool

    @property
    def where(self) -> str:
        """Where it stopped, in a line; empty if nothing is known of it."""
        if self.result.where:
            return self.names.short(self.result.where).removeprefix("stopped at ")
        if self.failure is None:
            return ""
        stops = (f"{hop.name} in {hop.space}" for hop in self.failure.hops if hop.mark == "STOP")
        return next(stops, self.failure.headline)


def story(column: Column, result: Result, texts: Texts) -> Story:
    """The story of one test of a run."""
    content = column.run.evidence(result)
    evidence = Evidence.read(content)
    names = ShortNames(write.object for write in evidence.writes)
    steps = [read.step(row) for row in result.steps]
    found = places(evidence, names)
    parts = [
        _part(step, number, steps, evidence, names, result.notes)
        for number, step in enumerate(steps, 1)
    ]
    known = (entry for entry in column.run.deviations if entry.id == result.known)
    return Story(
        result=result,
        title=title(result.nodeid),
        goal=result.doc or texts.doc(result.nodeid),
        before=_part(None, 0, steps, evidence, names, result.notes),
        parts=tuple(parts),
        after=_part(None, -1, steps, evidence, names, result.notes),
        unplaced=tuple(wait for wait in evidence.waits if not wait.at),
        removals=tuple(_removals(evidence, names)),
        names=names,
        picture=picture(found),
        timeline=timeline(evidence, steps, found, names),
        failure=stopped(result.message).reworded(names.short) if result.message else None,
        known=next(known, None),
        evidence=evidence,
        recorded=bool(content),
    )


def title(nodeid: str) -> str:
    """The name of a test in words."""
    name, bracket, row = nodeid.rpartition("::")[2].partition("[")
    words = with_names(name.removeprefix("test_").replace("_", " "))
    words = words[:1].upper() + words[1:].replace(" s ", "'s ")
    return f"{words}: {row.removesuffix(']')}" if bracket else words


def with_names(words: str) -> str:
    """The words of an identifier, with acronyms and the names of products as they are written."""
    return _PRODUCT.sub(lambda found: _PRODUCTS[found[0]], _ACRONYM.sub(_capital, words))


def _capital(found: re.Match[str]) -> str:
    return found[1].upper() + found[2]


def _part(
    step: Step | None,
    number: int,
    steps: Sequence[Step],
    evidence: Evidence,
    names: ShortNames,
    notes: Sequence[Note],
) -> StoryPart:
    writes = [write for write in evidence.writes if _place(write.at, steps) == number]
    waits = [wait for wait in evidence.waits if wait.at and _place(wait.at, steps) == number]
    shown = tuple((write, by_hand(write, names)) for write in writes)
    blocks = [block for block in evidence.blocks if _place(block.at, steps) == number]
    noted = [note for note in notes if _place(note.at, steps) == number]
    return StoryPart(step, number, shown, tuple(waits), tuple(blocks), tuple(noted))


def _place(at: float, steps: Sequence[Step]) -> int:
    """The number of the innermost step at that time; 0 before the first, -1 after the last."""
    inside = [
        number
        for number, step in enumerate(steps, 1)
        if step.at - _SLACK <= at <= step.at + step.seconds + _SLACK
    ]
    if inside:
        return inside[-1]
    begun = [number for number, step in enumerate(steps, 1) if step.at <= at]
    if not begun:
        return 0
    return -1 if len(begun) == len(steps) else begun[-1]


def _removals(evidence: Evidence, names: ShortNames) -> list[str]:
    left: dict[tuple[str, str], Write] = {}
    for write in evidence.writes:
        if write.verb == "delete":
            left.pop((write.space, write.object), None)
        elif write.verb in ("apply", "create") and write.outcome == "done":
            left.setdefault((write.space, write.object), write)
    return [removal(write, names) for write in reversed(left.values())]
