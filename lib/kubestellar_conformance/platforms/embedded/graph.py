"""Runs the steps of a start side by side, each as soon as the steps it needs are done, and keeps
their times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter


@dataclass(frozen=True)
class Timing:
    """When a step began and ended, in seconds since the start of the graph."""

    step: str
    began: float
    ended: float


class StepGraph:
    """Named steps, each with the steps it comes after. After a step has failed, no other step
    begins.
    """

    def __init__(self) -> None:
        self._actions: dict[str, Callable[[], object]] = {}
        self._order: TopologicalSorter[str] = TopologicalSorter()
        self.timings: list[Timing] = []

    @property
    def names(self) -> frozenset[str]:
        """The steps added so far."""
        return frozenset(self._actions)

    def add(self, name: str, action: Callable[[], object], after: Iterable[str] = ()) -> str:
        """Add a step and return its name. The steps it comes after must have been added before."""
        needed = frozenset(after)
        if missing := needed - self._actions.keys():
            raise ValueError(f"step {name!r} comes after unknown steps {sorted(missing)}")
        self._actions[name] = action
        self._order.add(name, *needed)
        return name

    def run(
        self, abort: Callable[[], None], note: Callable[[Sequence[str]], None] = lambda _: None
    ) -> None:
        """Run all steps once and re-raise the first failure. On a failure, and on an exception in
        the waiting thread (Ctrl-C), ``abort`` is called once: it has to make the steps under way
        end soon. No other step begins after that.

        ``note`` gets the steps under way after each change of them, the oldest first.
        """
        begin = time.monotonic()
        running: dict[Future[None], str] = {}
        failure: BaseException | None = None

        def timed(name: str) -> None:
            began = time.monotonic() - begin
            self._actions[name]()
            self.timings.append(Timing(name, began, time.monotonic() - begin))

        self._order.prepare()
        with ThreadPoolExecutor(len(self._actions), thread_name_prefix="start") as pool:
            try:
                while running or (self._order.is_active() and failure is None):
                    if failure is None:
                        ready = self._order.get_ready()
                        running |= {pool.submit(timed, name): name for name in ready}
                        note(list(running.values()))
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        self._order.done(running.pop(future))
                        if failure is None and (failure := future.exception()):
                            abort()
            except BaseException:
                if failure is None:
                    abort()
                raise
        if failure is not None:
            raise failure
