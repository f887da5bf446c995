"""Reports components that exited unexpectedly: each exit once, with the component's last words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.platforms.api import ComponentHandle

_LAST_LINES = 10


class CrashReports:
    """The crashes of one platform, as errors: a crash of KubeStellar's own code is a deviation, any
    other is ``broken``.

    ``dead`` lists the components that exited unexpectedly, one that did so twice twice.
    """

    def __init__(self, dead: Callable[[], Sequence[ComponentHandle]]) -> None:
        self._dead = dead
        self._reported: Counter[str] = Counter()

    def news(self) -> Exception | None:
        """The error for the components that crashed since the last call; None if none did.

        KubeStellar's own components come first: the crash of another one can be the consequence,
        and the log lines show both.
        """
        dead = self._dead()
        found, now = {part.name: part for part in dead}, Counter(part.name for part in dead)
        news, self._reported = now - (self._reported & now), now
        crashed = sorted((found[name] for name in news), key=lambda part: not part.product)
        if not crashed:
            return None
        text = "\n".join(line for part in crashed for line in _obituary(part))
        return Deviation(text) if crashed[0].product else Broken(text)

    def settle(self) -> None:
        """Ignore earlier crashes of components that run again: whoever restarted them has reported
        them.

        Under xdist that is another worker, whose test had the platform to itself.
        """
        self._reported |= Counter(part.name for part in self._dead() if part.state == "running")


def _obituary(part: ComponentHandle) -> list[str]:
    whose = "KubeStellar's own" if part.product else "not KubeStellar's"
    lines = [f"  {line}" for line in part.log_tail(_LAST_LINES)] or ["  (its log is empty)"]
    head = (
        f"{part.name} ({whose}) exited unexpectedly (now {part.state}); last lines of {part.log}:"
    )
    return [head, *lines]
