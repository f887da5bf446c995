"""What is left of a record when a run was killed, or when a copy of its record broke off."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from json import JSONDecoder
from typing import Any, Final, TypeGuard

from pydantic import ValidationError
from pydantic_core import from_json

from kubestellar_conformance.reporting.coverage import coverage
from kubestellar_conformance.reporting.model.base import DocumentPart
from kubestellar_conformance.reporting.model.check import Check
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.rejudged import counts, promises_by, shown
from kubestellar_conformance.reporting.verdicts import Verdict

CUT: Final = "the record is cut off"
KILLED: Final = "the run was killed, or still goes on"
_JUDGED_BY: Final = {"id", "area", "rig", "state"}
"""Of a promise's row, the keys without which it is neither judged nor counted."""
_BETWEEN: Final = re.compile(r"[\s:,]*")
"""What stands between the keys and values of a mapping."""


def salvaged(text: str) -> Any:
    """The content of a record's beginning, as a partial record. `ValueError` if the text is not the
    beginning of JSON; a value that is not a record is returned, for its reader to refuse.

    Of the value in which it was cut, a list keeps all rows but the last, since nobody knows whether
    that one is whole; any other value is dropped, since it may be short of anything. For no
    function all rows are taken to be there. Counts are those of the tests that are left; a promise
    of whose tests one is lost is not run.
    """
    content = from_json(text, allow_partial=True)
    if not isinstance(content, dict) or not content:
        return content
    for key in content.keys() - {*_whole_keys(text)}:
        if isinstance(content[key], list):
            content[key] = content[key][:-1]
        else:
            del content[key]
    if isinstance(selection := content.get("selection"), dict):
        selection["functions"] = []
    content = _with_whole_rows(content)
    if not _is_valid(content, RunDocument):
        return content
    tests = content["tests"]
    left = {test["nodeid"] for test in tests}
    promises = [_without_lost(row, left) for row in content["promises"]]
    return _partial(content, CUT, promises, tests)


def _whole_keys(text: str) -> Iterator[str]:
    """The keys of the outermost mapping whose values are there to their ends."""
    decoder = JSONDecoder()
    place = text.index("{") + 1
    while place < len(text):
        try:
            key, place = decoder.raw_decode(text, _after(text, place))
            value, place = decoder.raw_decode(text, _after(text, place))
        except ValueError:
            return
        if isinstance(value, (str, list, dict)) or text[place:].strip():  # a number may go on
            yield key


def _after(text: str, place: int) -> int:
    found = _BETWEEN.match(text, place)
    return found.end() if found else place


def is_cut(why_partial: Iterable[str]) -> bool:
    """Whether these reasons of a partial record say that it, or a part of it, is cut off."""
    return any(CUT in why for why in why_partial)


def unfinished(text: str) -> Any:
    """The record of a run that wrote none, from the lines that it kept meanwhile (`UNFINISHED`).
    `ValueError` if the text has no such line; the last line may be cut off. A first line that is
    not a record is returned, for its reader to refuse.
    """
    content: dict[str, Any] = {}
    tests: dict[str, dict[str, Any]] = {}
    for line in text.splitlines():
        row = _line(line)
        if isinstance(head := row.get("record"), dict):
            content = _with_whole_rows(head)
            if not _is_valid(content, RunDocument):
                return content
            tests = {test["nodeid"]: test for test in content["tests"]}
        if isinstance(platform := row.get("platform"), dict):
            content["platform"] = {**content.get("platform", {}), **platform}
        if _is_valid(test := row.get("test"), Check):
            tests[test["nodeid"]] = test
    if not content:
        raise ValueError("no line of it is the begin of a record")
    promises = promises_by(tests.values(), content["promises"])
    known = [shown(entry, tests.values()) for entry in content.get("known_deviations", ())]
    left_out = sum(test["verdict"] == Verdict.NOT_RUN for test in tests.values())
    why = f"{KILLED}: {left_out} of {len(tests)} tests have no result"
    return _partial(content, why, promises, list(tests.values())) | {"known_deviations": known}


def _line(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _partial(
    content: dict[str, Any],
    why: str,
    promises: list[dict[str, Any]],
    tests: list[dict[str, Any]],
) -> dict[str, Any]:
    selection = content.get("selection") or {}
    return {
        **content,
        "complete": False,
        "selection": {**selection, "why_partial": [*selection.get("why_partial", ()), why]},
        "counts": counts(tests),
        "promises": promises,
        "coverage": coverage(promises),
        "tests": tests,
    }


def _with_whole_rows(content: dict[str, Any]) -> dict[str, Any]:
    """The same without tests and promises that cannot be judged. What is no list is kept."""
    tests, promises = content.get("tests", []), content.get("promises", [])
    if isinstance(tests, list):
        tests = [test for test in tests if _is_valid(test, Check)]
    if isinstance(promises, list):
        promises = [row for row in promises if isinstance(row, dict) and row.keys() >= _JUDGED_BY]
    return {**content, "tests": tests, "promises": promises}


def _without_lost(row: dict[str, Any], left: set[str]) -> dict[str, Any]:
    lost = [test for test in row.get("tests", ()) if test not in left]
    if not lost:
        return row
    kept = [test for test in row["tests"] if test in left]
    why = f"{CUT}, and has no result of {', '.join(lost)}"
    return {**row, "state": "not run", "known": False, "why": why, "tests": kept}


def _is_valid(value: Any, model: type[DocumentPart]) -> TypeGuard[dict[str, Any]]:
    try:
        model.model_validate(value)
    except ValidationError:
        return False
    return True
