"""One line at the foot of the terminal that is rewritten in place, below pytest's own output.

It is erased before anything else is written, and drawn again once a second, but only where the
cursor stands at the begin of a line. Nothing of it stays.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

from rich.cells import cell_len, set_cell_size

WIDEST = 100
_SPARE = 3
"""Columns left free, for the ^C that a terminal echoes: beyond its edge the line could not be
erased.
"""
_EVERY = 1.0
"""Seconds between two drawings."""
_UNSEEN = re.compile(r"\x1b\[[0-9;]*m|\x1b\].*?(\x07|\x1b\\)")
"""Colours, and commands to the terminal's window: neither moves the cursor."""
_ERASE = "\r\x1b[K"


class LiveLine:
    """The line that ``text`` gives, for a number of columns. Draws until `close`; an empty text
    leaves the terminal to others.

    It writes to a file descriptor of its own: while a test runs, pytest's leads elsewhere.
    """

    def __init__(self, writer: Any, text: Callable[[int], str]) -> None:
        self._writer, self._text = writer, text
        # pytest's terminal writer has no other way to see what is written.
        self._file: TextIO = writer._file
        self._screen = os.dup(self._file.fileno())
        # A signal's handler may write while the thread that it interrupts does.
        self._lock = threading.RLock()
        self._at_begin: bool = writer.width_of_current_line == 0
        self._drawn = self._paused = False
        self._over = threading.Event()
        self._writer._file = _Watched(self._file, self)
        self._thread = threading.Thread(target=self._draw_on, name="live line", daemon=True)
        self._thread.start()

    def draw(self) -> None:
        """Draw the line as it is now."""
        with self._lock:
            if self._paused or self._over.is_set() or not self._at_begin:
                return
            width = min(self._columns() - _SPARE, WIDEST)
            if text := self._text(width):
                self._put(f"\r{fitting(text, width)}\x1b[K")
                self._drawn = True
            else:
                self._erase()

    def write(self, text: str) -> int:
        """Write the text of others, above the line."""
        with self._lock:
            seen = _UNSEEN.sub("", text)
            if not seen:
                return self._file.write(text)
            self._erase()
            written = self._file.write(text)
            self._file.flush()  # before the next drawing, which does not wait for it
            # Who goes back to the begin, as xdist's status of its workers, rewrites a line too.
            self._at_begin = seen.endswith("\n") or seen.startswith("\r")
            return written

    def pause(self) -> None:
        """Leave the terminal to others until `resume`."""
        with self._lock:
            self._erase()
            self._paused = True

    def resume(self) -> None:
        """Draw again."""
        with self._lock:
            self._paused = False

    def close(self) -> None:
        """Erase the line, and give the terminal back. May be called again."""
        if self._over.is_set():
            return
        with self._lock:
            self._erase()
            self._over.set()
        self._thread.join()
        self._writer._file = self._file
        os.close(self._screen)

    def _draw_on(self) -> None:
        while not self._over.wait(_EVERY):
            self.draw()

    def _erase(self) -> None:
        if self._drawn:
            self._put(_ERASE)
            self._drawn = False

    def _put(self, text: str) -> None:
        with suppress(OSError):  # the terminal is gone: pytest will notice
            os.write(self._screen, text.encode(self._file.encoding or "ascii", "replace"))

    def _columns(self) -> int:
        with suppress(OSError):
            return os.get_terminal_size(self._screen).columns or 80
        return 80


class _Watched:
    """Stands in for the terminal's file."""

    def __init__(self, file: TextIO, line: LiveLine) -> None:
        self._file, self._line = file, line

    def write(self, text: str) -> int:
        return self._line.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def fitting(text: str, width: int) -> str:
    """The text in one line of at most ``width`` columns, its end cut if need be."""
    text = "".join(one if one.isprintable() else "?" for one in text)
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(width - 3, 0)).rstrip() + "..."[:width]
