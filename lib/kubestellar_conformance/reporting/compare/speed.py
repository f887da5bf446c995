"""Which hops and waits are slower, from the tests that conform in both records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from statistics import median, quantiles
from typing import Any, Final, Literal

from kubestellar_conformance.reporting.model.check import Check
from kubestellar_conformance.reporting.model.run import RunDocument
from kubestellar_conformance.reporting.verdicts import Verdict

Pace = Literal["slower", "faster", "same", "too few"]
FEWEST: Final = 6
"""Pairs without which a difference says nothing."""
SECONDS: Final = 0.05
"""The least difference of the medians."""
FACTOR: Final = 1.25
"""The least quotient of the medians."""
_Pairs = dict[tuple[str, str], list[tuple[float, float, str]]]


def speeds(one: RunDocument, other: RunDocument) -> list[dict[str, Any]]:
    """A row per hop and per contract: medians and spreads (10th to 90th percentile) of both, the
    number of pairs, the pace, and the test with the largest difference.

    Slower: the medians differ by `SECONDS` and `FACTOR`, and three quarters of the pairs are slower
    too, so that a few slow tests on a busy machine do not count.
    """
    found: _Pairs = defaultdict(list)
    before = {test.nodeid: test for test in one.tests if test.verdict is Verdict.CONFORMS}
    for test in other.tests:
        if test.nodeid in before and test.verdict is Verdict.CONFORMS:
            for key, a, b in _pairs(before[test.nodeid], test):
                found[key].append((a, b, test.nodeid))
    return [_row(*key, pairs) for key, pairs in sorted(found.items())]


def _pairs(before: Check, after: Check) -> Iterator[tuple[tuple[str, str], float, float]]:
    hops = {(hop.begin, hop.end): hop.seconds for hop in before.hops}
    for hop in after.hops:
        if (hop.begin, hop.end) in hops:
            yield ("hop", f"{hop.begin} to {hop.end}"), hops[hop.begin, hop.end], hop.seconds
    names = [[use.contract for use in test.contracts] for test in (before, after)]
    if names[0] == names[1]:  # else the story went another way
        for a, b in zip(before.contracts, after.contracts, strict=True):
            yield ("wait", a.contract), a.taken, b.taken


def _row(what: str, name: str, pairs: list[tuple[float, float, str]]) -> dict[str, Any]:
    before, after = [a for a, _, _ in pairs], [b for _, b, _ in pairs]
    largest = max(pairs, key=lambda pair: abs(pair[1] - pair[0]))
    return {
        "what": what,
        "name": name,
        "pairs": len(pairs),
        "before": _figures(before),
        "after": _figures(after),
        "pace": _pace(before, after),
        "largest": {"nodeid": largest[2], "before": largest[0], "after": largest[1]},
    }


def _figures(values: list[float]) -> dict[str, float]:
    tenths = quantiles(values, n=10, method="inclusive") if len(values) > 1 else values * 9
    return {"median": round(median(values), 3), "p10": round(tenths[0], 3), "p90": _last(tenths)}


def _last(tenths: list[float]) -> float:
    return round(tenths[-1], 3)


def _pace(before: list[float], after: list[float]) -> Pace:
    if len(before) < FEWEST:
        return "too few"
    if _slower(before, after):
        return "slower"
    return "faster" if _slower(after, before) else "same"


def _slower(before: list[float], after: list[float]) -> bool:
    quarter = quantiles([b - a for a, b in zip(before, after, strict=True)], n=4)[0]
    low, high = median(before), median(after)
    return quarter > 0 and high - low >= SECONDS and high >= low * FACTOR
