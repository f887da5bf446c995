"""The progress of a run: seconds so far, counts, and what is running.

On a terminal it is one line, rewritten in place: how far the start of the platform is, then the
current test and the time left. A log gets plain lines instead: each area with its letters, since
pytest's own dots name a file without workers, and nothing with them. Both are shown where pytest
would show letters: with ``-v`` it names each test, with ``-q`` they are omitted.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

import pytest

from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.starting import under_way
from kubestellar_conformance.plugin import durations
from kubestellar_conformance.plugin.live_line import LiveLine, fitting
from kubestellar_conformance.plugin.pace import Pace
from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.reporting.verdicts import Verdict, worst
from kubestellar_conformance.time_left import about, rewritable

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
    "F and B are named"
)
_EVERY = 5.0
"""Seconds of which one line gathers the letters."""
_WIDTH = 100
_LONG = 5.0
"""Seconds after which the current test's own time is shown."""
_BEGUN = time.monotonic()
"""About when the run began: pytest loads its plugins first of all."""
_SHOWN = pytest.StashKey["RunProgress"]()


class RunProgress(ABC):
    """Counts the tests of one run, in the process that shows them."""

    def __init__(self, run: Run, terminal: Any, tests: Collection[str]) -> None:
        self._run, self._terminal, self._tests = run, terminal, len(tests)
        self._verdicts: dict[str, list[Verdict]] = {}
        self._done: set[str] = set()

    def pytest_runtest_logreport(self, report: Any) -> None:
        noted = getattr(report, "ks", None)
        verdict = Verdict(noted["verdict"]) if noted else Verdict.BROKEN
        self._verdicts.setdefault(report.nodeid, []).append(verdict)
        if report.when not in ("setup", "call"):
            self._done.add(report.nodeid)
            self.done(report.nodeid, worst(self._verdicts[report.nodeid]))

    @abstractmethod
    def done(self, nodeid: str, verdict: Verdict) -> None:
        """Show that a test is over, with its verdict."""

    @abstractmethod
    def finish(self) -> None:
        """Show nothing more. May be called again."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self.finish()

    def pytest_unconfigure(self) -> None:
        self.finish()

    def _head(self) -> str:
        width = len(str(self._tests))
        return f"{self._seconds()}  {len(self._done):>{width}} of {self._tests}  "

    @staticmethod
    def _seconds() -> str:
        return f"{time.monotonic() - _BEGUN:5.0f} s"

    def _area(self, nodeid: str) -> str:
        """The folder below the suite, or the file's name outside a suite."""
        path = nodeid.partition("::")[0]
        inside = path.removeprefix(f"{self._run.scenarios}/") if self._run.scenarios else path
        folder = inside.rpartition("/")[0]
        return folder or inside


class ResultLines(RunProgress):
    """Plain lines, each with the letters of some seconds."""

    def __init__(self, run: Run, terminal: Any, tests: Collection[str]) -> None:
        super().__init__(run, terminal, tests)
        self._line_begun = time.monotonic()
        self._gathered: dict[str, str] = {}
        self._explained = False

    def done(self, nodeid: str, verdict: Verdict) -> None:
        """Add the letter to the line; a red test has a line of its own."""
        if verdict.red:
            self.flush()
            self._write(f"{LETTERS[verdict]} {nodeid}", red=True)
            return
        area = self._area(nodeid)
        self._gathered[area] = self._gathered.get(area, "") + LETTERS[verdict]
        if len(self._done) == self._tests or self._full():
            self.flush()

    def finish(self) -> None:
        """Show the last letters."""
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

    def _write(self, text: str, **markup: bool) -> None:
        self._terminal.ensure_newline()
        if not self._explained:
            self._explained = True
            self._terminal.write_line(LEGEND)
        self._terminal.write_line(self._head() + text, **markup)


class Live(RunProgress):
    """One line in place; above it stay the red tests, each with its verdict in full."""

    def __init__(self, run: Run, terminal: Any, tests: Collection[str]) -> None:
        super().__init__(run, terminal, tests)
        workers = getattr(terminal.config.option, "numprocesses", None) or 1
        self._pace = Pace(tests, durations.past(run), workers)
        self._counts: Counter[Verdict] = Counter()
        self._begun = False
        self._line = LiveLine(terminal._tw, self.text)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._pace.begin(nodeid)
        self._begun = True
        self.draw()

    def draw(self) -> None:
        """Draw the line now; else it is drawn once a second."""
        self._line.draw()

    def done(self, nodeid: str, verdict: Verdict) -> None:
        """Count the test; a red one gets a line that stays."""
        self._pace.end(nodeid)
        self._counts[verdict] += 1
        if verdict.red:
            self._terminal.ensure_newline()
            text = f"{self._head()}{verdict.upper()} {nodeid}"
            self._terminal.write_line(fitting(text, self._terminal._tw.fullwidth - 1), red=True)
        if verdict.red or len(self._done) == self._tests:
            self.draw()  # else the next test does

    def pytest_enter_pdb(self) -> None:
        self._line.pause()

    def pytest_leave_pdb(self) -> None:
        self._line.resume()

    def finish(self) -> None:
        """Erase the line."""
        self._line.close()

    def text(self, width: int) -> str:
        """The line as it is now, for so many columns: how far the platform's start is, then the
        tests. Empty between, and while others show something: which components are built.
        """
        if not self._begun:
            start = under_way(RunFolder(self._run.settings.run_dir))
            return "" if start is None else f"{self._seconds()}  {start}"
        left = self._pace.left()
        parts = [*self._deviations(), *([] if left is None else [f"{about(left)} left"])]
        head = "  ".join([self._head().rstrip(), *parts])
        current = self._current(width - len(head) - 2)
        return f"{head}  {current}" if current else head

    def _deviations(self) -> Iterable[str]:
        known, new = self._counts[Verdict.KNOWN], self._counts[Verdict.DEVIATES]
        counts = [f"{n} {word}" for n, word in ((new, "new"), (known, "known")) if n]
        if counts:
            yield f"{', '.join(counts)} deviation{'s' if new + known > 1 else ''}"
        if fixed := self._counts[Verdict.FIXED]:
            yield f"{fixed} no longer seen"
        if broken := self._counts[Verdict.BROKEN]:
            yield f"{broken} broken"

    def _current(self, room: int) -> str:
        """The test that has been running longest, cut to ``room`` columns; how many others run."""
        running = self._pace.running()
        if not running:
            return ""
        nodeid, seconds = running[0]
        time_of = f" {seconds:.0f} s" if seconds >= _LONG else ""
        after = f"{time_of}{f' +{len(running) - 1}' if len(running) > 1 else ''}"
        name = f"{self._area(nodeid)}: {nodeid.rpartition('::')[2]}"
        return f"{fitting(name, room - len(after))}{after}" if room - len(after) >= 12 else ""


def pytest_collection_finish(session: pytest.Session) -> None:
    if run_of(session.config).role == "solo":
        _begin(session.config, [item.nodeid for item in session.items])


@pytest.hookimpl(optionalhook=True, trylast=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """Take the number of tests from the first worker that has collected."""
    _begin(node.config, ids)


def shown(config: pytest.Config) -> bool:
    """Whether this progress replaces pytest's letters."""
    return _SHOWN in config.stash


def finish(config: pytest.Config) -> None:
    """Show no more progress, since the process ends without pytest's hooks."""
    if shown(config):
        config.stash[_SHOWN].finish()


def _begin(config: pytest.Config, ids: Iterable[str]) -> None:
    run, names = run_of(config), list(ids)
    terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
    only_looks = config.option.collectonly or config.option.setupshow or config.option.setupplan
    if terminal is None or config.option.verbose != 0 or only_looks or shown(config):
        return
    if not names or not all(map(run.is_scenario, names)):
        return  # beside other tests, pytest's letters are for all
    kind: type[RunProgress] = Live if _rewritable(config, terminal) else ResultLines
    config.stash[_SHOWN] = kind(run, terminal, names)
    config.pluginmanager.register(config.stash[_SHOWN], "ks-progress")
    terminal.showfspath = False
    terminal._show_progress_info = False  # it has no other way to leave out the percentage


def _rewritable(config: pytest.Config, terminal: Any) -> bool:
    """Whether only pytest writes on its terminal: the output of tests is captured whole."""
    captured = config.option.capture == "fd" and config.pluginmanager.hasplugin("capturemanager")
    return captured and rewritable(terminal._tw._file)
