"""Whether records can be parts of one run: one suite, one thing tried, one result per test."""

from __future__ import annotations

from collections.abc import Sequence

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.compare.same import tried_differently
from kubestellar_conformance.reporting.model.check import Check
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.verdicts import Verdict


def demand_fitting(named: Sequence[tuple[str, RunDocument]]) -> None:
    """`UserError` if the records, each with its name, cannot be parts of one run: with the first
    two that do not fit, and the reason.
    """
    (first, one), *others = named
    _demand_suite(first, one)
    for name, other in others:
        _demand_suite(name, other)
        if (why := next(tried_differently(one, other), None)) is None:
            why = _suites(one, other)
        if why is not None:
            raise UserError(f"{first} and {name} do not fit together: {why}")
    _demand_one_result(named)


def _demand_suite(name: str, document: RunDocument) -> None:
    if document.suite is None:
        raise UserError(f"{name}: the record does not say which suite it is of")


def _suites(one: RunDocument, other: RunDocument) -> str | None:
    """Other than for a comparison the lists of known deviations count: they make verdicts."""
    assert one.suite is not None
    assert other.suite is not None
    for part in ("promises", "known_deviations", "scenarios", "digest"):
        mine, theirs = getattr(one.suite, part), getattr(other.suite, part)
        if mine != theirs:
            what = part.replace("_", " ")
            return f"suite: {what}: {mine[:15]} and {theirs[:15]}: run one version of the suite"
    return None


def _demand_one_result(named: Sequence[tuple[str, RunDocument]]) -> None:
    seen: dict[str, tuple[str, Verdict]] = {}
    for name, document in named:
        for test in document.tests:
            if test.verdict is Verdict.NOT_RUN:
                continue
            before, verdict = seen.setdefault(test.nodeid, (name, test.verdict))
            if verdict is not test.verdict:
                raise UserError(
                    f"{before} and {name} do not fit together: {test.nodeid} is "
                    f"{verdict.value!r} in one and {test.verdict.value!r} in the other"
                )


def results(documents: Sequence[RunDocument]) -> dict[str, tuple[Check, int]]:
    """By test, its result and the number of the record that has it: the first one in which it
    ran, else the first one.
    """
    found: dict[str, tuple[Check, int]] = {}
    for number, document in enumerate(documents):
        for test in document.tests:
            before = found.get(test.nodeid)
            if before is None or (
                before[0].verdict is Verdict.NOT_RUN and test.verdict is not Verdict.NOT_RUN
            ):
                found[test.nodeid] = test, number
    return found
