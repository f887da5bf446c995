"""What a record that was cut off in the middle still says: the run was killed while it wrote, or a
copy broke off.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json

from kubestellar_conformance.reporting.coverage import coverage
from kubestellar_conformance.reporting.model.check import Check
from kubestellar_conformance.reporting.verdicts import Verdict

CUT: Final = "the record is cut off"


def salvaged(text: str) -> Any:
    """The content of a record's beginning, as a partial record. `ValueError` if the text is not the
    beginning of JSON; a value that is not a record is returned as it is.

    The last row of the list in which it was cut is dropped, since nobody knows whether it is whole.
    Counts are those of the tests that are left; a promise of whose tests one is lost is not run.
    """
    content = from_json(text, allow_partial=True)
    if not isinstance(content, dict) or not content:
        return content
    last = next(reversed(content))
    if isinstance(content[last], list):
        content[last] = content[last][:-1]
    tests = [test for test in content.get("tests", ()) if _is_check(test)]
    found = Counter(test["verdict"] for test in tests)
    promises = [_judged(row, {test["nodeid"] for test in tests}) for row in _rows(content)]
    selection = content.get("selection") or {}
    return {
        **content,
        "complete": False,
        "selection": {**selection, "why_partial": [*selection.get("why_partial", ()), CUT]},
        "counts": {verdict.value: found[verdict.value] for verdict in Verdict},
        "promises": promises,
        "coverage": coverage(promises),
        "tests": tests,
    }


def _rows(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in content.get("promises", ()) if {"id", "area", "rig", "state"} <= {*row}]


def _judged(row: dict[str, Any], left: set[str]) -> dict[str, Any]:
    lost = [test for test in row.get("tests", ()) if test not in left]
    if not lost:
        return row
    kept = [test for test in row["tests"] if test in left]
    why = f"{CUT}, and has no result of {', '.join(lost)}"
    return {**row, "state": "not run", "known": False, "why": why, "tests": kept}


def _is_check(test: Any) -> bool:
    try:
        Check.model_validate(test)
    except ValidationError:
        return False
    return True
