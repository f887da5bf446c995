"""What the lines on a responsible component report of it."""

from __future__ import annotations

import time

from kubestellar_conformance.diagnosis.responsible import lines_on
from tests.diagnosis.test_excerpt import LOGGED, PANIC, SHOWN
from tests.support.three_spaces import Parts

OWNER = "wds1/transport-controller"
LOG = "/logs/wds1-transport-controller.log"


def test_a_component_that_crashed_is_shown_with_the_reason_and_not_the_end_of_its_trace() -> None:
    parts = Parts()
    parts.states[OWNER] = "exited"
    parts.logs[OWNER] = [LOGGED, *PANIC.splitlines()]
    assert lines_on(OWNER, parts, ["x"], time.time()) == [
        f"responsible: {OWNER} (exited)",
        f"its log {LOG} says why:",
        *(f"  | {line}" for line in SHOWN),
    ]


def test_a_crash_before_its_restart_is_not_that_of_a_component_that_runs() -> None:
    parts = Parts()
    parts.logs[OWNER] = PANIC.splitlines()
    head, told, *_ = lines_on(OWNER, parts, ["x"], time.time())
    assert head.startswith(f"responsible: {OWNER} (running")
    assert told == f"its log {LOG} does not mention it; its last lines:"
