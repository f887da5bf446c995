"""Shows the progress of fetching and building components as one live line of a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress as RichBars
from rich.progress import ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from kubestellar_conformance.components.progress import and_left
from kubestellar_conformance.time_left import ExpectedTime

_PER_SECOND = 2.0
"""How often the line is drawn."""


class _TimeLeft(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(and_left(task.fields["expected"], task.elapsed or 0.0).removeprefix(", "))


class Bars:
    """One live line on a terminal."""

    def __init__(self, console: Console) -> None:
        self._bars = RichBars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            _TimeLeft(),
            console=console,
            transient=True,
            refresh_per_second=_PER_SECOND,
        )
        self._task = self._bars.add_task("components", total=None, expected=None)

    def start(self, name: str, n: int, m: int, expected: ExpectedTime | None = None) -> None:
        description = f"[{n} of {m}] {name}".replace("[", r"\[")
        self._bars.reset(self._task, description=description, total=None, expected=expected)
        self._bars.start()

    def note(self, text: str) -> None:
        self._bars.console.print(text, markup=False, highlight=False)

    def done(self, name: str, seconds: float) -> None:
        self._bars.console.print(f"{name}: done in {seconds:.1f} s", markup=False, highlight=False)

    def close(self) -> None:
        self._bars.stop()
