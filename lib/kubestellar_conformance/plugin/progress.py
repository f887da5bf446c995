"""The progress of a run: seconds so far, counts, and each area with its letters.

pytest's own dots name a file without workers, and nothing with them. These lines are shown where
pytest would show letters: with ``-v`` it names each test, with ``-q`` they are omitted.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import pytest

from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.reporting.verdicts import Verdict, worst

LETTERS = {
    Verdict.CONFORMS: ".",
    Verdict.DEVIATES: "F",
    Verdict.FIXED: "F",
    Verdict.BROKEN: "B",
    Verdict.KNOWN: "x",
    Verdict.NOT_SUPPORTED: "n",
    Verdict.NOT_RUN: "s",
}
LEGEND = (
    ". conforms, F deviates, B broken, x known deviation, n not supported, s not run; "
    "a red one is named"
)
_EVERY = 5.0
"""Seconds of which one line gathers the letters."""
_WIDTH = 100
_BEGUN = time.monotonic()
"""About when the run began: pytest loads its plugins first of all."""
_SHOWN = pytest.StashKey["Progress"]()


class Progress:
    """The lines of one run, in the process that shows them."""

    def __init__(self, run: Run, terminal: Any, tests: int) -> None:
        self._run, self._terminal, self._tests = run, terminal, tests
        self._line_begun = time.monotonic()
        self._verdicts: dict[str, list[Verdict]] = {}
        self._done: set[str] = set()
        self._gathered: dict[str, str] = {}
        self._explained = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        noted = getattr(report, "ks", None)
        verdict = Verdict(noted["verdict"]) if noted else Verdict.BROKEN
        self._verdicts.setdefault(report.nodeid, []).append(verdict)
        if report.when in ("setup", "call"):
            return
        self._done.add(report.nodeid)
        verdict = worst(self._verdicts[report.nodeid])
        if verdict.red:
            self.flush()
            self._write(f"{LETTERS[verdict]} {report.nodeid}", red=True)
            return
        area = self._area(report.nodeid)
        self._gathered[area] = self._gathered.get(area, "") + LETTERS[verdict]
        if len(self._done) == self._tests or self._full():
            self.flush()

    def pytest_sessionfinish(self) -> None:
        self.flush()

    def flush(self) -> None:
        """Show the letters gathered since the last line."""
        if self._gathered:
            self._write(self._areas())
        self._gathered = {}
        self._line_begun = time.monotonic()

    def _full(self) -> bool:
        long = len(self._head()) + len(self._areas()) > _WIDTH - 20
        return long or time.monotonic() - self._line_begun >= _EVERY

    def _areas(self) -> str:
        return "  ".join(f"{area} {letters}" for area, letters in self._gathered.items())

    def _head(self) -> str:
        width = len(str(self._tests))
        seconds = time.monotonic() - _BEGUN
        return f"{seconds:5.0f} s  {len(self._done):>{width}} of {self._tests}  "

    def _write(self, text: str, **markup: bool) -> None:
        self._terminal.ensure_newline()
        if not self._explained:
            self._explained = True
            self._terminal.write_line(LEGEND)
        self._terminal.write_line(self._head() + text, **markup)

    def _area(self, nodeid: str) -> str:
        """The folder below the suite, or the file's name outside a suite."""
        path = nodeid.partition("::")[0]
        inside = path.removeprefix(f"{self._run.scenarios}/") if self._run.scenarios else path
        folder = inside.rpartition("/")[0]
        return folder or inside


def pytest_collection_finish(session: pytest.Session) -> None:
    if run_of(session.config).role == "solo":
        _begin(session.config, [item.nodeid for item in session.items])


@pytest.hookimpl(optionalhook=True, trylast=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """Take the number of tests from the first worker that has collected."""
    _begin(node.config, ids)


def shown(config: pytest.Config) -> bool:
    """Whether these lines replace pytest's letters."""
    return _SHOWN in config.stash


def _begin(config: pytest.Config, ids: Iterable[str]) -> None:
    run, names = run_of(config), list(ids)
    terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
    only_looks = config.option.collectonly or config.option.setupshow or config.option.setupplan
    if terminal is None or config.option.verbose != 0 or only_looks or shown(config):
        return
    if not names or not all(map(run.is_scenario, names)):
        return  # beside other tests, pytest's letters are for all
    config.stash[_SHOWN] = Progress(run, terminal, len(names))
    config.pluginmanager.register(config.stash[_SHOWN], "ks-progress")
    terminal.showfspath = False
    terminal._show_progress_info = False  # it has no other way to leave out the percentage
