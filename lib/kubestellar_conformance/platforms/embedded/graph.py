"""Runs the steps of a start side by side, each as soon as what it needs is done, and keeps their
times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """When a step began and ended, in seconds since the start of the graph."""

    step: str
    began: float
    ended: float


class StepGraph:
    """Named steps with what each one comes after. A step that fails ends the graph: no other step
    begins.
    """

    def __init__(self) -> None:
        self._steps: dict[str, tuple[Callable[[], object], frozenset[str]]] = {}
        self.timings: list[Timing] = []

    @property
    def names(self) -> frozenset[str]:
        """The steps there are."""
        return frozenset(self._steps)

    def add(self, name: str, action: Callable[[], object], after: Iterable[str] = ()) -> str:
        """Add a step; the names it comes after must have been added before. Gives the name back."""
        needed = frozenset(after)
        if missing := needed - self._steps.keys():
            raise ValueError(f"step {name!r} comes after unknown steps {sorted(missing)}")
        self._steps[name] = (action, needed)
        return name

    def run(self, abort: Callable[[], None]) -> None:
        """Run all steps and re-raise the first failure.

        At a failure, and at an exception in the waiting thread (Ctrl-C), ``abort`` is called once:
        it has to make the steps under way end soon. No other step begins after that.
        """
        begin = time.monotonic()
        waiting, done = dict(self._steps), set[str]()
        running: dict[Future[None], str] = {}
        failure: BaseException | None = None

        def timed(name: str, action: Callable[[], object]) -> None:
            began = time.monotonic() - begin
            action()
            self.timings.append(Timing(name, began, time.monotonic() - begin))

        with ThreadPoolExecutor(max_workers=len(waiting), thread_name_prefix="start") as pool:
            try:
                while running or (waiting and failure is None):
                    for name in [
                        n
                        for n, (_, needed) in waiting.items()
                        if needed <= done and failure is None
                    ]:
                        running[pool.submit(timed, name, waiting.pop(name)[0])] = name
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        done.add(running.pop(future))
                        if failure is None and (failure := future.exception()):
                            abort()
            except BaseException:
                if failure is None:
                    abort()
                raise
        if failure is not None:
            raise failure
