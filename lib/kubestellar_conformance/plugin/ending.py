"""Ends a run: stops the platform or leaves it up, writes the record, prints the summary and sets
the exit status.
"""

from __future__ import annotations

import shlex
from collections.abc import Generator
from dataclasses import asdict
from typing import Any

import pytest

from kubestellar_conformance.errors import QUOTED
from kubestellar_conformance.plugin import allure_results
from kubestellar_conformance.plugin.again import short
from kubestellar_conformance.plugin.lifecycle import end, leave
from kubestellar_conformance.plugin.record import PROBLEM
from kubestellar_conformance.plugin.run import KEY, Run, run_of
from kubestellar_conformance.plugin.tried import ENDS_THE_RUN
from kubestellar_conformance.reporting import github
from kubestellar_conformance.reporting.evidence import now
from kubestellar_conformance.reporting.session_folder import RECORD, RunFailure
from kubestellar_conformance.reporting.summary import lines, shortened
from kubestellar_conformance.reporting.verdicts import (
    EXIT_BROKEN,
    EXIT_DEVIATES,
    EXIT_USAGE,
    exit_status,
)
from kubestellar_conformance.signals import unbreakable
from kubestellar_conformance.waiting import contracts

_STATUS = {"usage": EXIT_USAGE, "deviates": EXIT_DEVIATES, "broken": EXIT_BROKEN}
_INTERRUPTED = int(pytest.ExitCode.INTERRUPTED)
_RECORD = pytest.StashKey[dict[str, Any]]()
_USAGE = pytest.StashKey[str]()
_SHOWN = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Innermost: before pytest's summary, and in a worker before it reports to the controller that
    it is done.
    """
    run = run_of(session.config)
    if run.role == "controller":
        # At once: xdist waits for workers that hang longer than stopping a platform may take.
        _end(session.config, run)
    try:
        return (yield)
    except KeyboardInterrupt:
        run.interrupted = True
        session.exitstatus = _INTERRUPTED
        return None
    except ENDS_THE_RUN:
        raise
    except BaseException as error:
        if run.exited is None or not any(run.is_scenario(item.nodeid) for item in session.items):
            raise
        _note_clean_up(session.config, run, error)
        return None
    finally:
        if run.role == "solo":
            _end(session.config, run)
        if run.owner:
            _conclude(session, run)
        else:
            leave(run)


def pytest_unconfigure(config: pytest.Config) -> None:
    """A run that is interrupted while xdist still makes its workers finishes no session.

    Of a run that ends with an exit status that is not pytest's own, pytest shows no summary.
    """
    run = config.stash.get(KEY, None)
    if run is None or not run.begun or not run.owner:
        return
    if _USAGE not in config.stash:
        _end(config, run)
        session = config.pluginmanager.get_plugin("session")
        if isinstance(session, pytest.Session):
            _conclude(session, run)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not config.stash.get(_SHOWN, False):
        pytest_terminal_summary(reporter, config)  # pytest leaves it out for statuses of others


def _end(config: pytest.Config, run: Run) -> None:
    config.stash[_USAGE] = ""
    try:
        with unbreakable():
            config.stash[_USAGE] = end(config) or ""
    except Exception as error:
        run.record.problems.append(
            run.scrubber.text(f"stopping the platform: {type(error).__name__}: {error}")
        )


def _note_clean_up(config: pytest.Config, run: Run, error: BaseException) -> None:
    """Note an error of the clean-up after a test that called `pytest.exit`. It comes when the
    session finishes, where no report of a test has it.
    """
    told = run.scrubber.text(f"after pytest.exit, cleaning up: {type(error).__name__}: {error}")
    if run.owner:
        run.record.problems.append(told)
    else:
        config.workeroutput[PROBLEM] = told  # type: ignore[attr-defined]


def _conclude(session: pytest.Session, run: Run) -> None:
    record, failure = run.record, run.folder.failure()
    _collected(run)
    if session.config.option.collectonly or not (record.checks or failure):
        return
    record.platform = run.folder.started()
    _note_second_platform(run)
    session.exitstatus = status = _status(session, run, failure)
    record.contracts = _contracts(record.uses)
    record.selection.stopped = _why_stopped(session, run, failure)
    record.failure = asdict(failure) if failure is not None else None
    for check in record.checks.values():
        if not check.called and not check.messages:
            begun = "it was set up but not run" if check.verdicts else "it was not started"
            check.messages.append(record.selection.stopped or begun)
    content = run.scrubber.scrub(record.to_dict(ended=now(), exit_status=status))
    session.config.stash[_RECORD] = content
    try:
        run.folder.write_record(content)
    except OSError as error:
        content["problems"].append(
            f"{run.folder.report / RECORD} cannot be written: {error.strerror}"
        )
        session.exitstatus = EXIT_BROKEN
    try:
        allure_results.finish(session.config, content)
    except OSError as error:
        content["problems"].append(f"Allure's results cannot be completed: {error.strerror}")
        session.exitstatus = EXIT_BROKEN


def abandon(session: pytest.Session, why: str) -> None:
    """End the platform, write the record and show the summary of a run that this process cannot
    finish.
    """
    config = session.config
    run = run_of(config)
    run.record.problems.append(why)
    session.shouldstop = why
    _end(config, run)
    _conclude(session, run)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        pytest_terminal_summary(reporter, config)
        reporter.flush()


def _collected(run: Run) -> None:
    """Add the tests that workers collected. A run may be interrupted before xdist's controller has
    received the list of collected tests.
    """
    for name, promises in run.folder.collected().items():
        run.record.selection.collected.add(name)
        if name not in run.record.checks:
            run.record.check(name).promises = tuple(promises)


def _note_second_platform(run: Run) -> None:
    """Add its warnings to the record, and why it did not start. That is a problem unless the user
    can change the cause: without it the run only takes longer.
    """
    second, record = run.folder.apart, run.record
    warnings = [f"second platform: {one}" for one in (second.started() or {}).get("warnings", ())]
    if (failure := second.failure()) is not None:
        said = (
            f"the second platform did not start, so the tests that need one alone had their turns "
            f"on the first: {failure.message} (logs: {second.path / 'logs'})"
        )
        (warnings if failure.kind == "usage" else record.problems).append(said)
    if warnings and record.platform is not None:
        warnings = [*record.platform.get("warnings", ()), *warnings]
        record.platform = {**record.platform, "warnings": warnings}


def _status(session: pytest.Session, run: Run, failure: RunFailure | None) -> int:
    status = int(session.exitstatus)
    if run.interrupted:
        return _INTERRUPTED
    if failure is not None:
        return _STATUS[failure.kind]
    if run.exited is not None:
        return run.exited[1]
    verdicts = run.record.verdicts()
    if status == _INTERRUPTED and any(verdict.red for verdict in verdicts):
        status = EXIT_DEVIATES  # xdist stops this way after --maxfail failures
    return exit_status(verdicts, broken_outside=bool(run.record.problems), pytest_status=status)


def _why_stopped(session: pytest.Session, run: Run, failure: RunFailure | None) -> str | None:
    if failure is not None:
        return failure.message.partition(QUOTED)[0]  # the terminal shows all of it once
    if run.interrupted:
        return "interrupted"
    if run.exited is not None:
        return run.exited[0]
    return str(session.shouldfail or session.shouldstop or "") or (
        "stopped by pytest" if int(session.exitstatus) == _INTERRUPTED else None
    )


def _contracts(uses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for contract in contracts:
        mine = [use for use in uses if use["contract"] == contract.name]
        rows.append(
            {
                "name": contract.name,
                "meaning": contract.meaning,
                "seconds": contract.seconds,
                "factor": contracts.factor,
                "uses": len(mine),
                "longest": max((use["taken"] for use in mine), default=None),
                "failed": sum(use["outcome"] == "failed" for use in mine),
            }
        )
    return rows


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    run, content = run_of(config), config.stash.get(_RECORD, None)
    if content is None or not run.owner:
        return
    config.stash[_SHOWN] = True
    for report in terminalreporter.getreports("broken"):
        title = f"BROKEN in {report.when} of {report.nodeid}"
        room = terminalreporter._tw.fullwidth - len("_  _")
        terminalreporter.write_sep("_", shortened(title, room), red=True)
        report.toterminal(terminalreporter._tw)
    terminalreporter.write_sep("=", "KubeStellar conformance")
    for line in lines({**content, "failure": None}):  # it stands at the end, in red
        terminalreporter.write_line(line)
    path = short(run.folder.report / RECORD, config.invocation_params.dir)
    terminalreporter.write_line(f"{'record':<18} {path}")
    terminalreporter.write_line(f"{'site':<18} made by: ks-conformance report {shlex.quote(path)}")
    if usage := config.stash.get(_USAGE, ""):
        terminalreporter.write_line(usage)
    failure = run.folder.failure()
    if failure is not None:
        terminalreporter.write_line(f"ERROR: {failure.message}", red=True)
    for line in github.noted(content):
        terminalreporter.write_line(line)
