"""Known deviations: what a release is known to do otherwise than it promises.

One YAML list a release, ``<release>.yaml``. An entry keeps the expectation in force: its tests
still run, and the gate is red when one of them begins to conform. Only a race is told apart
(``intermittent``): neither outcome is news.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.yamlfile import read_list

_RATE = re.compile(r"(\d+)/(\d+)")
_FIELDS = {"id", "tests", "promises", "expected", "seen", "rate", "intermittent", "matches"}


@dataclass(frozen=True)
class KnownDeviation:
    """One entry of the list.

    ``tests``: node ids, where ``*`` stands for any text and a name without ``[...]`` means all its
    parameters. ``rate``: how often it was seen, for example ``10/10``. ``matches``: a regular
    expression that the failure's message must contain, so that another failure of the same test is
    still a new deviation; None accepts any.
    """

    id: str
    tests: tuple[str, ...]
    promises: tuple[str, ...]
    expected: str
    seen: str
    rate: str
    intermittent: bool = False
    matches: str | None = None

    def covers(self, nodeid: str) -> bool:
        """Whether the entry speaks of that test."""
        return any(_pattern(test).fullmatch(nodeid) for test in self.tests)

    def explains(self, message: str) -> bool:
        """Whether a failure with this message is the one that the entry describes."""
        return self.matches is None or re.search(self.matches, message) is not None

    @property
    def reason(self) -> str:
        """One line for a report."""
        kind = "intermittent, " if self.intermittent else ""
        return f"{self.id} ({kind}seen {self.rate}): expected {self.expected}; seen {self.seen}"


@dataclass(frozen=True)
class KnownDeviations:
    """The list of one release."""

    release: str
    entries: tuple[KnownDeviation, ...] = ()

    def __iter__(self) -> Iterator[KnownDeviation]:
        return iter(self.entries)

    def of(self, nodeid: str) -> KnownDeviation | None:
        """The first entry that covers the test."""
        return next((entry for entry in self.entries if entry.covers(nodeid)), None)

    def stale(self, nodeids: Iterable[str]) -> list[tuple[KnownDeviation, str]]:
        """Entries with a pattern that no test of a whole suite matches."""
        ids = list(nodeids)
        return [
            (entry, test)
            for entry in self.entries
            for test in entry.tests
            if not any(_pattern(test).fullmatch(nodeid) for nodeid in ids)
        ]


def releases(folder: Path) -> list[str]:
    """The releases that a list exists for."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load_known(
    folder: Path, release: str, promises: Iterable[str], *, must_exist: bool
) -> KnownDeviations:
    """Read the list of one release (``0.30.0`` or ``v0.30.0``); without a file it is empty, unless
    it must exist.
    """
    release = release.removeprefix("v")
    path = folder / f"{release}.yaml"
    if not path.is_file():
        if must_exist:
            there = ", ".join(releases(folder)) or "none"
            raise UserError(
                f"no list of known deviations for release {release!r} in {folder}: there "
                f"are {there}"
            )
        return KnownDeviations(release)
    ids = set(promises)
    entries = tuple(_entry(path, number, row, ids) for number, row in enumerate(read_list(path), 1))
    twice = sorted(
        {entry.id for entry in entries if sum(other.id == entry.id for other in entries) > 1}
    )
    if twice:
        raise UserError(f"{path}: entry {twice[0]} is there twice")
    return KnownDeviations(release, entries)


def _entry(path: Path, number: int, row: Any, promises: set[str]) -> KnownDeviation:
    name = (
        f"{path}: entry "
        f"{row['id'] if isinstance(row, dict) and row.get('id') else f'number {number}'}"
    )
    if not isinstance(row, dict):
        raise UserError(f"{name}: expected a mapping, found {type(row).__name__}")
    if unknown := sorted(set(map(str, row)) - _FIELDS):
        raise UserError(f"{name}: unknown field {unknown[0]!r}: use {', '.join(sorted(_FIELDS))}")
    for field in ("id", "expected", "seen", "rate"):
        if not isinstance(row.get(field), str) or not row[field].strip():
            raise UserError(f"{name}: needs text under {field!r}")
    for field in ("tests", "promises"):
        value = row.get(field)
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(item, str) for item in value)
        ):
            raise UserError(f"{name}: needs a list of at least one text under {field!r}")
    if unknown := [promise for promise in row["promises"] if promise not in promises]:
        raise UserError(f"{name}: names the unknown promise {unknown[0]}")
    rate = _RATE.fullmatch(row["rate"])
    if rate is None or not 0 < int(rate[1]) <= int(rate[2]):
        raise UserError(
            f"{name}: rate {row['rate']!r} is not 'times seen/runs', for example '10/10'"
        )
    if not isinstance(row.get("intermittent", False), bool):
        raise UserError(f"{name}: 'intermittent' must be true or false")
    matches = row.get("matches")
    try:
        if matches is not None:
            re.compile(matches)
    except (re.error, TypeError) as error:
        raise UserError(f"{name}: 'matches' is no regular expression: {error}") from error
    texts = {field: " ".join(row[field].split()) for field in ("id", "expected", "seen", "rate")}
    return KnownDeviation(
        tests=tuple(row["tests"]),
        promises=tuple(row["promises"]),
        intermittent=row.get("intermittent", False),
        matches=matches,
        **texts,
    )


def _pattern(test: str) -> re.Pattern[str]:
    text = re.escape(test).replace(r"\*", ".*")
    return re.compile(text if test.endswith("]") else text + r"(\[.*\])?", re.DOTALL)
