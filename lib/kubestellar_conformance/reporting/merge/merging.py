"""The record of a whole run, from those of its parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from kubestellar_conformance.reporting.coverage import coverage
from kubestellar_conformance.reporting.merge.fitting import THAT_JUDGE, demand_fitting, results
from kubestellar_conformance.reporting.model.check import Check
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.rejudged import counts, promises_by, shown
from kubestellar_conformance.reporting.salvage import CUT, is_cut
from kubestellar_conformance.reporting.verdicts import (
    EXIT_BROKEN,
    EXIT_DEVIATES,
    EXIT_OK,
    Verdict,
    exit_status,
)

_KILLED: Final = (None, 2)
"""Exit statuses of a part that was killed or interrupted: tests without a result show it."""
_NAMED: Final = 3


def merged(named: Sequence[tuple[str, RunDocument]]) -> dict[str, Any]:
    """The record of the parts, each with the name by which messages call it. `UserError` if they
    do not fit together.

    It is whole only if every row of every test of the suite has a result in one of them, and none
    is cut off.
    """
    demand_fitting(named)
    documents = sorted((document for _, document in named), key=lambda one: one.begun)
    tests = [test for test, _ in results(documents).values()]
    never_run = _never_run(documents, tests)
    why = [*why_partial(documents, tests)]
    rows = [test.model_dump(mode="json") for test in sorted(tests, key=lambda one: one.nodeid)]
    problems = [f"{one.run}: {text}" for one in documents for text in one.problems]
    first = max(documents, key=lambda one: (one.platform.started, not _is_cut(one)))
    listing = max(documents, key=_listed_and_tried)
    promises = promises_by(rows, (row.model_dump(mode="json") for row in listing.promises))
    content: dict[str, Any] = first.model_dump(mode="json") | {
        "run": _name(documents),
        "begun": documents[0].begun,
        "ended": max(one.ended for one in documents),
        "exit_status": _status(documents, tests, problems),
        "complete": not why,
        "selection": {
            "why_partial": why,
            "collected": len(tests),
            "deselected": len(never_run),
            "deselected_tests": never_run,
            "uncollected": _uncollected(documents),
            "functions": sorted(_whole_functions(documents)),
        },
        "machine": _common_machine(documents),
        "options": _common_options(documents),
        "counts": counts(rows),
        "failure": next((one.failure for one in documents if one.failure is not None), None),
        "problems": problems,
        "known_deviations": [
            shown(entry.model_dump(mode="json"), rows) for entry in listing.known_deviations
        ],
        "contracts": _contracts(documents),
        "promises": promises,
        "coverage": coverage(promises),
        "tests": rows,
        "parts": [part for one in documents for part in _parts(one)],
    }
    return RunDocument.model_validate(content).model_dump(mode="json")


def why_partial(documents: Sequence[RunDocument], tests: Iterable[Check]) -> Iterator[str]:
    """Why the parts are not a whole run."""
    suite = documents[0].suite
    assert suite is not None
    ran = {test.nodeid for test in tests if test.verdict is not Verdict.NOT_RUN}
    functions = {name.partition("[")[0] for name in ran}
    whole = _whole_functions(documents)
    yield from _listed("not in any part", (one for one in suite.tests if one not in functions))
    yield from _listed(
        "rows may be missing of",
        (one for one in suite.tests if one in functions and one not in whole),
    )
    left = {test.nodeid for test in tests} | {*_never_run(documents, tests)}
    yield from _listed("did not run in any part", sorted(left - ran))
    yield from _listed("nothing was collected in", _uncollected(documents))
    yield from (f"{one.run or one.begun}: {CUT}" for one in documents if _is_cut(one))


def _is_cut(one: RunDocument) -> bool:
    """Whether it may have lost anything: problems, promises, tests that it deselected."""
    return is_cut(one.selection.why_partial)


def _listed_and_tried(one: RunDocument) -> tuple[int, int, bool]:
    """By it the greatest record is one that lists all promises and known deviations, and whose
    platform says which of them it offers no check for.
    """
    return len(one.promises), len(one.known_deviations), one.platform.started


def _listed(what: str, names: Iterable[str]) -> Iterator[str]:
    found = list(names)
    if found:
        more = f", ... ({len(found)})" if len(found) > _NAMED else ""
        yield f"{what}: {', '.join(found[:_NAMED])}{more}"


def _whole_functions(documents: Iterable[RunDocument]) -> set[str]:
    """The test functions of which a part has found every row. A whole run has found all."""
    found: set[str] = set()
    for one in documents:
        found.update(one.suite.tests if one.complete and one.suite else one.selection.functions)
    return found


def _never_run(documents: Iterable[RunDocument], tests: Iterable[Check]) -> list[str]:
    """The tests that parts have deselected and no part has run."""
    ran = {test.nodeid for test in tests if test.verdict is not Verdict.NOT_RUN}
    return sorted({name for one in documents for name in one.selection.deselected_tests} - ran)


def _uncollected(documents: Sequence[RunDocument]) -> list[str]:
    """The files of the suite in which no part has found a test."""
    return sorted(set.intersection(*({*one.selection.uncollected} for one in documents)))


def _status(
    documents: Sequence[RunDocument], tests: Iterable[Check], problems: Sequence[str]
) -> int:
    """The exit status of the whole: broken before deviating, before any other of a part."""
    mine = exit_status(
        (test.verdict for test in tests), broken_outside=bool(problems), pytest_status=EXIT_OK
    )
    found = {mine, *(one.exit_status for one in documents if one.exit_status not in _KILLED)}
    first = (EXIT_BROKEN, EXIT_DEVIATES, *sorted(one for one in found if one is not None))
    return next((one for one in first if one in found and one), EXIT_OK)


def _contracts(documents: Sequence[RunDocument]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for row in (row for one in documents for row in one.contracts):
        before = rows.setdefault(row.name, row.model_dump(mode="json") | {"uses": 0, "failed": 0})
        longest = [one for one in (before["longest"], row.longest) if one is not None]
        before["factor"] = max(before["factor"], row.factor)
        before["longest"] = max(longest, default=None)
        before["uses"] += row.uses
        before["failed"] += row.failed
    return list(rows.values())


def _name(documents: Iterable[RunDocument]) -> str:
    parts = " ".join(one.run or one.begun for one in documents)
    return f"merged-{hashlib.sha256(parts.encode()).hexdigest()[:8]}"


def _common_machine(documents: Sequence[RunDocument]) -> dict[str, Any] | None:
    """The machine of all parts; None if they ran on several, which the parts name."""
    first, *others = (one.machine for one in documents)
    if first is None or any(one != first for one in others):
        return None
    return first.model_dump(mode="json")


def _common_options(documents: Iterable[RunDocument]) -> dict[str, Any] | None:
    """The options that decide verdicts, which all parts have in common, so that a later merge can
    ask for them again. The parts say how they were called.
    """
    given = next((one.options.values for one in documents if one.options is not None), None)
    if given is None:
        return None
    values = {flag: value for flag, value in given.items() if flag in THAT_JUDGE}
    return {"arguments": [], "values": values}


def _parts(one: RunDocument) -> list[dict[str, Any]]:
    """What the merged record says of a run; of a merged one, what it says of its parts."""
    if one.parts:
        return [part.model_dump(mode="json") for part in one.parts]
    part = {
        "run": one.run,
        "begun": one.begun,
        "ended": one.ended,
        "exit_status": one.exit_status,
        "arguments": one.options.arguments if one.options is not None else [],
        "machine": one.machine.model_dump(mode="json") if one.machine is not None else None,
        "tests": sum(test.verdict is not Verdict.NOT_RUN for test in one.tests),
    }
    return [part]
