"""Hands the tests of a run to its workers in pieces (``-n N``, with pytest-xdist's default
``--dist load``).

The tests that share spaces built for them are one piece, so that those are built once. Such pieces
start early, and so does each other test that takes long. They are dealt in rounds that begin with
the longest, since what takes long is what makes the machine busy: side by side such tests would
wait too long for each other.

The tests that need the platform alone are the last piece: each of them waits until every other
worker pauses. A worker apart (`apart.py`), if there is one, gets them instead, one at a time, and
no others. Everything else comes in the order of collection, a few tests of one module at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from statistics import median
from typing import Any

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling
from xdist.workermanage import WorkerController

from kubestellar_conformance.plugin import apart, durations
from kubestellar_conformance.plugin.extent import uses_platform
from kubestellar_conformance.plugin.run import run_of
from kubestellar_conformance.story.topologies import OWN_WDS

ALONE = "alone"
_BUILDING = {"arrangement", "restricted_wecs", "argo_cd"}
"""Fixtures that build spaces, or start programs, for the tests of a module."""
_SECONDS = 15.0
"""About how long a piece takes whose tests share nothing."""
_UNKNOWN = 5.0
"""Seconds of a test where nothing is known of any; otherwise it counts with the median."""
_LONG = 20.0
"""The least seconds of a test that starts early, so that no worker is left with it at the end."""
_LONG_PART = 40
"""Such a test also takes at least this part (a fortieth) of each worker's time. Otherwise a slow
day would make most tests long, and many heavy ones would begin the next run side by side.
"""
_PER_WORKER = 8
"""The least number of such pieces for each worker, if there are as many tests."""
_EARLY = 2 / 3
"""The part of the run in which all pieces that start early are begun."""

Pieces = Mapping[str, list[str]]
"""Tests by the name of their piece, in the order in which they are handed out."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """A worker notes which tests belong together, before xdist reports to the controller, which
    collects nothing itself, that it has collected them.
    """
    run = run_of(session.config)
    if run.role == "worker":
        with suppress(OSError):  # the folder's own fault is reported with what was collected
            if not run.folder.belonging() and (found := _belonging(session.config, session.items)):
                run.folder.belong(found)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    return InPieces(config, log) if config.getoption("dist") == "load" else None


class InPieces(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out `pieces`, each to the next worker that has almost nothing left to do."""

    def schedule(self) -> None:
        """Distribute the tests, once all workers have collected them."""
        if self.collection is None and self.registered_collections:
            run = run_of(self.config)
            tests = next(iter(self.registered_collections.values()))
            belonging = run.folder.belonging()
            self._apart = {test for test, to in belonging.items() if to == apart.APART}
            self._order = pieces(tests, belonging, durations.past(run), len(self.nodes))
            self._piece = {test: name for name, found in self._order.items() for test in found}
            # If there are more workers than pieces, the last of these workers are shut down.
            for node in sorted(self.nodes, key=_may_go, reverse=True):
                self.assigned_work[node] = self.assigned_work.pop(node)
        super().schedule()

    def remove_node(self, node: WorkerController) -> str | None:
        """A worker is gone. Returns the test in which it crashed, if any: LoadScopeScheduling would
        run that again, and would hand out the finished pieces too.
        """
        assigned: dict[str, dict[str, bool]] = self.assigned_work[node]
        left = ((piece, test) for piece in assigned.values() for test in piece if not piece[test])
        piece, crashed = next(left, ({}, None))
        if crashed is not None:
            piece[crashed] = True
        self.assigned_work[node] = {
            name: piece for name, piece in assigned.items() if not all(piece.values())
        }
        super().remove_node(node)
        return crashed

    def _reschedule(self, node: WorkerController) -> None:
        super()._reschedule(node)
        # A worker begins a test when it knows the next one; a piece may be a single test.
        while not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)

    def _split_scope(self, nodeid: str) -> str:
        return self._piece[nodeid]

    def _assign_work_unit(self, node: WorkerController) -> None:
        if len(self.workqueue) == len(self._order):  # the first of all: so far they are by size
            for name in self._order:
                self.workqueue.move_to_end(name)
        following = self._next_for(node)
        if following is None:
            node.shutdown()
            return
        self.workqueue.move_to_end(following, last=False)
        with suppress(OSError):  # the worker has ended, as it does without a platform; it says so
            super()._assign_work_unit(node)

    def _next_for(self, node: WorkerController) -> str | None:
        """The next piece for that worker: while a worker apart lives, it gets the tests that need a
        platform alone, and the others get the rest.
        """
        divided = self._apart and any(map(_may_go, self.nodes))
        mine = (
            name for name in self.workqueue if not divided or (name in self._apart) == _may_go(node)
        )
        return next(mine, None)


def _may_go(node: WorkerController) -> bool:
    return apart.may_go(node.gateway.id)


def pieces(
    tests: list[str], belonging: Mapping[str, str], past: Mapping[str, float], workers: int
) -> Pieces:
    """The pieces of these tests, which are in the order of collection.

    ``belonging``: the name of what a test shares with others, `ALONE` or `apart.APART`. A test of
    the latter is a piece by itself, under its own name. ``past``: seconds that tests took earlier.
    """
    sharing: dict[str, list[str]] = {}
    for test in tests:
        if (name := belonging.get(test)) is not None:
            sharing.setdefault(name, []).append(test)
    last = {test: [test] for test in sharing.pop(apart.APART, ())}
    if ALONE in sharing:
        last[ALONE] = sharing.pop(ALONE)
    usual = median(past.values()) if past else _UNKNOWN
    seconds = {test: past.get(test, usual) for test in tests}
    most = max(1, len(tests) // (_PER_WORKER * workers))
    others = [test for test in tests if test not in belonging]
    long = max(_LONG, sum(seconds.values()) / workers / _LONG_PART)
    early = sharing | {test: [test] for test in others if seconds[test] >= long}
    small = dict(_small([test for test in others if test not in early], seconds, most))
    by_length = sorted(
        early, key=lambda name: sum(seconds[test] for test in early[name]), reverse=True
    )
    rounds = [name for number in range(workers) for name in by_length[number::workers]]
    found = early | small
    return {name: found[name] for name in _woven(rounds, list(small))} | last


def _belonging(config: pytest.Config, items: list[pytest.Item]) -> dict[str, str]:
    found = {item.nodeid: to for item in items if (to := _belongs(item))}
    alone = [test for test, to in found.items() if to == ALONE]
    if apart.is_worth_it(config, alone=len(alone), others=len(items) - len(alone)):
        found |= dict.fromkeys(alone, apart.APART)
    return found


def _belongs(item: pytest.Item) -> str | None:
    if not (isinstance(item, pytest.Function) and uses_platform(item)):
        return None
    if item.get_closest_marker("exclusive"):
        return ALONE
    module = item.nodeid.partition("::")[0]
    built = _BUILDING & {*item._fixtureinfo.names_closure}
    if not built and item.get_closest_marker(OWN_WDS) is None:
        return None
    # Each topology is built by itself, also for the tests of one module.
    topology = item.callspec.params.get("arrangement") if "arrangement" in built else ""
    return f"{module} {topology}".rstrip()


def _small(
    tests: Iterable[str], seconds: Mapping[str, float], most: int
) -> Iterator[tuple[str, list[str]]]:
    """Pieces of at most so many consecutive tests of a module, and about `_SECONDS`."""
    for _, found in groupby(tests, key=lambda test: test.partition("::")[0]):
        piece: list[str] = []
        for test in found:
            lasts = sum(seconds[one] for one in [*piece, test])
            if piece and (len(piece) >= most or lasts > _SECONDS):
                yield piece[0], piece
                piece = []
            piece.append(test)
        yield piece[0], piece


def _woven(early: list[str], others: list[str]) -> Iterator[str]:
    """The others in their order, with the early ones between them at even distances."""
    step = max(1, int(len(others) * _EARLY / max(1, len(early))))
    for number, name in enumerate(early):
        yield name
        yield from others[number * step : (number + 1) * step]
    yield from others[len(early) * step :]
