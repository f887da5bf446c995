"""A run's record as the pages read it. No other module of the site knows the record's keys.

A record of a killed run lacks keys: a missing one is read as empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kubestellar_conformance.reporting.coverage import column
from kubestellar_conformance.reporting.model.evidence import EvidenceDocument
from kubestellar_conformance.reporting.nesting import demand_shallow
from kubestellar_conformance.reporting.site.evidence import Note, note

Json = Mapping[str, Any]
_REASON: Final = re.compile(r"\S+ \((?P<often>[^)]*)\): (?P<what>.*)", re.DOTALL)
"""A known deviation in a line, as `known.Entry` writes it."""


@dataclass(frozen=True)
class Requirement:
    """A promise and its state in the run. ``verdict`` is one of `coverage.COLUMNS`."""

    id: str
    area: str
    rig: str
    text: str
    verdict: str
    why: str
    tests: tuple[str, ...]
    source: str = ""
    check: str = ""


@dataclass(frozen=True)
class SeenDeviation:
    """A known deviation of the release, and how many tests of the run showed it."""

    id: str
    reason: str
    cause: str
    promises: tuple[str, ...]
    seen: int
    issue: str | None = None

    @property
    def said(self) -> str:
        """The reason without the id, under a heading that has it."""
        found = _REASON.fullmatch(self.reason)
        return f"{found['what']} ({found['often']})" if found else self.reason


@dataclass(frozen=True)
class Result:
    """The result of one test. ``seconds``: its duration; ``judged``: its verdict per promise;
    ``where``: where it stopped, in a line (older records lack it, and ``notes``).
    """

    nodeid: str
    verdict: str
    message: str
    seconds: float
    judged: Mapping[str, str]
    known: str | None
    steps: tuple[Json, ...]
    evidence: str | None
    doc: str = ""
    where: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Run:
    """A record and its place. ``complete`` is false for a run of a part of the suite, and for a
    record without an end; ``why_partial`` has the reasons.
    """

    path: Path
    release: str
    platform: str
    begun: str
    ended: str
    complete: bool
    why_partial: tuple[str, ...]
    exit_status: int | None
    requirements: tuple[Requirement, ...]
    deviations: tuple[SeenDeviation, ...]
    results: tuple[Result, ...]
    components: tuple[Json, ...]
    differences: tuple[str, ...]
    overrides: tuple[str, ...]
    harness: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Release and platform, as a column's head has them."""
        return f"{self.release} {self.platform}"

    def evidence(self, test: Result) -> Json:
        """The evidence of a test: ``writes``, ``timeline``, ``waits``, ``tracebacks``. Empty if its
        file was not written, was not copied with the record, or is cut off or damaged.
        """
        if test.evidence is None:
            return {}
        try:
            found = json.loads((self.path.parent / test.evidence).read_text(encoding="utf-8"))
            demand_shallow(found)
            EvidenceDocument.model_validate({"nodeid": test.nodeid, **found})
        except (OSError, ValueError, TypeError, RecursionError):
            return {}
        return dict(found)


def run_of(path: Path, content: Json) -> Run:
    """The run that a record describes. ``path`` is the record's file."""
    platform = content.get("platform") or {}
    ended = content.get("ended") or ""
    why = _texts((content.get("selection") or {}).get("why_partial"))
    return Run(
        path=path,
        release=content.get("release") or "unknown",
        platform=platform.get("name") or "unknown",
        begun=content.get("begun") or "",
        ended=ended,
        complete=bool(content.get("complete")) and bool(ended),
        why_partial=why if ended or why else ("the record has no end: the run was cut off",),
        exit_status=content.get("exit_status"),
        requirements=tuple(map(_requirement, content.get("promises") or ())),
        deviations=tuple(map(_deviation, content.get("known_deviations") or ())),
        results=tuple(map(_result, content.get("tests") or ())),
        components=tuple(platform.get("components") or ()),
        differences=_texts(platform.get("differences")),
        overrides=_texts(content.get("overrides")),
        harness=dict(content.get("harness") or {}),
        failure=(content.get("failure") or {}).get("message", ""),
        problems=_texts(content.get("problems")),
    )


def _texts(values: Sequence[Any] | None) -> tuple[str, ...]:
    return tuple(map(str, values or ()))


def _requirement(row: Json) -> Requirement:
    return Requirement(
        id=row["id"],
        area=row.get("area", ""),
        rig=row.get("rig", ""),
        text=row.get("requirement", ""),
        verdict=column(row),
        why=row.get("why", ""),
        tests=_texts(row.get("tests")),
        source=row.get("source", ""),
        check=row.get("check", ""),
    )


def _deviation(row: Json) -> SeenDeviation:
    return SeenDeviation(
        id=row["id"],
        reason=row.get("reason", ""),
        cause=row.get("cause", ""),
        promises=_texts(row.get("promises")),
        seen=row.get("seen", 0),
        issue=row.get("issue"),
    )


def _result(row: Json) -> Result:
    return Result(
        nodeid=row["nodeid"],
        verdict=row.get("verdict", "not run"),
        message=row.get("message", ""),
        seconds=row.get("seconds", 0.0),
        judged=row.get("judged") or {},
        known=row.get("known_deviation"),
        steps=tuple(row.get("steps") or ()),
        evidence=row.get("evidence"),
        doc=row.get("doc") or "",
        where=row.get("where") or "",
        notes=tuple(map(note, row.get("notes") or ())),
    )
