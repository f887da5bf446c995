"""Makes entries of known deviations from the new deviations of a record. Only the cause is left to
write, which takes a reading of source and log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.known import KnownDeviations
from kubestellar_conformance.reporting.verdicts import Verdict

_LONGEST: Final = 160
"""The number of characters of a message from which ``matches`` is made."""
_CHANGES: Final = re.compile(
    r"(?P<suffix>-x[a-z2-7]{6}\b)"
    r"|(?P<uid>\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)"
    r"|(?P<seconds>[+-]?\b\d+(\.\d+)? s\b)"
    r"|(?P<number>\b\d{4,}\b)"
)
"""Texts that differ in another run: names of a test's own, UIDs, times, ports and versions."""
_INSTEAD: Final = {
    "suffix": r"-x\w{6}",
    "uid": "[0-9a-f-]{36}",
    "seconds": r"\S+ s",
    "number": r"\d+",
}
_SPECIAL: Final = re.compile(r"[\\.^$*+?{}\[\]|()]")
_STOP: Final = re.compile(r"^\s*STOP\s+(.+?)(\s{2,}|$)", re.MULTILINE)


@dataclass
class _Entry:
    tests: list[str]
    promises: list[str]
    expected: str
    seen: str
    matches: str
    remarks: list[str] = field(default_factory=list)


def proposals(record: Mapping[str, Any], known: KnownDeviations, *, suite: str) -> Iterator[str]:
    """The entries as YAML, by area, each below the name of its file. ``suite``: the folder of the
    areas, as in node ids. `UserError` for a record without a promise that a test of it breaks.
    """
    requirements = {row["id"]: row["requirement"] for row in record["promises"]}
    by_area: dict[str, list[_Entry]] = {}
    for test in record["tests"]:
        if test["verdict"] == Verdict.DEVIATES:
            area, name = _place(test["nodeid"], suite)
            judged = test["judged"].items()
            promises = [name for name, verdict in judged if verdict == Verdict.DEVIATES]
            _add(by_area.setdefault(area, []), _entry(test, name, promises, requirements))
    numbers = _free(record["release"], known)
    for area, entries in sorted(by_area.items()):
        yield f"# {suite}/known_deviations/{record['release']}/{area}.yaml"
        for entry in entries:
            yield _yaml(next(numbers), entry)


def _place(nodeid: str, suite: str) -> tuple[str, str]:
    """The area of a test, and its node id relative to the area's folder."""
    inside = nodeid.removeprefix(f"{suite}/")
    area, slash, name = inside.partition("/")
    return (area, name) if slash and "::" not in area else ("suite", f"../{inside}")


def _entry(
    test: Mapping[str, Any], name: str, promises: list[str], requirements: Mapping[str, str]
) -> _Entry:
    headline = test["message"].partition("\n")[0]
    if lost := [promise for promise in promises if promise not in requirements]:
        raise UserError(
            f"{test['nodeid']}: breaks {lost[0]}, of which the record has no row: it is damaged; "
            "give that of another run"
        )
    remarks = []
    if test["known_deviation"]:
        remarks.append(f"{test['known_deviation']} is about another failure of this test")
    return _Entry(
        [name],
        promises,
        " ".join(requirements[promise] for promise in promises),
        re.sub(_CHANGES, lambda found: "-..." if found["suffix"] else found[0], headline),
        pattern(test["message"]),
        remarks,
    )


def pattern(message: str) -> str:
    """A regular expression that finds the first line of this message, and the hop where it stopped,
    in the message of another run.
    """
    parts, end = [], 0
    headline = message.partition("\n")[0][:_LONGEST]
    for found in _CHANGES.finditer(headline):
        parts += [_escaped(headline[end : found.start()]), _INSTEAD[str(found.lastgroup)]]
        end = found.end()
    parts.append(_escaped(headline[end:]))
    if stopped := _STOP.search(message):
        parts.append(rf"(?s:.*)STOP +{_escaped(stopped[1])}")
    return "".join(parts)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found[0], text)


def _add(entries: list[_Entry], entry: _Entry) -> None:
    """Add an entry. Tests that break the same promises with the same message are one deviation."""
    for other in entries:
        if (other.promises, other.matches) == (entry.promises, entry.matches):
            other.tests += entry.tests
            return
    entries.append(entry)


def _free(release: str, known: Iterable[Any]) -> Iterator[str]:
    taken = {entry.id for entry in known}
    number = 0
    while True:
        number += 1
        if (name := f"KD-{release}-{number}") not in taken:
            yield name


def _yaml(name: str, entry: _Entry) -> str:
    fields = {
        "id": name,
        "tests": entry.tests,
        "promises": entry.promises,
        "expected": entry.expected,
        "seen": entry.seen,
    }
    rest = {"rate": "1/1", "intermittent": False, "matches": entry.matches}
    return "".join(
        (
            *(f"# {remark}\n" for remark in entry.remarks),
            _dumped([fields]),
            "  cause: # where the product's source and its log show it\n",
            _dumped([rest]).replace("- ", "  ", 1),
        )
    )


def _dumped(content: Any) -> str:
    text: str = yaml.safe_dump(content, sort_keys=False, width=96, allow_unicode=True)
    return text
