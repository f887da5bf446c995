"""The runs of a site, in the order of their columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from kubestellar_conformance.reporting.site.record import Requirement, Result, Run, SeenDeviation

_VERSION = re.compile(r"\d+")


@dataclass(frozen=True)
class Column:
    """A run, its head in tables, and the folder of its own pages. ``counts``: the number of
    requirements by verdict, per area and for ``all``.
    """

    run: Run
    head: str
    folder: str
    by_id: dict[str, Requirement]
    counts: dict[str, dict[str, int]]
    results: dict[str, Result]

    def area_of(self, known: SeenDeviation) -> str:
        """The area of a known deviation: that of the first of its promises in the run; empty if
        the run has none of them.
        """
        found = (self.by_id[name].area for name in known.promises if name in self.by_id)
        return next(found, "")

    @property
    def known_by_area(self) -> dict[str, int]:
        """By area, the number of known deviations that the run showed."""
        seen = Counter(self.area_of(entry) for entry in self.run.deviations if entry.seen)
        return dict(sorted(seen.items()))


def columns(runs: Iterable[Run]) -> list[Column]:
    """A column per run, by release, platform and time. Of several runs of one release on one
    platform all but the first have a number.
    """
    used: dict[str, int] = {}
    found = []
    for run in sorted(runs, key=lambda run: (_version(run.release), run.platform, run.begun)):
        used[run.name] = number = used.get(run.name, 0) + 1
        head = run.name if number == 1 else f"{run.name} ({number})"
        found.append(
            Column(
                run=run,
                head=head,
                folder=slug(head) or "run",
                by_id={row.id: row for row in run.requirements},
                counts=_counts(run),
                results={result.nodeid: result for result in run.results},
            )
        )
    return found


def slug(text: str) -> str:
    """A text as a part of a file's name and of an address."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")


def _version(release: str) -> tuple[int, ...]:
    return tuple(map(int, _VERSION.findall(release)))


def _counts(run: Run) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in run.requirements:
        for name in (row.area, "all"):
            area = found.setdefault(name, {"promises": 0})
            area["promises"] += 1
            area[row.verdict] = area.get(row.verdict, 0) + 1
    return found
