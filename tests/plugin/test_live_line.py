"""The line at the foot of the terminal leaves nothing behind, and spares what others write."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from _pytest._io import TerminalWriter

from kubestellar_conformance.plugin import live_line
from kubestellar_conformance.plugin.live_line import LiveLine, fitting
from tests.support.terminal import Terminal


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.close()


@pytest.fixture
def writer(terminal: Terminal) -> TerminalWriter:
    return TerminalWriter(terminal.file)


def test_the_text_of_others_stays_whole_and_the_line_goes(
    terminal: Terminal, writer: TerminalWriter
) -> None:
    writer.line("before")
    line = LiveLine(writer, lambda _: "12 of 40")
    line.draw()
    assert terminal.screen() == ["before", "12 of 40"]
    writer.line("a failure", red=True)
    line.draw()
    assert terminal.screen() == ["before", "a failure", "12 of 40"]
    writer.write("half a line, ")
    line.draw()
    assert terminal.screen() == ["before", "a failure", "half a line,"]
    writer.line("the other half")
    line.draw()
    writer.write("", green=True)
    assert terminal.screen()[-2:] == ["half a line, the other half", "12 of 40"]
    writer.write("\rstatus of workers")
    line.draw()
    assert terminal.screen()[-1] == "12 of 40"
    line.close()
    line.close()
    writer.line("after")
    line.draw()
    shown = ["before", "a failure", "half a line, the other half", "after", ""]
    assert terminal.screen() == shown
    assert writer._file is terminal.file


def test_a_debugger_has_the_terminal_to_itself(terminal: Terminal, writer: TerminalWriter) -> None:
    line = LiveLine(writer, lambda _: "12 of 40")
    line.draw()
    line.pause()
    line.draw()
    assert terminal.screen() == [""]
    line.resume()
    line.draw()
    assert terminal.screen() == ["12 of 40"]
    line.close()


def test_it_fits_the_window_whose_width_may_change_and_a_ctrl_c_behind_it(
    terminal: Terminal, writer: TerminalWriter
) -> None:
    line = LiveLine(writer, lambda width: f"{width} " + "x" * 500)
    widths = []
    for columns in (100, 60, 300):
        terminal.resize(columns)
        line.draw()
        [shown] = terminal.screen()
        assert shown.endswith("x...")
        assert shown.split()[0] == str(len(shown))
        widths.append(len(shown))
    line.close()
    assert widths == [97, 57, 100]


def test_it_is_drawn_again_without_any_event_until_it_is_closed(
    writer: TerminalWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_line, "_EVERY", 0.01)
    drawn = threading.Semaphore(0)

    def text(_: int) -> str:
        drawn.release()
        return "now"

    line = LiveLine(writer, text)
    assert drawn.acquire(timeout=30)
    assert drawn.acquire(timeout=30)
    line.close()
    assert "live line" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("as it is", 8, "as it is"),
        ("a little too long", 12, "a little..."),
        ("a\tb\nc\x1b[2J", 20, "a?b?c?[2J"),
        ("幅の広い字", 8, "幅の..."),
        ("none", 2, ".."),
    ],
)
def test_what_does_not_fit_is_cut(text: str, width: int, expected: str) -> None:
    assert fitting(text, width) == expected
