"""Generates ``docs/upstream.md``: upstream's tests, and what checks the same here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from kubestellar_conformance.reporting.markdown import address, item, paragraph, table
from kubestellar_conformance.reporting.suite import Suite
from kubestellar_conformance.reporting.upstream import (
    UpstreamCase,
    functions_of,
    load_cases,
    promises_of_case,
)

_HEAD: Final = (
    "Upstream's own tests of KubeStellar, case by case, and the tests here that check the same. "
    "Written by `make docs` from `scenarios/promises/upstream.yaml`, from the field `upstream` of "
    "the promises, and from the tests. A test fails when a case of KubeStellar's module has no "
    "check here and no reason."
)


def upstream_page(suite: Suite, release: str) -> str:
    """The page; empty for a suite without a map."""
    cases = load_cases(suite.catalogue)
    return "\n".join(_page(cases, suite, release)) + "\n" if cases else ""


def _page(cases: Sequence[UpstreamCase], suite: Suite, release: str) -> Iterator[str]:
    yield "# Upstream's tests, and what checks the same here"
    yield ""
    yield from paragraph(_HEAD)
    yield ""
    groups = [(name, list(rows)) for name, rows in itertools.groupby(cases, lambda one: one.file)]
    yield from table(
        ("upstream's file", "cases", "checked here"),
        (
            [
                f"[{file}]({address(file, release)})",
                str(len(rows)),
                str(sum(bool(_checks(one.code, suite)) for one in rows)),
            ]
            for file, rows in groups
        ),
    )
    for file, rows in groups:
        yield ""
        yield f"## {file}"
        for case in rows:
            yield ""
            yield from _case(case, suite)


def _checks(code: str, suite: Suite) -> list[tuple[str, list[str]]]:
    """The asserted promises that have tests, each with its test functions; if none has, those of
    the promises that the case touches.
    """
    for promises in promises_of_case(code, suite.promises):
        found = [(name, functions_of(name, suite.tests)) for name in promises]
        if checks := [row for row in found if row[1]]:
            return checks
    return []


def _case(case: UpstreamCase, suite: Suite) -> Iterator[str]:
    yield f"### {case.code}: {case.case}"
    yield ""
    checks = _checks(case.code, suite)
    said = f"More strictly: {case.more}" if checks and case.more else f"No check: {case.reason}"
    yield from paragraph(said)
    yield ""
    for promise, functions in checks:
        yield from item(f"**{promise}** {suite.promises[promise].requirement}", "- ")
        for function in functions:
            yield from item(f"- `{function}`")
    asserted, touched = promises_of_case(case.code, suite.promises)
    open_still = [one for one in asserted if one not in suite.tests]
    beside = [one for one in touched if one not in dict(checks)]
    if open_still:
        yield from item(f"Without a check here yet: {', '.join(open_still)}.", "- ")
    if beside:
        yield from item(f"Touched by the case, but not asserted: {', '.join(beside)}.", "- ")
