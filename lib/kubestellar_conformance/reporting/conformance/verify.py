"""Judges a ConformanceReport by itself: whether it is readable, unaltered, free of contradictions,
and about the whole suite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from kubestellar_conformance.errors import Unfit, UserError
from kubestellar_conformance.reporting.conformance.build import JUDGED, missing
from kubestellar_conformance.reporting.conformance.digest import FIELD, digest_of
from kubestellar_conformance.reporting.conformance.model import ConformanceReport
from kubestellar_conformance.reporting.coverage import COLUMNS
from kubestellar_conformance.reporting.model.base import first_fault
from kubestellar_conformance.reporting.model.run import Counts
from kubestellar_conformance.reporting.suite_digest import PARTS, digest_of_parts
from kubestellar_conformance.reporting.verdicts import EXIT_OK, Verdict
from kubestellar_conformance.safe_yaml import strictly_loaded

EXIT_ALTERED: Final = 11
EXIT_CONTRADICTS: Final = 12
EXIT_PARTIAL: Final = 13


def verified(path: Path) -> ConformanceReport:
    """The report in the file, if it is whole and unaltered.

    Raises `UserError` (exit status 4) for a file that is not a report, and `Unfit` for one that was
    altered (11), contradicts itself (12) or is of a partial run (13), in this order.
    """
    report = unaltered(path)
    if lacks := why_partial(report):
        why = "; ".join(lacks)
        raise Unfit(f"{path}: is unaltered, but of a partial run: {why}", EXIT_PARTIAL)
    return report


def unaltered(path: Path) -> ConformanceReport:
    """The report in the file, also of a partial run. Raises the same for any other fault."""
    content = _content(path)
    try:
        report = ConformanceReport.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{path}: is not a ConformanceReport: {first_fault(error)}") from None
    if (actual := digest_of(content)) != content[FIELD]:
        raise Unfit(
            f"{path}: was altered: its content has the digest {actual[:19]}..., and it says "
            f"{report.digest[:19]}...",
            EXIT_ALTERED,
        )
    if (wrong := next(contradictions(report), None)) is not None:
        raise Unfit(f"{path}: contradicts itself: {wrong}", EXIT_CONTRADICTS)
    return report


def why_partial(report: ConformanceReport) -> list[str]:
    """Why its run judges less than the whole suite; empty if it judges all. Earlier versions of the
    harness did not count what broke.
    """
    if not report.complete:
        return report.why_partial or ["it does not say why"]
    if broken := report.requirements.get("broken"):
        return [f"a test broke that judges {', '.join(broken)}"]
    if report.run.exit_status not in JUDGED:
        return [f"the run ended with exit status {report.run.exit_status}"]
    return []


def _content(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not a ConformanceReport: it is not text") from error
    try:
        content = strictly_loaded(text)
    except yaml.YAMLError as error:
        why = " ".join(str(error).split())
        raise UserError(f"{path}: is not YAML: {why}") from error
    except ValueError as error:
        raise UserError(f"{path}: is not a ConformanceReport: {error}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: is not a ConformanceReport: it is not a mapping")
    return content


def contradictions(report: ConformanceReport) -> Iterator[str]:
    """What cannot be true of any run."""
    yield from _of_tests(report)
    yield from _of_deviations(report)
    yield from _counts(report)


def _of_tests(report: ConformanceReport) -> Iterator[str]:
    suite, tests = report.suite, report.tests
    parts = {part: getattr(suite, part) for part in PARTS}
    if suite.digest is not None and digest_of_parts(parts) != suite.digest:
        yield "suite.digest is not that of its parts"
    if report.complete and report.why_partial:
        yield f"complete, and whyPartial has {report.why_partial[0]!r}"
    lost = missing({"executed": tests.executed, "expected": tests.expected})
    if report.complete and (lost or tests.not_run or not tests.expected):
        name = (lost or tests.not_run or ["any test"])[0]
        yield f"complete, and {name} was not executed"
    if both := {*tests.executed} & {*tests.not_run}:
        yield f"{min(both)} was executed and was not run"


def _of_deviations(report: ConformanceReport) -> Iterator[str]:
    deviations = report.new_deviations
    if report.run.exit_status == EXIT_OK and deviations:
        yield f"exitStatus is 0, and newDeviations has {deviations[0].test}"
    # Where something broke, a test that deviates may count as broken.
    lacks = not any(Verdict(one.verdict) is Verdict.DEVIATES for one in deviations)
    if lacks and not why_partial(report) and (new := report.requirements.get("new deviation")):
        yield f"{new[0]} is a new deviation, and newDeviations has no test that deviates"


def _counts(report: ConformanceReport) -> Iterator[str]:
    ids = Counter(name for names in report.requirements.values() for name in names)
    if report.complete and not ids:
        yield "complete, and requirements lists no promise"
    if unknown := report.requirements.keys() - {*COLUMNS}:
        yield f"requirements has the unknown state {min(unknown)!r}"
    if twice := [name for name, number in ids.items() if number > 1]:
        yield f"{twice[0]} has two states in requirements"
    levels = [
        (f"{one.name}.{level}", counts)
        for one in report.profiles
        for level, counts in (("core", one.core), ("extended", one.extended))
    ]
    for name, counts in levels:
        if counts.promises != (every := sum(_number(counts, state) for state in COLUMNS)):
            yield f"profile {name} has {counts.promises} promises, and {every} by state"
    for state in COLUMNS:
        listed = len(report.requirements.get(state, ()))
        counted = sum(_number(counts, state) for _, counts in levels)
        if counted != listed:
            yield f"the profiles count {counted} promises as {state!r}, and {listed} are listed"


def _number(counts: Counts, state: str) -> int:
    found: int = getattr(counts, state.replace(" ", "_"))
    return found
