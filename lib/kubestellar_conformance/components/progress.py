"""Shows progress while components are fetched and built: the name, n of m, the time so far, and
about how much is left, by the time that earlier builds took.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Protocol, TextIO

from kubestellar_conformance.time_left import ExpectedTime, about, rewritable


class Progress(Protocol):
    """Receives the progress of each component that is not in the cache yet. ``close`` is always
    called, also after a failure.
    """

    def start(self, name: str, n: int, m: int, expected: ExpectedTime | None = None) -> None:
        """The work on component ``name``, the ``n``-th of ``m``, begins. ``expected``: the time
        that it and the components after it take, if known.
        """
        ...

    def note(self, text: str) -> None:
        """An event that deserves a line of its own."""
        ...

    def done(self, name: str, seconds: float) -> None:
        """``name`` is ready, after so many seconds."""
        ...

    def close(self) -> None: ...


class Silent:
    """No output at all."""

    def start(self, name: str, n: int, m: int, expected: ExpectedTime | None = None) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def done(self, name: str, seconds: float) -> None:
        pass

    def close(self) -> None:
        pass


class BuildLines:
    """Plain lines for a log, with one every ``heartbeat`` seconds while a component takes long."""

    def __init__(self, stream: TextIO, heartbeat: float = 10.0) -> None:
        self._stream = stream
        self._heartbeat = heartbeat
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, name: str, n: int, m: int, expected: ExpectedTime | None = None) -> None:
        self.close()
        self._say(f"[{n}/{m}] {name}: getting it{and_left(expected)}")
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._beat, args=(self._stop, f"[{n}/{m}] {name}", expected), daemon=True
        )
        self._thread.start()

    def note(self, text: str) -> None:
        self._say(f"      {text}")

    def done(self, name: str, seconds: float) -> None:
        self.close()
        self._say(f"      {name}: done in {seconds:.1f} s")

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _beat(self, stop: threading.Event, what: str, expected: ExpectedTime | None) -> None:
        began = time.monotonic()
        while not stop.wait(self._heartbeat):
            seconds = time.monotonic() - began
            self._say(f"{what}: {seconds:.0f} s so far{and_left(expected, seconds)}")

    def _say(self, text: str) -> None:
        self._stream.write(f"{text}\n")  # in one piece: the heartbeat is another thread
        self._stream.flush()


def and_left(expected: ExpectedTime | None, elapsed: float = 0.0) -> str:
    """How much is left, to follow other words; empty if nothing is known."""
    return "" if expected is None else f", {about(expected.left(elapsed))} left in all"


def progress_on(stream: TextIO | None = None) -> Progress:
    """A live line if ``stream`` (default: standard error) is a terminal, else plain lines."""
    stream = stream or sys.stderr
    if not rewritable(stream):
        return BuildLines(stream)
    from rich.console import Console  # only for a terminal: it takes its time to load

    from kubestellar_conformance.components.bars import Bars

    return Bars(Console(file=stream))
