"""Puts verdicts into pytest's reports, so that the terminal and JUnit distinguish a deviation from
a broken check.

Only scenarios get verdicts; a failing test of the harness itself stays an ordinary failure.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Generator
from pathlib import Path
from typing import Any, Literal

import pytest

from kubestellar_conformance.errors import LeftBehind, NotSupported, UserError
from kubestellar_conformance.plugin.afterwards import ONE_LINE, short_enough
from kubestellar_conformance.plugin.collection import ENTRY, marks
from kubestellar_conformance.plugin.evidence import closed, evidence_of, guilty
from kubestellar_conformance.plugin.judging import judge, owed
from kubestellar_conformance.plugin.progress import LETTERS, shown
from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.plugin.screen import screen, wanted
from kubestellar_conformance.reporting.verdicts import Verdict, worst

OWED = "owed"
"""Of the facts in a report: whether the test passes only if its clean-up shows the deviation that
is expected of it.
"""
_FAILED = pytest.StashKey[bool]()
_PHASES = pytest.StashKey[dict[str, tuple[Verdict, str]]]()
_SHOWN = {  # the category in pytest's last line, the word with -v
    Verdict.CONFORMS: ("passed", "CONFORMS"),
    Verdict.DEVIATES: ("failed", "DEVIATES"),
    Verdict.FIXED: ("failed", "FIXED DEVIATION"),
    Verdict.BROKEN: ("broken", "BROKEN"),
    Verdict.KNOWN: ("xfailed", "KNOWN DEVIATION"),
    Verdict.NOT_SUPPORTED: ("not supported", "NOT SUPPORTED"),
    Verdict.NOT_RUN: ("skipped", "NOT RUN"),
}

_OUTCOME: dict[Verdict, Literal["passed", "skipped"]] = {
    Verdict.CONFORMS: "passed",
    Verdict.KNOWN: "skipped",
    Verdict.NOT_SUPPORTED: "skipped",
    Verdict.NOT_RUN: "skipped",
}
"""pytest's outcome for a verdict; for all others it is ``failed``."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Runs after pytest has applied its expected failures and before Allure reads the report: so
    neither first nor last.
    """
    run = run_of(item.config)
    item.stash[_FAILED] = failed_before(item) or call.excinfo is not None
    if not run.is_scenario(item.nodeid):
        return (yield)
    error = call.excinfo.value if call.excinfo is not None else None
    if error is not None:
        run.scrubber.exception(error)
    option, ours = item.config.option, wanted(item.config)
    if ours:
        option.tbstyle = "native"  # `screen` takes its place, and any other parses whole files
    try:
        report = yield
    finally:
        if ours:
            option.tbstyle = "auto"
    waited, run.waited = run.waited, 0.0
    report.duration = max(report.duration - waited, 0.0)  # a turn is not the test's own time
    found = judge(item, error, call.when)
    unseen = call.when == "teardown" and owed(item)
    verdict = worst((found, Verdict.FIXED)) if unseen else found
    _keep_traceback(item, call, verdict)
    _tell(item, call, report, verdict)
    message = _message(report, call) if verdict is not Verdict.CONFORMS else ""
    if verdict is Verdict.FIXED:
        message = str(report.longrepr)
    _scrub_report(run, report)
    message = run.scrubber.text(message)
    one_line = _adds_a_line(item, report, verdict, message)
    item.stash.setdefault(_PHASES, {})[report.when or "call"] = verdict, message
    if report.when != "setup":
        report.user_properties.append(("verdict", outcome(item)[0].value))  # for JUnit
    report.ks = {  # type: ignore[attr-defined]
        "verdict": verdict.value,
        "message": message,
        "where": run.scrubber.text(_where(call, message)),
        **marks(item),
        "waited": waited,
        ONE_LINE: one_line,
        "raised": found.value,
        "guilty": guilty(item, error),
        "left_behind": error is not None and _left_behind(error),
        OWED: call.when == "call" and owed(item),
        **(closed(run, item) if call.when == "teardown" else {}),
    }
    return report


def failed_before(item: pytest.Item) -> bool:
    """Whether a finished phase of the test raised an exception."""
    return item.stash.get(_FAILED, False)


def outcome(item: pytest.Item) -> tuple[Verdict, str]:
    """The verdict of the test by its finished phases, and their messages, without credentials."""
    phases = item.stash.get(_PHASES, {})
    found = [verdict for verdict, _ in phases.values()]
    verdict = worst(found if "call" in phases else [*found, Verdict.NOT_RUN])
    return verdict, "\n".join(message for _, message in phases.values() if message)


def facts(report: Any) -> dict[str, Any] | None:
    """The facts that `pytest_runtest_makereport` put into a scenario's report, also after it came
    from a worker.
    """
    found: dict[str, Any] | None = getattr(report, "ks", None)
    return found


def _tell(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, verdict: Verdict
) -> None:
    """Make the report show the verdict to every reader."""
    report.__dict__.pop("wasxfail", None)
    report.outcome = _OUTCOME.get(verdict, "failed")
    if verdict is Verdict.CONFORMS:
        report.longrepr = None
    elif verdict is Verdict.FIXED:
        also = [] if call.excinfo is None else [_words(call.excinfo.value)]
        report.longrepr = "\n".join([f"no longer seen: {item.stash[ENTRY].reason}", *also])
    elif verdict is Verdict.KNOWN:
        report.wasxfail = item.stash[ENTRY].reason
        _show(item, call, report)
    elif call.excinfo is not None and isinstance(call.excinfo.value, UserError):
        report.longrepr = f"{_place(item, call.excinfo)}: {call.excinfo.value}"
    elif verdict is Verdict.NOT_SUPPORTED:
        path, line, _ = report.location
        report.longrepr = (path, line or 0, f"Skipped: not supported: {_first_words(call)}")
    elif verdict.red:
        _show(item, call, report)


def _show(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Show one screen in place of pytest's frames, unless the user asks for these."""
    if wanted(item.config):
        message = _message(report, call)
        report.longrepr = screen(item, call, message, _where(call, message))


def _left_behind(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(map(_left_behind, error.exceptions))
    return isinstance(error, LeftBehind)


def _adds_a_line(
    item: pytest.Item, report: pytest.TestReport, verdict: Verdict, message: str
) -> bool:
    """Whether the clean-up of a failed test failed too, and a line on the test's screen has it."""
    earlier = [found for found, _ in item.stash.get(_PHASES, {}).values() if found.red]
    same = verdict.red and earlier == [verdict]
    return report.when == "teardown" and same and wanted(item.config) and short_enough(message)


def _keep_traceback(item: pytest.Item, call: pytest.CallInfo[None], verdict: Verdict) -> None:
    evidence = evidence_of(item)
    if verdict is Verdict.BROKEN and evidence is not None and call.excinfo is not None:
        evidence.tracebacks.append("".join(traceback.format_exception(call.excinfo.value)))


def _where(call: pytest.CallInfo[None], message: str) -> str:
    """Where it stopped in a line: the hop and the part, or the first line of the message."""
    error = call.excinfo.value if call.excinfo is not None else None
    return getattr(error, "where", "") or message.strip().partition("\n")[0]


def _place(item: pytest.Item, error: pytest.ExceptionInfo[BaseException]) -> str:
    """Where the mistake is: the last line inside the test's file, or else outside the library."""
    library = Path(__file__).parents[1]
    outside = [one for one in error.traceback if library not in Path(one.path).parents]
    inside_test = [one for one in outside if Path(one.path) == item.path] or outside
    if not inside_test:
        return item.nodeid
    last = inside_test[-1]
    return f"{os.path.relpath(last.path, item.config.rootpath)}:{last.lineno + 1}"


def _first_words(call: pytest.CallInfo[None]) -> str:
    return str(call.excinfo.value) if call.excinfo is not None else ""


def _message(report: pytest.TestReport, call: pytest.CallInfo[None]) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    if call.excinfo is not None:
        return _words(call.excinfo.value)
    return str(report.longrepr or "")


def _words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "\n".join(map(_words, error.exceptions))
    known = isinstance(error, AssertionError | NotSupported) or type(error).__module__.endswith(
        ".errors"
    )
    return str(error) if known else f"{type(error).__name__}: {error}"


def _scrub_report(run: Run, report: pytest.TestReport) -> None:
    """Remove credentials from everything that pytest shows of a failure beyond its message: source
    lines, local variables, captured output.
    """
    if report.longrepr is not None and not isinstance(report.longrepr, tuple):
        text = str(report.longrepr)
        if (clean := run.scrubber.text(text)) != text:
            report.longrepr = clean
    report.sections = [(name, run.scrubber.text(text)) for name, text in report.sections]


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: Any, config: pytest.Config) -> tuple[str, str, str] | None:
    noted = facts(report)
    if noted is None:
        died = getattr(report, "failed", False) and shown(config)  # with its worker
        return ("failed", "", "FAILED") if died else None
    category, word = _SHOWN[verdict := Verdict(noted["verdict"])]
    if noted[OWED]:
        return "", "", ""  # its clean-up decides
    if verdict is Verdict.CONFORMS and report.when != "call":
        return None
    return category, "" if shown(config) else LETTERS[verdict], word
