"""What the lines on a responsible component report of it."""

from __future__ import annotations

import time

import pytest

from kubestellar_conformance.diagnosis.responsible import lines_on
from kubestellar_conformance.errors import Broken
from kubestellar_conformance.spaces.client import Refused
from tests.diagnosis.test_excerpt import LOGGED, PANIC, SHOWN
from tests.support.three_spaces import Part, Parts

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


@pytest.mark.parametrize(
    "error",
    [
        Broken("no answer"),
        KeyError("transport-controller"),
        PermissionError("no log for you"),
        Refused("host", "get of Deployment", 403, "Forbidden", "deployments.apps is forbidden"),
    ],
)
def test_one_that_this_user_may_not_see_is_said_to_be_so(error: Exception) -> None:
    class Unseen(Parts):
        def component(self, name: str) -> Part:
            assert name == OWNER
            raise error

    told = lines_on(OWNER, Unseen(), ["x"], time.time())
    assert told == [f"responsible: {OWNER} (it cannot be looked at here)"]
