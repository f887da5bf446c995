"""Who may use the platform now: tests side by side, or one that stops parts of it alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.plugin.run import Run

_TESTS = "tests"
_TURN = "turn"
_sharing: list[Run] = []
"""A run stands here once for each share that this process holds, so that shares nest without asking
for a turn.
"""


@contextmanager
def turn(run: Run, name: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock ``name`` of the run inside. Waiting for it is not the test's own time."""
    begun = time.monotonic()
    with run.folder.locked(name, shared=shared):
        run.waited += time.monotonic() - begun
        yield


@contextmanager
def taking_part(run: Run, *, alone: bool = False) -> Iterator[None]:
    """Use the platform inside: beside others, or ``alone``. Waits for its turn, in the kernel."""
    nested = run in _sharing
    if nested and alone:
        raise UserError(
            "a test that has to be alone cannot be in a module that shares something: move it out"
        )
    with ExitStack() as stack:
        if not nested:
            with turn(run, _TURN):  # one that has to be alone keeps the next from overtaking it
                stack.enter_context(turn(run, _TESTS, shared=not alone))
        if not alone:
            _sharing.append(run)
            stack.callback(_sharing.remove, run)
        yield
