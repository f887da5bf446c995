"""One screen for a test that fails and whose clean-up then fails of the same crash: the clean-up is
a line of the test's own screen.

A clean-up that has more to report keeps a screen of its own. The record, the evidence and JUnit
have both messages.
"""

from __future__ import annotations

from typing import Any

import pytest
from _pytest._code.code import ExceptionChainRepr

_FEW = 2
"""So many lines of a message fit on the screen of the test itself."""
_NAME = "after it"
ONE_LINE = "one_line"
"""Of the facts in a report: whether it is a line on its test's screen."""


def short_enough(message: str) -> bool:
    """Whether the message of a clean-up goes on the screen of its test, which failed before."""
    return 0 < len(message.splitlines()) <= _FEW


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Screens(), "ks-afterwards")


class _Screens:
    """The failures so far, in the process that shows them."""

    def __init__(self) -> None:
        self._failed: dict[str, Any] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """A clean-up that is a line of another screen is neither shown nor counted by itself."""
        return ("", "", "") if _is_line(report) else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not _is_line(report):
            if report.failed:
                self._failed[report.nodeid] = report
            return
        failed = self._failed.get(report.nodeid)
        if failed is not None:
            failed.longrepr = _with_line(failed.longrepr, report.ks["message"])


def _is_line(report: Any) -> bool:
    return bool((getattr(report, "ks", None) or {}).get(ONE_LINE))


def _with_line(shown: Any, message: str) -> Any:
    """The screen, with the clean-up's message before the facts on where to look."""
    said = f"{_NAME:<9} " + "\n".join(f"{'':<10}{line}" for line in message.splitlines()).lstrip()
    if not isinstance(shown, ExceptionChainRepr):
        return f"{shown}\n{said}"
    trace = shown.chain[-1][0]
    trace.extraline = f"\n{said}\n{(trace.extraline or '').lstrip()}"
    return shown
