"""What is shown while components are got."""

from __future__ import annotations

import io
import re
import threading

from rich.console import Console

from kubestellar_conformance.components.progress import Bars, Lines, progress_on


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
    lines = Lines(stream, heartbeat=0.01)
    lines.start("etcd", 1, 3)
    assert stream.seen.wait(10)
    lines.note("another run is at it")
    lines.done("etcd", 2.345)
    text = stream.getvalue()
    assert re.match(r"\[1/3\] etcd: getting it\n\[1/3\] etcd: \d+ s so far\n", text), text
    assert text.endswith("      etcd: done in 2.3 s\n")
    assert "      another run is at it\n" in text


def test_after_close_there_is_no_more_heartbeat() -> None:
    before = set(threading.enumerate())  # of which one may end meanwhile
    lines = Lines(io.StringIO())
    lines.start("a", 1, 2)
    lines.start("b", 2, 2)
    assert len(set(threading.enumerate()) - before) == 1
    lines.close()
    lines.close()
    assert set(threading.enumerate()) - before == set()


def test_a_terminal_gets_one_live_line() -> None:
    stream = io.StringIO()
    bars = Bars(Console(file=stream, force_terminal=True, width=80))
    bars.start("kwok", 2, 5)
    bars.note("a [red]note")
    bars.done("kwok", 1.0)
    bars.close()
    assert "[2 of 5] kwok" in stream.getvalue()
    assert "a [red]note\n" in stream.getvalue()
    assert "kwok: done in 1.0 s" in stream.getvalue()


def test_a_stream_that_is_not_a_terminal_gets_lines() -> None:
    assert isinstance(progress_on(io.StringIO()), Lines)
