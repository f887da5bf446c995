"""Reports components that exited unexpectedly: each exit once, a crash of the same kind in full
once in a run.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from kubestellar_conformance.diagnosis.excerpt import SCANNED, crash, in_a_line, shortened
from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.platforms.api import ComponentHandle

_LAST_LINES = 10


def deviates(part: ComponentHandle) -> bool:
    """Whether the exit of that part is the fault of KubeStellar's code."""
    return part.product and not part.mishap


class CrashReports:
    """The crashes of one platform, as errors: a crash of KubeStellar's own code is a deviation, any
    other is ``broken``, and so is an exit by a `mishap`.

    ``dead`` lists the components that exited unexpectedly, one that did so twice twice. In
    ``state``, a folder that the run's processes share, they note which crashes were reported in
    full.
    """

    def __init__(self, dead: Callable[[], Sequence[ComponentHandle]], state: Path) -> None:
        self._dead = dead
        self._folder = state / "crashes"
        self._reported: Counter[str] = Counter()

    def news(self) -> Exception | None:
        """The error for the components that crashed since the last call; None if none did.

        KubeStellar's own components come first: the crash of another one can be the consequence,
        and the log lines show both.
        """
        dead = self._dead()
        found, now = {part.name: part for part in dead}, Counter(part.name for part in dead)
        news, self._reported = now - (self._reported & now), now
        crashed = sorted((found[name] for name in news), key=lambda part: not deviates(part))
        if not crashed:
            return None
        told = ["\n".join(self.obituary(part)) for part in crashed]
        text, own = "\n".join(told), sum(map(deviates, crashed))
        error = Deviation(text) if own else Broken(text)
        if own > 1 and isinstance(error, Deviation):
            error.parts = tuple(Deviation(one) for one in told[:own])
        error.where = self._in_short(crashed[0])
        return error

    @staticmethod
    def _in_short(part: ComponentHandle) -> str:
        why = [part.mishap] if part.mishap else crash(part.log_tail(SCANNED))
        return f"{part.name} exited unexpectedly" + (f": {why[0]}" if why else "")

    def settle(self) -> None:
        """Ignore earlier crashes of components that run again: whoever restarted them has reported
        them.

        Under xdist that is another worker, whose test had the platform to itself.
        """
        self._reported |= Counter(part.name for part in self._dead() if part.state == "running")

    def obituary(self, part: ComponentHandle) -> list[str]:
        """How a component exited: why it crashed and where in its code, or its last lines.

        A crash that the run has reported already, in this process or another, is one line.
        """
        whose = "KubeStellar's own" if part.product else "not KubeStellar's"
        cause = part.mishap and f": {part.mishap}"
        head = f"{part.name} ({whose}) exited unexpectedly (now {part.state}){cause}"
        lines = part.log_tail(SCANNED)
        why = crash(lines)
        if why and self._reported_before(part.name, why):
            return [
                f"{head}: {in_a_line(why)}; another failure of this run has the frames: {part.log}"
            ]
        shown = why or [shortened(line) for line in lines[-_LAST_LINES:]]
        kind = "why, from" if why else "last lines of"
        return [f"{head}; {kind} {part.log}:", *(f"  {one}" for one in shown or ["(it is empty)"])]

    def _reported_before(self, name: str, why: Sequence[str]) -> bool:
        key = hashlib.sha256("\0".join([name, *why]).encode()).hexdigest()[:16]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / key).touch(exist_ok=False)
        except FileExistsError:
            return True
        except OSError:  # on a full disk a crash is reported all the more
            return False
        return False
