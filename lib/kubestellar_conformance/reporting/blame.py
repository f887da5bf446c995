"""Decides which promises are blamed for a failure in a test, and which are not.

A promise is judged by the step, row or test that names it. A row is a test of its own, so the marks
alone tell its promises; this module separates the promises of steps, and that of the clean-up after
a test.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from kubestellar_conformance.reporting.verdicts import Verdict

WITHDRAWAL: Final = "BIND-28"
"""The promise that the clean-up after a test relies on: deleting a BindingPolicy withdraws the
objects that it sent.
"""
Judged = dict[str, tuple[Verdict, str]]
"""By promise: the verdict of a test on it, and the reason."""
_OPEN: Final = (Verdict.BROKEN, Verdict.NOT_SUPPORTED, Verdict.NOT_RUN)


def judge_story(
    own: Iterable[str],
    on_steps: Iterable[str],
    steps: Sequence[Mapping[str, Any]],
    verdict: Verdict,
    message: str,
    guilty: Collection[str] = (),
) -> Judged:
    """The verdict of a test on each of its promises: ``own`` are named by the test, ``on_steps`` by
    its steps.

    ``steps`` are the steps that were begun (`Step.to_dict`); ``verdict`` and ``message`` are those
    of set-up and body. A promise whose steps were all done holds. A failure is blamed on the
    ``guilty`` promises (`Evidence.guilty`), or on ``own`` if there are none. The promises of later
    steps were not reached; one whose step failed and is not blamed is left open.
    """
    failed = verdict not in (Verdict.CONFORMS, Verdict.FIXED)
    later = (verdict if verdict in _OPEN and not guilty else Verdict.NOT_RUN), _not_reached(message)
    here = (verdict, message)
    found: Judged = {}
    on_steps = dict.fromkeys((*on_steps, *(name for step in steps for name in step["promises"])))
    for name in on_steps:
        outcomes = {step["outcome"] for step in steps if name in step["promises"]}
        if name in guilty:
            found[name] = here
        elif "failed" in outcomes:
            found[name] = Verdict.NOT_RUN, "its step was not done"
        elif not failed:
            found[name] = here if outcomes else (Verdict.NOT_RUN, "its step was not begun")
        else:
            found[name] = (Verdict.CONFORMS, "") if outcomes else later
    for name in own:
        found.setdefault(name, later if guilty else here)
    return found


def _not_reached(message: str) -> str:
    first = message.strip().partition("\n")[0]
    return f"not reached: {first}" if first else "not reached"
