"""What is said of pods that are not ready."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.spaces import pods


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        ({"phase": "Succeeded"}, True),
        ({"phase": "Running"}, False),
        ({}, False),
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}, True),
    ],
)
def test_which_pods_are_ready(status: dict[str, Any], ready: bool) -> None:
    assert pods.ready({"status": status}) is ready


LOOPING: dict[str, Any] = {
    "name": "init",
    "lastState": {"terminated": {"exitCode": 1}},
    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s"}},
}
WAITING: dict[str, Any] = {"name": "main", "state": {"waiting": {"reason": "PodInitializing"}}}


@pytest.mark.parametrize(
    ("status", "why", "failing"),
    [
        (
            {
                "phase": "Pending",
                "initContainerStatuses": [LOOPING],
                "containerStatuses": [WAITING],
            },
            "init CrashLoopBackOff back-off 20s; main PodInitializing",
            "init",
        ),
        ({"phase": "Pending", "containerStatuses": [WAITING]}, "main PodInitializing", None),
        (
            {
                "containerStatuses": [
                    {"name": "main", "state": {"terminated": {"exitCode": 2, "reason": "Error"}}}
                ]
            },
            "main Error",
            "main",
        ),
        (
            {
                "containerStatuses": [
                    {
                        "name": "main",
                        "state": {"terminated": {"exitCode": 0, "reason": "Completed"}},
                    }
                ]
            },
            "main Completed",
            None,
        ),
        (
            {
                "phase": "Pending",
                "conditions": [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/1 nodes: cpu",
                    }
                ],
            },
            "Unschedulable 0/1 nodes: cpu",
            None,
        ),
        ({"phase": "Running"}, "Running", None),
        ({}, "unknown", None),
    ],
)
def test_why_a_pod_is_not_ready(status: dict[str, Any], why: str, failing: str | None) -> None:
    assert pods.why({"status": status}) == why
    assert pods.failing({"status": status}) == failing
