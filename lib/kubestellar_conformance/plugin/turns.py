"""Decides who may use the platform: tests side by side, or a test that stops its parts alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.plugin.run import Run

_TESTS = "tests"
_TURN = "turn"
_sharing: list[Run] = []
"""The run, once per share that this process holds, so that a nested share waits for no turn."""


@contextmanager
def turn(run: Run, name: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock ``name`` of the run inside. The wait for it does not count as the test's own
    time.
    """
    begun = time.monotonic()
    with run.place.locked(name, shared=shared):
        run.waited += time.monotonic() - begun
        yield


@contextmanager
def taking_part(run: Run, *, alone: bool = False) -> Iterator[None]:
    """Use the platform inside, beside others or ``alone``. Waits for the turn in the kernel."""
    nested = run in _sharing
    if nested and alone:
        raise UserError(
            "a test that needs the platform alone cannot be in a module with spaces of its own: "
            "move the test to another module"
        )
    with ExitStack() as stack:
        if not nested:
            with turn(run, _TURN):  # nobody overtakes a test that waits to be alone
                stack.enter_context(turn(run, _TESTS, shared=not alone))
        if not alone:
            _sharing.append(run)
            stack.callback(_sharing.remove, run)
        yield
