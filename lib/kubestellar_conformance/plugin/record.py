"""Merges the reports of every process into the run's record, in the process that owns the run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import pytest

from kubestellar_conformance.plugin.collection import note_selection, taken_away, uncollected
from kubestellar_conformance.plugin.promises import promises_of
from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.plugin.verdicts import facts
from kubestellar_conformance.reporting.verdicts import Verdict

_DESELECTED, _UNCOLLECTED = "ks_deselected", "ks_uncollected"


class _Node(Protocol):
    config: pytest.Config
    workeroutput: dict[str, Any]


def pytest_sessionstart(session: pytest.Session) -> None:
    run = run_of(session.config)
    if run.owner:
        note_selection(session.config)
        session.config.pluginmanager.register(Collector(run), "ks-collector")
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
        }
        found = _promises(self._run, session.items)
        if found and not session.config.option.collectonly:
            self._run.folder.has_collected(found)


class Collector:
    """Merges the reports, in the process that owns the run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._selection = run.record.selection

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        noted = facts(report)
        if noted is None and report.failed and self._run.is_scenario(report.nodeid):
            # xdist reports the test of a worker that crashed, outside any phase of the test.
            noted = {"verdict": Verdict.BROKEN.value, "message": str(report.longrepr)}
        if noted is not None:
            self._take(report, noted)

    def _take(self, report: pytest.TestReport, noted: dict[str, Any]) -> None:
        check = self._run.record.check(report.nodeid)
        check.verdicts.append(Verdict(noted["verdict"]))
        check.called |= report.when == "call"
        messages = [noted["message"]] if noted["message"] else []
        check.messages += messages
        if report.when != "teardown":
            check.story.append(Verdict(noted["verdict"]))
            check.told += messages
        if noted.get("left_behind"):
            check.left_behind = Verdict(noted["verdict"]), noted["message"]
        check.promises = tuple(noted.get("promises", check.promises))
        check.own = tuple(noted["own"]) if "own" in noted else check.own
        check.known = noted.get("known", check.known)
        check.evidence, check.steps = (
            noted.get("evidence", check.evidence),
            noted.get("steps", check.steps),
        )
        check.seconds += report.duration
        check.waited += noted.get("waited", 0.0)
        check.worker = getattr(report, "worker_id", None)
        for use in noted.get("waits", ()):
            self._run.record.uses.append(use)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._selection.collection_errors += report.failed

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if self._run.role == "solo":
            self._selection.deselected, self._selection.uncollected = (
                taken_away(session),
                uncollected(session.config),
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
        self._selection.deselected = max(self._selection.deselected, output.get(_DESELECTED, 0))
        self._selection.uncollected = output.get(_UNCOLLECTED, self._selection.uncollected)

    def _collected(self, found: dict[str, list[str]]) -> None:
        self._selection.collected |= set(found)
        for name, promises in found.items():
            self._run.record.check(name).promises = tuple(promises)


def _promises(run: Run, items: Iterable[pytest.Item]) -> dict[str, list[str]]:
    return {item.nodeid: list(promises_of(item)) for item in items if run.is_scenario(item.nodeid)}
