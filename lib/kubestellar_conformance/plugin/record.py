"""Merges the reports of every process into the run's record, in the process that owns the run."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import asdict
from typing import Any, Protocol

import pytest

from kubestellar_conformance.plugin.collection import (
    note_selection,
    taken_away,
    uncollected,
    whole_functions,
)
from kubestellar_conformance.plugin.promises import promises_of
from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.plugin.unfinished import Unfinished
from kubestellar_conformance.plugin.verdicts import facts
from kubestellar_conformance.reporting.evidence import timestamp
from kubestellar_conformance.reporting.session_folder import RunFailure
from kubestellar_conformance.reporting.verdicts import EXIT_DEVIATES, Verdict

_DESELECTED, _UNCOLLECTED, _FAILURE = "ks_deselected", "ks_uncollected", "ks_failure"
_EXITED, _FUNCTIONS = "ks_exited", "ks_functions"
PROBLEM = "ks_problem"
"""In a worker's output: what went wrong in it outside any test."""


class _Node(Protocol):
    config: pytest.Config
    workeroutput: dict[str, Any]


def pytest_sessionstart(session: pytest.Session) -> None:
    run = run_of(session.config)
    if run.owner:
        note_selection(session.config)
        collector = Collector(run, Unfinished(run, session.config))
        session.config.pluginmanager.register(collector, "ks-collector")
    else:
        session.config.pluginmanager.register(WorkersNotes(session.config), "ks-workers-notes")


class WorkersNotes:
    """Sends the facts that only a worker knows, since the controller collects nothing itself."""

    def __init__(self, config: pytest.Config) -> None:
        self._run = run_of(config)
        self._output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._output |= {
            _DESELECTED: taken_away(session),
            _UNCOLLECTED: uncollected(session.config),
            _FUNCTIONS: whole_functions(session.config),
        }
        found = _promises(self._run, session.items)
        if found and not session.config.option.collectonly:
            try:
                self._run.folder.has_collected(found)
            except OSError as error:
                told = f"{self._run.folder.path} cannot be written: {error.strerror}"
                self._run.folder.has_failed(RunFailure("broken", told))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self) -> Generator[None, Any, Any]:
        """What could not be written to the folder reaches the controller this way."""
        failure = self._run.folder.failure()
        self._output[_FAILURE] = asdict(failure) if failure is not None else None
        self._output[_EXITED] = self._run.exited
        if self._run.exited is not None:
            # xdist takes a worker that ends with a test in its hands for a crash, and one with the
            # status 2 for interrupted; one that wants to stop ends the run.
            self._output["shouldstop"] = self._run.exited[0]
            self._output["exitstatus"] = EXIT_DEVIATES
        return (yield)


class Collector:
    """Merges the reports, in the process that owns the run."""

    def __init__(self, run: Run, unfinished: Unfinished) -> None:
        self._run, self._unfinished = run, unfinished
        self._selection = run.record.selection

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        noted = facts(report)
        if noted is None and report.failed and self._run.is_scenario(report.nodeid):
            # xdist reports the test of a worker that crashed, outside any phase of the test.
            noted = {"verdict": Verdict.BROKEN.value, "message": str(report.longrepr)}
        if noted is not None:
            self._take(report, noted)
            if report.when not in ("setup", "call"):
                self._unfinished.finished(report.nodeid)

    def _take(self, report: pytest.TestReport, noted: dict[str, Any]) -> None:
        check, verdict = self._run.record.check(report.nodeid), Verdict(noted["verdict"])
        check.verdicts.append(verdict)
        check.called |= report.when == "call"
        messages = [noted["message"]] if noted["message"] else []
        check.messages += messages
        if report.when != "teardown" or verdict is Verdict.FIXED:  # that is about the body
            check.story.append(verdict)
            check.told += messages
        if report.when == "teardown":
            blamed = Verdict(noted["raised"]), noted["message"]
            check.guilty_after = dict.fromkeys(noted["guilty"], blamed)
        else:
            check.guilty += tuple(noted.get("guilty", ()))
        if noted.get("left_behind"):
            check.left_behind = Verdict(noted["raised"]), noted["message"]
        check.promises = tuple(noted.get("promises", check.promises))
        check.own = tuple(noted["own"]) if "own" in noted else check.own
        check.known = noted.get("known", check.known)
        check.evidence, check.steps = (
            noted.get("evidence", check.evidence),
            noted.get("steps", check.steps),
        )
        check.notes = noted.get("notes", check.notes)
        check.hops, check.where = noted.get("hops", check.hops), check.where or _where(noted)
        check.begun = check.begun or timestamp(report.start)
        check.shared_names = noted.get("shared_names", check.shared_names)
        check.seconds += report.duration
        check.waited += noted.get("waited", 0.0)
        check.worker = getattr(report, "worker_id", None)
        problems, unwritten = self._run.record.problems, noted.get("unwritten")
        if unwritten and unwritten not in problems:
            problems.append(unwritten)
        for use in noted.get("waits", ()):
            self._run.record.uses.append(use)
            check.contracts.append(use)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._selection.collection_errors += report.failed

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if self._run.role == "solo":
            self._note(
                taken_away(session), uncollected(session.config), whole_functions(session.config)
            )
            self._collected(_promises(self._run, session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        promises = self._run.folder.collected()
        self._run.note_scenarios(promises)
        self._collected(
            {name: promises.get(name, []) for name in ids if self._run.is_scenario(name)}
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: _Node) -> None:
        output = getattr(node, "workeroutput", {})
        if output.get(_FAILURE):
            self._run.folder.has_failed(RunFailure(**output[_FAILURE]))
        if output.get(PROBLEM):
            self._run.record.problems.append(output[PROBLEM])
        if output.get(_EXITED):
            message, status = output[_EXITED]
            self._run.exited = message, status
        if _DESELECTED in output:
            self._note(output[_DESELECTED], output[_UNCOLLECTED], output[_FUNCTIONS])

    def _note(self, deselected: list[str], uncollected: list[str], functions: list[str]) -> None:
        """Note what is known of the tests that do not run. Of several workers' notes the one with
        most deselected tests counts, which each of them should have.
        """
        selection = self._selection
        if len(deselected) >= selection.deselected:
            selection.deselected, selection.deselected_tests = len(deselected), deselected
        selection.uncollected, selection.functions = uncollected, functions

    def _collected(self, found: dict[str, list[str]]) -> None:
        self._selection.collected |= set(found)
        for name, promises in found.items():
            self._run.record.check(name).promises = tuple(promises)
        self._unfinished.collected()


def _where(noted: dict[str, Any]) -> str:
    return str(noted.get("where", "")) if noted["message"] else ""


def _promises(run: Run, items: Iterable[pytest.Item]) -> dict[str, list[str]]:
    return {item.nodeid: list(promises_of(item)) for item in items if run.is_scenario(item.nodeid)}
