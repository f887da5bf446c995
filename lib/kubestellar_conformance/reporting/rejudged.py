"""Counts and judgements of a record whose tests are not those of one finished run: it was cut off,
or merged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from kubestellar_conformance.reporting.promises import is_declared, judged
from kubestellar_conformance.reporting.verdicts import Verdict


def promises_by(
    tests: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The rows of a record's promises, judged by these tests alone."""
    found: dict[str, list[tuple[str, Verdict, str]]] = {}
    for test in tests:
        for promise, verdict in test.get("judged", {}).items():
            result = test["nodeid"], Verdict(verdict), test.get("message", "")
            found.setdefault(promise, []).append(result)
    return [
        judged(
            row,
            found.get(row["id"], ()),
            checked=row["state"] != "no check yet" and not is_declared(row),
            lacks=row["why"] if is_declared(row) else None,
        )
        for row in rows
    ]


def shown(entry: Mapping[str, Any], tests: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """An entry of the known deviations with the number of tests that showed it, and did not."""
    found = [test["verdict"] for test in tests if test.get("known_deviation") == entry["id"]]
    not_seen = found.count(Verdict.FIXED) + found.count(Verdict.CONFORMS)
    return {**entry, "seen": found.count(Verdict.KNOWN), "not_seen": not_seen}


def counts(tests: Collection[Mapping[str, Any]]) -> dict[str, int]:
    """The number of tests with each verdict, for all verdicts in order."""
    found = Counter(test["verdict"] for test in tests)
    return {verdict.value: found[verdict.value] for verdict in Verdict}
