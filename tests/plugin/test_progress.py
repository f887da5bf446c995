"""The progress of a run on a terminal: one line in place. Plain lines: `test_screen`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from _pytest._io import TerminalWriter

from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.starting import Starting, forget, note
from kubestellar_conformance.plugin.progress import Live
from tests.support.child import OF_THE_SCREEN
from tests.support.suite import Suite
from tests.support.terminal import Terminal, seen

LONG = (
    "suite/binding/test_it.py::test_a_name[" + "and what a row of a table says of itself " * 4 + "]"
)
TESTS = (LONG, *(f"suite/status/test_it.py::test_{n}" for n in range(8)))


class Reporter:
    """The parts of pytest's terminal reporter that progress uses, on a terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self.config = SimpleNamespace(option=SimpleNamespace(numprocesses=2))
        self._tw = TerminalWriter(terminal.file)
        self._tw.fullwidth = 100

    def ensure_newline(self) -> None:
        assert self._tw.width_of_current_line == 0

    def write_line(self, line: str, **markup: bool) -> None:
        self._tw.line(line, **markup)


class Run:
    """A run whose events are told by hand, shown on a terminal."""

    def __init__(self, folder: Path) -> None:
        self.terminal = Terminal()
        settings = SimpleNamespace(cache_dir=folder, run_dir=folder / "run")
        self.folder = RunFolder(settings.run_dir)
        run: Any = SimpleNamespace(scenarios="suite", platform_name="fake", settings=settings)
        self.live = Live(run, Reporter(self.terminal), TESTS)

    def begins(self, nodeid: str) -> None:
        self.live.pytest_runtest_logstart(nodeid)

    def ends(self, nodeid: str, verdict: str) -> None:
        for when, said in (("setup", "conforms"), ("call", verdict), ("teardown", "conforms")):
            report = SimpleNamespace(nodeid=nodeid, when=when, ks={"verdict": said})
            self.live.pytest_runtest_logreport(report)

    def lines(self) -> list[str]:
        """What is seen on the terminal, without the seconds so far."""
        return [re.sub(r"^ *\d+ s ", "", line) for line in self.terminal.screen()]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    (tmp_path / "durations").mkdir()
    known = json.dumps(dict.fromkeys(TESTS, 40.0))
    (tmp_path / "durations" / "fake.json").write_text(known)
    made = Run(tmp_path)
    yield made
    made.live.finish()
    made.terminal.close()


def test_the_line_has_counts_time_left_and_what_runs_and_red_tests_stay_above_it(run: Run) -> None:
    run.begins(TESTS[1])
    run.begins(LONG)
    assert run.lines() == [" 0 of 9  about 3 min left  status: test_0 +1"]
    run.ends(TESTS[1], "known deviation")
    run.begins(TESTS[2])
    [line] = run.lines()
    assert line.startswith(" 1 of 9  1 known deviation  ")
    assert line.endswith("... +1")
    assert "  binding: test_a_name[and what" in line
    run.ends(LONG, "deviates")
    run.ends(TESTS[2], "broken")
    run.begins(TESTS[3])
    run.ends(TESTS[3], "fixed deviation")
    assert [line[:60].strip() for line in run.lines()[:3]] == [
        "2 of 9  DEVIATES suite/binding/test_it.py::test_a_name[and",
        "3 of 9  BROKEN suite/status/test_it.py::test_1",
        "4 of 9  FIXED DEVIATION suite/status/test_it.py::test_2",
    ]
    run.begins(TESTS[4])
    last = run.lines()[-1]
    assert last.startswith(" 4 of 9  1 new, 1 known deviations  1 no longer seen  1 broken  ")
    assert all(len(line) <= 100 for line in run.terminal.screen())


def test_before_the_first_test_it_shows_how_far_the_start_of_the_platform_is(run: Run) -> None:
    run.live.draw()
    assert run.lines() == [""]  # components are built, say, which has a line of its own
    note(run.folder, Starting(37, 62, ["the transport controller of wds1", "cluster1 to join"]))
    run.live.draw()
    [line] = run.terminal.screen()
    assert len(line) <= 100
    start = (
        " starting the platform: 37 of 62 steps, waiting for the transport controller of wds1 +1"
    )
    assert run.lines() == [start]
    forget(run.folder)
    run.live.draw()
    assert run.lines() == [""]
    run.begins(TESTS[1])
    note(run.folder, Starting(0, 3, []))
    run.live.draw()
    assert run.lines() == [" 0 of 9  about 3 min left  status: test_0"]


def test_nothing_but_red_tests_stays_at_the_end(run: Run) -> None:
    for test in TESTS:
        run.begins(test)
        run.ends(test, "conforms" if test != LONG else "broken")
    assert "  " not in run.lines()[-1].strip().removeprefix("9 of 9  1 broken")
    run.live.pytest_sessionfinish()
    [red, empty] = run.lines()
    assert red.startswith(" 1 of 9  BROKEN suite/binding/test_it.py::test_a_name[")
    assert empty == ""


@pytest.mark.parametrize("columns", [100, 80, 40, 20, 5])
def test_it_fits_every_window(run: Run, columns: int) -> None:
    run.terminal.resize(columns)
    run.begins(LONG)
    run.ends(TESTS[2], "known deviation")
    run.begins(TESTS[1])
    [line] = run.terminal.screen()
    assert 0 < len(line) < columns


TESTS_OF_A_USER = """
    @promises("T-1")
    def test_holds(wds):
        os.system("echo captured")
        print("captured too")

    @promises("T-2")
    def test_deviates(wds):
        raise Deviation("it did not arrive")
"""


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["one process", "a worker"])
def test_a_run_on_a_terminal_shows_it_and_leaves_nothing_of_it_behind(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, workers: list[str]
) -> None:
    suite.tests(TESTS_OF_A_USER)
    suite.write("cache/durations/fake.json", '{"suite/test_it.py::test_holds": 30.0, "x": "y"}')
    for name in ("COLUMNS", *OF_THE_SCREEN):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    seen_the_start = suite.path / "seen-the-start"
    monkeypatch.setenv("FAKE_UP_UNTIL", str(seen_the_start))
    arguments = suite.arguments(f"--ks-cache-dir={suite.path / 'cache'}", *workers)
    command = [sys.executable, "-m", "pytest", *arguments]
    output = _on_a_terminal(command, suite.path, "waiting for etcd", seen_the_start.touch)
    drawn = re.findall(r"\r *\d+ s  ([^\r\n]*)\x1b\[K", output)
    assert "starting the platform: 1 of 2 steps, waiting for etcd" in drawn
    assert "0 of 2  about 60 s left  test_it.py: test_holds" in drawn
    assert "2 of 2  1 new deviation" in drawn
    shown = seen(output)
    stays = [line for line in shown if re.match(r" *\d+ s ", line)]
    assert [re.sub(r"^ *\d+ s  ", "", line) for line in stays] == [
        "2 of 2  DEVIATES suite/test_it.py::test_deviates"
    ]
    after = shown[shown.index(stays[0]) + 1 :]
    assert [line.strip("= ") for line in after[:2]] == ["", "FAILURES"]
    assert "captured" not in "\n".join(shown)
    known = json.loads((suite.path / "cache" / "durations" / "fake.json").read_text())
    assert list(known) == ["suite/test_it.py::test_holds"]
    assert known["suite/test_it.py::test_holds"] < 30


def _on_a_terminal(command: list[str], folder: Path, awaited: str, then: Callable[[], None]) -> str:
    """The command's output. When it has ``awaited`` in it, ``then`` is called."""
    mine, its = os.openpty()
    with subprocess.Popen(command, cwd=folder, stdin=its, stdout=its, stderr=its):
        os.close(its)
        output = b""
        with suppress(OSError):  # the last program on it has exited
            while part := os.read(mine, 65536):
                output += part
                if awaited.encode() in output:
                    then()
    os.close(mine)
    return output.decode().replace("\r\n", "\n")
