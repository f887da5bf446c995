"""Which tests and promises are newly broken or newly kept, and which say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

from kubestellar_conformance.reporting.model.check import Check
from kubestellar_conformance.reporting.model.run import PromiseRow, RunDocument
from kubestellar_conformance.reporting.verdicts import Verdict

Change = Literal["newly broken", "newly kept", "same", "new", "not comparable"]
BREAKS: Final = (Verdict.DEVIATES, Verdict.KNOWN)
_KEEPS: Final = (Verdict.CONFORMS, Verdict.FIXED)
_OPEN: Final = ("not supported", "broken", "not run", "no check yet")


def changed_tests(one: RunDocument, other: RunDocument) -> Iterator[dict[str, Any]]:
    """A row per test of either record: ``change``, the two verdicts, ``where`` the broken one
    stopped, or ``why`` it cannot be compared. A test that B alone judges is new, whatever its
    verdict: A says nothing about it. What the product does counts, and not whether the list of a
    release knows it.
    """
    before = {test.nodeid: test for test in one.tests}
    after = {test.nodeid: test for test in other.tests}
    for nodeid in sorted(before.keys() | after.keys()):
        yield _test(nodeid, before.get(nodeid), after.get(nodeid))


def _test(nodeid: str, before: Check | None, after: Check | None) -> dict[str, Any]:
    known = after or before
    row: dict[str, Any] = {
        "nodeid": nodeid,
        "promises": known.promises if known else [],
        "before": before.verdict.value if before else None,
        "after": after.verdict.value if after else None,
    }
    if after is None:
        return row | {"change": "not comparable", "why": "only in A"}
    where = after.where or after.message.partition("\n")[0]
    if before is None:
        if _speaks(after):
            return row | {"change": "new", "why": "only in B", "where": where}
        return row | {"change": "not comparable", "why": f"only in B, and {after.verdict.value}"}
    silent = [(name, test) for name, test in (("A", before), ("B", after)) if not _speaks(test)]
    if silent:
        why = ", ".join(f"{test.verdict.value} in {name}" for name, test in silent)
        return row | {"change": "not comparable", "why": why}
    return row | {"change": _change(_breaks(before), _breaks(after)), "where": where}


def _speaks(test: Check) -> bool:
    return test.verdict in (*BREAKS, *_KEEPS)


def _breaks(test: Check) -> bool:
    return test.verdict in BREAKS


def _change(before: bool, after: bool) -> Change:
    if before == after:
        return "same"
    return "newly broken" if after else "newly kept"


def changed_promises(one: RunDocument, other: RunDocument) -> Iterator[dict[str, Any]]:
    """The same per promise that both records judge, or that one of them does not. One that only
    tests break which B alone judges is not newly broken.
    """
    before = {row.id: row for row in one.promises}
    judged = {test.nodeid for test in one.tests if _speaks(test)}
    for row in other.promises:
        if (earlier := before.get(row.id)) is not None:
            breaking = {test.nodeid for test in other.tests if _breaks_it(test, row)}
            yield _promise(earlier, row, new=bool(breaking) and not breaking & judged)


def _breaks_it(test: Check, row: PromiseRow) -> bool:
    return row.id in test.promises and test.judged.get(row.id, test.verdict) in BREAKS


def _promise(before: PromiseRow, after: PromiseRow, *, new: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": after.id,
        "requirement": after.requirement,
        "before": before.state,
        "after": after.state,
    }
    if before.state in _OPEN and after.state in _OPEN:
        return row | {"change": "same"}
    silent = [(name, one) for name, one in (("A", before), ("B", after)) if one.state in _OPEN]
    if silent:
        why = ", ".join(f"{one.state} in {name}" for name, one in silent)
        return row | {"change": "not comparable", "why": why}
    broken = before.state == "does not hold", after.state == "does not hold"
    change = _change(*broken)
    if change == "newly broken" and new:
        return row | {"change": "not comparable", "why": "broken by tests that A does not judge"}
    return row | {"change": change}
