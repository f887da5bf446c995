"""Shows progress while components are fetched and built: the name, n of m, and the time so far."""

from __future__ import annotations

import sys
import threading
import time
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import Progress as RichBars
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn


class Progress(Protocol):
    """Receives the progress of each component that is not in the cache yet. ``close`` is always
    called, also after a failure.
    """

    def start(self, name: str, n: int, m: int) -> None:
        """The work on component ``name``, the ``n``-th of ``m``, begins."""
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

    def start(self, name: str, n: int, m: int) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def done(self, name: str, seconds: float) -> None:
        pass

    def close(self) -> None:
        pass


class Lines:
    """Plain lines for a log, with one every ``heartbeat`` seconds while a component takes long."""

    def __init__(self, stream: TextIO, heartbeat: float = 10.0) -> None:
        self._stream = stream
        self._heartbeat = heartbeat
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, name: str, n: int, m: int) -> None:
        self.close()
        self._say(f"[{n}/{m}] {name}: getting it")
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._beat, args=(self._stop, name, n, m), daemon=True
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

    def _beat(self, stop: threading.Event, name: str, n: int, m: int) -> None:
        began = time.monotonic()
        while not stop.wait(self._heartbeat):
            self._say(f"[{n}/{m}] {name}: {time.monotonic() - began:.0f} s so far")

    def _say(self, text: str) -> None:
        self._stream.write(f"{text}\n")  # in one piece: the heartbeat is another thread
        self._stream.flush()


class Bars:
    """One live line on a terminal."""

    def __init__(self, console: Console) -> None:
        self._bars = RichBars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._bars.add_task("components", total=None)

    def start(self, name: str, n: int, m: int) -> None:
        self._bars.reset(
            self._task, description=f"[{n} of {m}] {name}".replace("[", r"\["), total=None
        )
        self._bars.start()

    def note(self, text: str) -> None:
        self._bars.console.print(text, markup=False, highlight=False)

    def done(self, name: str, seconds: float) -> None:
        self._bars.console.print(f"{name}: done in {seconds:.1f} s", markup=False, highlight=False)

    def close(self) -> None:
        self._bars.stop()


def progress_on(stream: TextIO | None = None) -> Progress:
    """A live line if ``stream`` (default: standard error) is a terminal, else plain lines."""
    stream = stream or sys.stderr
    return Bars(Console(file=stream)) if stream.isatty() else Lines(stream)
