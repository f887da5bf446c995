"""The verdicts of a check, how they combine, and the exit status that a CI job reads.

``broken`` is about the harness or the machine and never about the product, so it wins over every
other verdict: a gate cannot rely on a broken run.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from kubestellar_conformance.errors import Deviation, NotSupported

EXIT_OK: Final = 0
EXIT_DEVIATES: Final = 1
"""A new deviation, or a known one that no longer shows."""
EXIT_USAGE: Final = 4
EXIT_BROKEN: Final = 10
"""The harness or the machine failed; outside the range that pytest uses itself."""
_FORBIDDEN: Final = 403


class Verdict(StrEnum):
    """The verdict of one check. The order of the members is their weight: the last one wins."""

    CONFORMS = "conforms"
    NOT_RUN = "not run"
    NOT_SUPPORTED = "not supported"
    KNOWN = "known deviation"
    FIXED = "fixed deviation"
    DEVIATES = "deviates"
    BROKEN = "broken"

    @property
    def red(self) -> bool:
        """Whether a gate stops on it."""
        return self in (Verdict.FIXED, Verdict.DEVIATES, Verdict.BROKEN)


_WEIGHT: Final = {verdict: weight for weight, verdict in enumerate(Verdict)}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a check from those of its set-up, body and teardown (at least one)."""
    return max(verdicts, key=_WEIGHT.__getitem__)


def parts(error: BaseException) -> list[BaseException]:
    """The errors that an exception stands for, each of which has a verdict of its own: those of a
    group, those that are joined in its message, or itself.
    """
    inside: tuple[BaseException, ...] = ()
    if isinstance(error, BaseExceptionGroup):
        inside = error.exceptions
    elif isinstance(error, Deviation):
        inside = error.parts
    return [one for part in inside for one in parts(part)] or [error]


def of_exception(error: BaseException, phase: str) -> Verdict:
    """The verdict for an exception in ``phase`` (``setup``, ``call``, ``teardown``).

    A plain AssertionError is the product's fault only in the body of a check; in a fixture the
    harness asserts something about itself. A forbidden request (403) shows the limits of this user,
    by role, quota or policy, and is broken. A missing capability is not a valid reason in a
    teardown, since the check has run. Of a group, as pytest makes it of several teardowns, the
    worst counts.
    """
    from kubestellar_conformance.spaces.client import Refused  # slow to load, and rarely needed

    if isinstance(error, BaseExceptionGroup):
        return worst(of_exception(one, phase) for one in error.exceptions)
    if isinstance(error, Refused) and error.status == _FORBIDDEN:
        return Verdict.BROKEN
    if isinstance(error, Deviation) or (isinstance(error, AssertionError) and phase == "call"):
        return Verdict.DEVIATES
    if isinstance(error, NotSupported) and phase != "teardown":
        return Verdict.NOT_SUPPORTED
    return Verdict.BROKEN


def exit_status(verdicts: Iterable[Verdict], *, broken_outside: bool, pytest_status: int) -> int:
    """The exit status of a run.

    ``broken_outside``: whether something other than a check broke. The statuses by which pytest
    reports an interruption (2), an internal error (3), wrong usage (4) or an empty collection (5)
    are kept.
    """
    if pytest_status not in (EXIT_OK, EXIT_DEVIATES):
        return pytest_status
    seen = set(verdicts)
    if broken_outside or Verdict.BROKEN in seen:
        return EXIT_BROKEN
    return EXIT_DEVIATES if any(verdict.red for verdict in seen) else pytest_status
