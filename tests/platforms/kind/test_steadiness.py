"""A part that came up beside others is available for a moment, exits, and runs in the end."""

from __future__ import annotations

from typing import Any, cast

from kubestellar_conformance.conditions.base import Judgement, Scope
from kubestellar_conformance.platforms.kind.steadiness import KeepsRunning
from kubestellar_conformance.spaces.refs import Obj

LABELS = {"app": "transport"}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "transport-controller", "namespace": "wds1-system"},
    "spec": {"selector": {"matchLabels": LABELS}},
}


def pod(exits: int, *, ready: bool, labels: dict[str, str] = LABELS) -> Obj:
    return {
        "metadata": {"uid": "u1", "name": "p", "namespace": "wds1-system", "labels": labels},
        "status": {
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [
                {
                    "name": "transport",
                    "restartCount": exits,
                    "state": {} if ready else {"waiting": {"reason": "CrashLoopBackOff"}},
                }
            ],
        },
    }


class Host:
    """A scope with these pods."""

    def __init__(self, *pods: Obj) -> None:
        self._pods = pods

    def feed(self, _kind: object) -> Host:
        return self

    def objects(self, namespace: str) -> list[Obj]:
        return [one for one in self._pods if one["metadata"]["namespace"] == namespace]


def judged(*pods: Obj) -> Judgement:
    return KeepsRunning(DEPLOYMENT).check(cast(Scope, Host(*pods)))


def test_it_holds_while_all_pods_are_ready() -> None:
    assert judged(pod(0, ready=True)).ok
    assert not judged(pod(1, ready=False)).ok
    assert not judged().ok
    assert not judged(pod(0, ready=True, labels={"app": "another"})).ok


def test_what_must_not_change_is_the_pods_their_exits_and_whether_they_are_ready() -> None:
    ready = judged(pod(0, ready=True))
    assert judged(pod(0, ready=True)).state == ready.state
    assert judged(pod(1, ready=True)).state != ready.state
    assert judged(pod(0, ready=False)).state != ready.state


def test_it_says_why_a_pod_is_not_ready() -> None:
    assert judged(pod(2, ready=False)).saw == "2 exits, not ready: transport CrashLoopBackOff"
    assert judged().saw == "no pods"
