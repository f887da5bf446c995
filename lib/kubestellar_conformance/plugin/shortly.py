"""The end of pytest's output: one line per red test, with its verdict, its hop and its part.

pytest's own lines omit broken tests, and cut the reason to the width of the terminal.
"""

from __future__ import annotations

import os
import textwrap
from typing import Any

import pytest

from kubestellar_conformance.plugin.run import run_of
from kubestellar_conformance.plugin.verdicts import facts
from kubestellar_conformance.reporting.summary import shortened
from kubestellar_conformance.reporting.verdicts import Verdict

_INDENT = 9
_LONGEST = 200


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """After the run's summary."""
    reports = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("broken")]
    if not run_of(config).record.checks or not set("fa") & set(
        terminalreporter.reportchars.lower()
    ):
        return
    if not reports or any(facts(report) is None for report in reports):
        return  # pytest's own lines, for tests of other kinds too
    terminalreporter.reportchars = terminalreporter.reportchars.replace("f", "")
    terminalreporter.write_sep("=", "short test summary info", cyan=True, bold=True)
    told: set[tuple[str, Verdict]] = set()
    one_line = bool(os.environ.get("CI")) or config.option.verbose > 0
    for report in reports:
        noted = facts(report)
        assert noted is not None
        verdict = Verdict(noted["verdict"])
        if (report.nodeid, verdict) in told and report.when == "teardown":
            continue  # what it broke is as a rule found again after it
        told.add((report.nodeid, verdict))
        phase = {"setup": " (before it)", "teardown": " (after it)"}.get(report.when, "")
        phase = "" if verdict is Verdict.FIXED else phase
        test, where = f"{verdict.upper()} {report.nodeid}{phase}", noted["where"][:_LONGEST]
        whole = f"{test} - {where}" if where else test
        if one_line or len(whole) <= terminalreporter._tw.fullwidth:
            terminalreporter.write_line(whole)
        else:
            width = terminalreporter._tw.fullwidth
            terminalreporter.write_line(shortened(test, width))
            for line in textwrap.wrap(where, width - _INDENT, break_on_hyphens=False):
                terminalreporter.write_line(f"{'':<{_INDENT}}{line}")
