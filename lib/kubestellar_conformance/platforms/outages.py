"""Outages of a part as ``with`` blocks: it is stopped or paused inside, and runs again
afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from kubestellar_conformance.platforms.api import ComponentHandle


class Outages:
    """``with`` blocks for every `ComponentHandle`, made of its verbs."""

    @contextmanager
    def stopped(self: ComponentHandle) -> Iterator[None]:
        """Stopped inside, started afterwards."""
        self.stop()
        with _then(self.start):
            yield

    @contextmanager
    def paused(self: ComponentHandle) -> Iterator[None]:
        """Paused inside (it keeps its memory and does nothing), resumed afterwards."""
        self.pause()
        with _then(self.resume):
            yield

    @contextmanager
    def restarted(self: ComponentHandle, **flags: str) -> Iterator[None]:
        """Restarted with these flags, and afterwards with its own again."""
        self.restart(**flags)
        with _then(self.restart):
            yield


@contextmanager
def _then(back: Callable[[], None]) -> Iterator[None]:
    """A failure inside the block is raised; a failure of ``back`` after it is not."""
    try:
        yield
    except BaseException:
        with suppress(Exception):  # after the test every part is restarted, or reported
            back()
        raise
    back()
