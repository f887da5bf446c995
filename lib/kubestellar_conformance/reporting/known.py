"""Known deviations: the promises that a release is known to break.

One YAML list per release and area, ``<release>/<area>.yaml``. An entry keeps the expectation in
force: its tests still run, and the gate is red when one of them begins to conform. The exception is
a race (``intermittent``), of which neither outcome is news.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.promises import Promises
from kubestellar_conformance.reporting.yamlfile import Row, read_rows

_RATE = re.compile(r"(\d+)/(\d+)")
_TEXTS = ("id", "expected", "seen", "cause", "rate")
_EVERYWHERE = "../*"
_FIELDS = {*_TEXTS, "tests", "promises", "intermittent", "matches", "since", "issue"}


@dataclass(frozen=True)
class KnownDeviation:
    """One entry of a list.

    ``tests``: node ids relative to the root folder (the file has them relative to the area's
    folder), where ``*`` stands for any text and a name without ``[...]`` means all its parameters.
    ``rate``: how often the deviation was seen, for example ``10/10``. ``matches``: a regular
    expression that must match in the failure's message, so that another failure of the same test is
    still a new deviation; None accepts any. ``cause``: where the product's source and log show it.
    ``since``: the first release that has it; ``issue``: where it is reported.
    """

    id: str
    tests: tuple[str, ...]
    promises: tuple[str, ...]
    expected: str
    seen: str
    cause: str
    rate: str
    intermittent: bool = False
    matches: str | None = None
    since: str | None = None
    issue: str | None = None
    everywhere: bool = False
    """Whether it can show in any test of the suite (``tests: ["../*"]``). Such an entry is about
    failures by their message alone.
    """
    where: str = field(default="", compare=False)
    """Its place: file and line."""

    def covers(self, nodeid: str) -> bool:
        """Whether the entry applies to that test."""
        return any(_pattern(test).fullmatch(nodeid) for test in self.tests)

    def explains(self, message: str) -> bool:
        """Whether the entry describes a failure with this message."""
        return self.matches is None or re.search(self.matches, message) is not None

    def facts(self) -> dict[str, Any]:
        """The entry as a record has it, but for how many tests showed it."""
        return {
            "id": self.id,
            "reason": self.reason,
            "expected": self.expected,
            "observed": self.seen,
            "cause": self.cause,
            "since": self.since,
            "issue": self.issue,
            "intermittent": self.intermittent,
            "promises": list(self.promises),
        }

    @property
    def reason(self) -> str:
        """One line for a report."""
        kind = "intermittent, " if self.intermittent else ""
        return f"{self.id} ({kind}seen {self.rate}): expected {self.expected}; seen {self.seen}"


@dataclass(frozen=True)
class KnownDeviations:
    """The known deviations of one release."""

    release: str
    entries: tuple[KnownDeviation, ...] = ()

    def __iter__(self) -> Iterator[KnownDeviation]:
        return iter(self.entries)

    def of(self, nodeid: str) -> KnownDeviation | None:
        """The first entry that names the test."""
        return next(
            (one for one in self.entries if not one.everywhere and one.covers(nodeid)), None
        )

    def anywhere(self, message: str) -> KnownDeviation | None:
        """The first entry that explains a failure with this message, whichever test shows it."""
        return next((one for one in self.entries if one.everywhere and one.explains(message)), None)

    def stale(self, nodeids: Iterable[str]) -> list[tuple[KnownDeviation, str]]:
        """Pairs of an entry and its pattern that no test of the whole suite matches."""
        ids = list(nodeids)
        return [
            (entry, test)
            for entry in self.entries
            for test in entry.tests
            if not any(_pattern(test).fullmatch(nodeid) for nodeid in ids)
        ]


def releases(folder: Path) -> list[str]:
    """The releases that have lists."""
    return sorted(path.name for path in folder.glob("*") if path.is_dir())


def load_known(
    folder: Path, release: str, promises: Promises, *, suite: str, must_exist: bool
) -> KnownDeviations:
    """Read the lists of one release (``0.30.0`` or ``v0.30.0``), one file per area.

    ``suite``: the folder of the areas, as in node ids. A release without a folder has no known
    deviations; with ``must_exist`` that is a `UserError`.
    """
    release = release.removeprefix("v")
    if not (folder / release).is_dir():
        if must_exist:
            there = ", ".join(releases(folder)) or "none"
            raise UserError(
                f"no list of known deviations for release {release!r} in {folder}: use one of "
                f"{there}"
            )
        return KnownDeviations(release)
    seen: dict[str, tuple[str, KnownDeviation]] = {}
    for path in sorted((folder / release).glob("*.yaml")):
        area = posixpath.join(suite, path.stem)
        for row in read_rows(path):
            entry = _entry(row, area, promises)
            if entry.id in seen:
                raise UserError(
                    f"{row.where}: duplicate entry {entry.id}: {seen[entry.id][0]} has it"
                )
            seen[entry.id] = (row.where, entry)
    return KnownDeviations(release, tuple(entry for _, entry in seen.values()))


def _entry(row: Row, area: str, promises: Promises) -> KnownDeviation:
    row.only(_FIELDS)
    texts = {field: row.text(field) for field in _TEXTS}
    name = f"{row.where}: entry {texts['id']}"
    if wrong := [why for promise in row.texts("promises") if (why := promises.lacks(promise))]:
        raise UserError(f"{name}: {wrong[0]}")
    rate = _RATE.fullmatch(texts["rate"])
    if rate is None or not 0 < int(rate[1]) <= int(rate[2]):
        raise UserError(
            f"{name}: rate {texts['rate']!r} is not 'times seen/runs', for example '10/10'"
        )
    if not isinstance(row.fields.get("intermittent", False), bool):
        raise UserError(f"{name}: 'intermittent' must be true or false")
    matches = row.fields.get("matches")
    try:
        if matches is not None:
            re.compile(matches)
    except (re.error, TypeError) as error:
        raise UserError(f"{name}: 'matches' is not a valid regular expression: {error}") from error
    everywhere = _EVERYWHERE in row.texts("tests")
    if everywhere and not (row.fields.get("intermittent") and matches):
        raise UserError(
            f"{name}: an entry for all tests ({_EVERYWHERE!r}) must be intermittent and have "
            "'matches'"
        )
    return KnownDeviation(
        everywhere=everywhere,
        tests=tuple(_from_root(area, test) for test in row.texts("tests")),
        promises=row.texts("promises"),
        intermittent=row.fields.get("intermittent", False),
        matches=matches,
        since=row.text("since") if "since" in row.fields else None,
        issue=row.text("issue") if "issue" in row.fields else None,
        where=row.where,
        **texts,
    )


def _from_root(area: str, test: str) -> str:
    """The node id of a test that is written relative to its area's folder."""
    path, colons, name = test.partition("::")
    return posixpath.normpath(posixpath.join(area, path)) + colons + name


@cache
def _pattern(test: str) -> re.Pattern[str]:
    text = re.escape(test).replace(r"\*", ".*")
    return re.compile(text if test.endswith("]") else text + r"(\[.*\])?", re.DOTALL)
