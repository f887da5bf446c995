"""Whether records can be parts of one run: one suite, one thing tried, one result per test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, Final

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.compare.same import factor, tried_differently
from kubestellar_conformance.reporting.model.check import Check
from kubestellar_conformance.reporting.model.run import RunDocument, RunPart
from kubestellar_conformance.reporting.verdicts import Verdict

THAT_JUDGE: Final = ("--ks-impatient", "--ks-release", "--ks-allow")
"""The options on which verdicts depend. The rest says where things are, or shows in what was
tried.
"""


def demand_fitting(named: Sequence[tuple[str, RunDocument]]) -> None:
    """`UserError` if the records, each with its name, cannot be parts of one run: with the first
    two that do not fit, and the reason.
    """
    for name, one in named:
        _demand_suite(name, one)
    _demand_each_run_once(named)
    # Each with each: what one record does not say, two others may say differently.
    for (first, one), (name, other) in combinations(named, 2):
        why = next(tried_differently(one, other), None)
        if (why := why or _suites(one, other) or next(_by_other_means(one, other), None)) is None:
            continue
        raise UserError(f"{first} and {name} do not fit together: {why}")
    _demand_one_result(named)


def _demand_suite(name: str, document: RunDocument) -> None:
    if document.suite is None:
        raise UserError(f"{name}: the record does not say which suite it is of: leave it out")


def _demand_each_run_once(named: Sequence[tuple[str, RunDocument]]) -> None:
    """Copies of one record, or a merged record and one of its parts, would count a run twice."""
    seen: dict[tuple[str, str], str] = {}
    for name, document in named:
        own: Sequence[RunDocument | RunPart] = document.parts or [document]
        runs = Counter((one.run, one.begun) for one in own if one.run is not None)
        # Two machines may give their runs one id, which is made of second and process number.
        for run, times in sorted(runs.items()):
            if times > 1:  # an earlier version merged it so
                raise UserError(f"{name}: has the run {run[0]} {times} times: merge its parts anew")
            if run in seen:
                raise UserError(f"{name}: has the run {run[0]}, as {seen[run]} has: give it once")
            seen[run] = name


def _suites(one: RunDocument, other: RunDocument) -> str | None:
    """Other than for a comparison the lists of known deviations count: they make verdicts."""
    assert one.suite is not None
    assert other.suite is not None
    for part in ("promises", "known_deviations", "scenarios", "digest"):
        mine, theirs = getattr(one.suite, part), getattr(other.suite, part)
        if mine != theirs:
            what = part.replace("_", " ")
            return f"suite: {what}: {mine[:15]} and {theirs[:15]}: run one version of the suite"
    if odd := {*one.suite.tests} ^ {*other.suite.tests}:
        return f"suite: only one of them lists the test {min(odd)}: take each record as it was made"
    return None


def _by_other_means(one: RunDocument, other: RunDocument) -> Iterator[str]:
    """How the harness or its options differ, where verdicts depend on them."""
    mine: Any = factor(one)
    theirs: Any = factor(other)
    if mine != theirs:
        yield f"time factor: {mine:g} and {theirs:g}"
    for name in ("version", "commit"):
        mine, theirs = getattr(one.harness, name), getattr(other.harness, name)
        if mine and theirs and mine != theirs:
            yield f"harness: {name}: {mine[:12]} and {theirs[:12]}: run one version of the harness"
    capabilities = {*one.platform.capabilities} ^ {*other.platform.capabilities}
    if capabilities and one.platform.capabilities and other.platform.capabilities:
        yield f"platform: only one of them has the capability {min(capabilities)}"
    if one.options is None or other.options is None:  # cut off, or merged by an earlier version
        return
    for flag in THAT_JUDGE:
        mine, theirs = one.options.values.get(flag), other.options.values.get(flag)
        if mine != theirs:
            yield f"{flag}: {_shown(mine)} and {_shown(theirs)}"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "not given" if value is None else "given" if value is True else str(value)


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
