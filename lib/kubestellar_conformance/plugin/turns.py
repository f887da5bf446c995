"""Who may use the platform now: tests side by side, or one that stops parts of it alone."""

from __future__ import annotations

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
def taking_part(run: Run, *, alone: bool = False) -> Iterator[None]:
    """Use the platform inside: beside others, or ``alone``. Waits for its turn, in the kernel."""
    nested = run in _sharing
    if nested and alone:
        raise UserError(
            "a test that has to be alone cannot be in a module that shares something: move it out"
        )
    with ExitStack() as stack:
        if not nested:
            with run.folder.locked(
                _TURN
            ):  # one that has to be alone keeps the next ones from going before it
                stack.enter_context(run.folder.locked(_TESTS, shared=not alone))
        if not alone:
            _sharing.append(run)
            stack.callback(_sharing.remove, run)
        yield
