"""What is shown while components are got."""

from __future__ import annotations

import io
import re
import threading

import pytest
from rich.console import Console

from kubestellar_conformance.components.bars import Bars
from kubestellar_conformance.components.progress import BuildLines, progress_on
from kubestellar_conformance.time_left import ExpectedTime
from tests.support.child import OF_THE_SCREEN


class Stream(io.StringIO):
    """Tells when a text has been written."""

    def __init__(self, awaited: str) -> None:
        super().__init__()
        self._awaited = awaited
        self.seen = threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._awaited in text:
            self.seen.set()
        return written


def test_lines_say_which_of_how_many_and_that_it_goes_on() -> None:
    stream = Stream("s so far")
    lines = BuildLines(stream, heartbeat=0.01)
    lines.start("etcd", 1, 3)
    assert stream.seen.wait(10)
    lines.note("another run is at it")
    lines.done("etcd", 2.345)
    text = stream.getvalue()
    assert re.match(r"\[1/3\] etcd: getting it\n\[1/3\] etcd: \d+ s so far\n", text), text
    assert text.endswith("      etcd: done in 2.3 s\n")
    assert "      another run is at it\n" in text


def test_lines_say_about_how_much_is_left() -> None:
    stream = Stream("s so far")
    lines = BuildLines(stream, heartbeat=0.01)
    lines.start("etcd", 1, 3, ExpectedTime(piece=200.0, rest=400.0))
    assert stream.seen.wait(10)
    lines.close()
    first, beat = stream.getvalue().splitlines()[:2]
    assert first == "[1/3] etcd: getting it, about 10 min left in all"
    assert beat == "[1/3] etcd: 0 s so far, about 10 min left in all"


def test_after_close_there_is_no_more_heartbeat() -> None:
    before = set(threading.enumerate())  # of which one may end meanwhile
    lines = BuildLines(io.StringIO())
    lines.start("a", 1, 2)
    lines.start("b", 2, 2)
    assert len(set(threading.enumerate()) - before) == 1
    lines.close()
    lines.close()
    assert set(threading.enumerate()) - before == set()


def test_a_terminal_gets_one_live_line() -> None:
    stream = io.StringIO()
    bars = Bars(Console(file=stream, force_terminal=True, width=80))
    bars.start("kwok", 2, 5, ExpectedTime(piece=60.0, rest=0.0))
    bars.note("a [red]note")
    bars.done("kwok", 1.0)
    bars.start("unknown", 3, 5)
    bars.close()
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert re.search(r"\[2 of 5\] kwok 0:00:00 about 60 s left in all", shown), shown
    assert re.search(r"\[3 of 5\] unknown 0:00:00 *[\r\n]", shown), shown
    assert "a [red]note\n" in shown
    assert "kwok: done in 1.0 s" in shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "expected"),
    [
        pytest.param(Terminal(), {"TERM": "xterm"}, Bars, id="terminal"),
        pytest.param(Terminal(), {"TERM": "dumb"}, BuildLines, id="dumb terminal"),
        pytest.param(Terminal(), {"TERM": "xterm", "CI": "true"}, BuildLines, id="CI"),
        pytest.param(io.StringIO(), {"TERM": "xterm"}, BuildLines, id="pipe"),
    ],
)
def test_only_a_terminal_that_no_log_keeps_gets_the_live_line(
    stream: io.StringIO,
    environment: dict[str, str],
    expected: type[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TERM", *OF_THE_SCREEN):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert isinstance(progress_on(stream), expected)
