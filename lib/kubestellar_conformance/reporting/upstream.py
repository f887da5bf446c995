"""The map from upstream's own end-to-end and integration tests to the checks of this suite, which
``docs/upstream.md`` shows.

``promises/upstream.yaml`` lists the cases. Which promises a case is about is said once, in the
field ``upstream`` of the promises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.promises import UPSTREAM, Promises
from kubestellar_conformance.reporting.yamlfile import Row, read_rows

_FIELDS: Final = ("code", "file", "case")
_MORE, _REASON = "more", "reason"
_CODE: Final = re.compile(r"[A-Z][A-Z0-9-]*")
_PATTERNS: Final = {
    "_test.go": (r'ginkgo\.It\("([^"]+)"', r"(?m)^func (Test\w+)\("),
    ".sh": (r'(?m)^: -{20,}\n: "([^"]+)"',),
}
"""By the end of a file's name, where a case of upstream's begins; the group is its name."""


@dataclass(frozen=True)
class UpstreamCase:
    """One case of upstream's: its ``code`` in the catalogue, its file in KubeStellar's module and
    its name there.

    ``more``: how the checks here are stricter; empty for a case that has none. ``reason``: why a
    case has no check here.
    """

    code: str
    file: str
    case: str
    more: str
    reason: str


def load_cases(folder: Path) -> list[UpstreamCase]:
    """The cases in the catalogue's folder; none without its ``upstream.yaml``. Raises a one-line
    `UserError`, with file and line, for a bad row and for a duplicate code.
    """
    path = folder / f"{UPSTREAM}.yaml"
    seen: dict[str, str] = {}
    found = []
    for row in read_rows(path) if path.is_file() else ():
        found.append(_case(row))
        if (code := found[-1].code) in seen:
            raise UserError(f"{row.where}: duplicate {code}: {seen[code]} has it")
        seen[code] = row.where
    return found


def _case(row: Row) -> UpstreamCase:
    row.only({*_FIELDS, _MORE, _REASON})
    texts = {name: row.text(name) for name in _FIELDS}
    if not _CODE.fullmatch(texts["code"]):
        raise UserError(f"{row.where}: {texts['code']!r} is not a code such as G03")
    said = {name: row.text(name) if name in row.fields else "" for name in (_MORE, _REASON)}
    if not any(said.values()):
        raise UserError(
            f"{row.where}: {texts['code']}: say under {_MORE!r} how the checks here are stricter, "
            f"or under {_REASON!r} why it has none"
        )
    return UpstreamCase(**texts, **said)


def promises_of_case(code: str, promises: Promises) -> tuple[list[str], list[str]]:
    """The promises that the case asserts, and those that it touches without asserting them, both
    by the catalogue's word.
    """
    asserted, touched = [], []
    for promise in promises.values():
        codes = promise.upstream.partition(":")[0].split(", ")
        if code in codes:
            asserted.append(promise.id)
        elif f"({code})" in codes:
            touched.append(promise.id)
    return asserted, touched


def functions_of(promise: str, tests: Mapping[str, Sequence[str]]) -> list[str]:
    """The test functions that check a promise, without row and step."""
    names = (re.split(r"\[|, step ", test)[0] for test in tests.get(promise, ()))
    return list(dict.fromkeys(names))


def unmatched(
    cases: Sequence[UpstreamCase], promises: Promises, tests: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """The codes of the cases that no test here covers and no reason excuses."""
    for case in cases:
        asserted, touched = promises_of_case(case.code, promises)
        if not case.reason and not any(map(tests.get, [*asserted, *touched])):
            yield case.code


def cases_in(path: Path) -> list[str]:
    """The names of the cases in a file of upstream's, in its order. The file that starts a Ginkgo
    suite has none of its own.
    """
    text = path.read_text(encoding="utf-8")
    if "ginkgo.RunSpecs(" in text:
        return []
    for end, patterns in _PATTERNS.items():
        if path.name.endswith(end):
            found = [match for one in patterns for match in re.finditer(one, text)]
            return [match[1] for match in sorted(found, key=re.Match.start)]
    return []
