"""The component that is responsible for a hop, in lines: its state, since when it does nothing, and
what its log says of the object.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from kubestellar_conformance.diagnosis.excerpt import (
    SCANNED,
    crash,
    is_error,
    naming,
    newest,
    shortened,
)
from kubestellar_conformance.errors import HarnessError
from kubestellar_conformance.spaces.client import Refused
from kubestellar_conformance.spaces.system import ComponentSight, ComponentView

LOG_LINES = 5
EXITED = "exited"
SILENT = 5.0
"""A component that has logged something in the last so many seconds does not hang."""


def lines_on(
    owner: str,
    components: ComponentView,
    names: Sequence[str],
    since: float | None,
    log_lines: int = LOG_LINES,
) -> list[str]:
    """Who is responsible and what it does, then the lines of its log that name one of ``names``
    (its last lines, where none does); of one that crashed, why and where.

    ``since``: when the wait began, in seconds since the epoch. A component that has logged nothing
    since then, or for longer than `SILENT`, is reported as such.
    """
    try:
        part = components.component(owner)
        state, log = part.state, part.log_tail(SCANNED) if log_lines else []
    except (KeyError, HarnessError, Refused, OSError):
        return [f"responsible: {owner} (it cannot be looked at here)"]
    if not log_lines:
        return [f"responsible: {owner} ({state})"]
    if state == EXITED and (why := crash(log)):
        head = f"responsible: {owner} ({state})"
        return [head, f"its log {part.log} says why:", *(f"  | {line}" for line in why)]
    about = naming(log, names, log_lines)
    head = f"responsible: {owner} ({state}{_doing(state, log, about, since)})"
    return [head, *_excerpt(part, log, about, log_lines)]


def _doing(state: str, log: Sequence[str], about: Sequence[str], since: float | None) -> str:
    """Whether a running component hangs, or logs errors of the object."""
    if state != "running":
        return ""
    now = time.time()
    last, last_about = newest(log, now), newest(about, now)
    before = now if since is None else since
    if last is not None and last < min(before, now - SILENT):
        return _silent(now - last, ", since before the wait began")
    if any(map(is_error, about)):
        return ", and it logs errors of it"
    if last is not None and last < now - SILENT:
        return _silent(now - last)
    if last_about is not None and last_about < min(before, now - SILENT):
        return _silent(now - last_about, ", since before the wait began", of=" of it")
    return ""


def _silent(seconds: float, since: str = "", of: str = "") -> str:
    return f", but it has logged nothing{of} for {seconds:.0f} s{since}"


def _excerpt(
    part: ComponentSight, log: Sequence[str], about: Sequence[str], most: int
) -> list[str]:
    if not log:
        return [f"its log {part.log} is empty"]
    if about:
        return [f"its log {part.log} mentions it:", *(f"  | {line}" for line in about)]
    last = [f"  | {shortened(line)}" for line in log[-most:]]
    return [f"its log {part.log} does not mention it; its last lines:", *last]
