"""Outages of a part as ``with`` blocks: it is stopped or paused inside, and runs again after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from kubestellar_conformance.platforms.api import ComponentHandle


class Outages:
    """What every `ComponentHandle` gets from its verbs."""

    @contextmanager
    def stopped(self: ComponentHandle) -> Iterator[None]:
        """Stopped inside, started after."""
        self.stop()
        with _then(self.start):
            yield

    @contextmanager
    def paused(self: ComponentHandle) -> Iterator[None]:
        """Paused inside (it keeps its memory and does nothing), resumed after."""
        self.pause()
        with _then(self.resume):
            yield

    @contextmanager
    def restarted(self: ComponentHandle, **flags: str) -> Iterator[None]:
        """Restarted with these flags, and after that with its own again."""
        self.restart(**flags)
        with _then(self.restart):
            yield


@contextmanager
def _then(back: Callable[[], None]) -> Iterator[None]:
    """What fails inside is told, and not what prevents ``back`` after it."""
    try:
        yield
    except BaseException:
        with suppress(Exception):  # after the test every part is made to run, or reported
            back()
        raise
    back()
