"""The whole comparison of two records, as JSON-like values."""

from __future__ import annotations

from typing import Any

from kubestellar_conformance.reporting.compare.outcomes import changed_promises, changed_tests
from kubestellar_conformance.reporting.compare.same import (
    demand_one_suite,
    differences,
    why_no_speed,
)
from kubestellar_conformance.reporting.compare.speed import speeds
from kubestellar_conformance.reporting.model.run import RunDocument


def compare(one: RunDocument, other: RunDocument) -> dict[str, Any]:
    """What record B (``other``) has that record A (``one``) has not. `UserError` for records of
    different suites.
    """
    demand_one_suite(one, other)
    no_speed = why_no_speed(one, other)
    return {
        "records": {"A": _of(one), "B": _of(other)},
        "differences": differences(one, other),
        "tests": [row for row in changed_tests(one, other) if row["change"] != "same"],
        "promises": [row for row in changed_promises(one, other) if row["change"] != "same"],
        "compared": sum("why" not in row for row in changed_tests(one, other)),
        "speed": [] if no_speed else speeds(one, other),
        "why_no_speed": no_speed,
    }


def _of(document: RunDocument) -> dict[str, Any]:
    return {
        "run": document.run,
        "release": document.release,
        "platform": document.platform.name,
        "begun": document.begun,
        "complete": document.complete,
        "why_partial": document.selection.why_partial,
    }
