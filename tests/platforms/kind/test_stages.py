"""Stages: in order, each within its time, and a failure that says which one and what was seen."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.errors import Broken, UserError
from kubestellar_conformance.platforms.kind import diagnosis
from kubestellar_conformance.platforms.kind.kubectl import Kubectl
from kubestellar_conformance.platforms.kind.stages import Stages


class Cluster(Kubectl):
    """Answers with what a test says is there."""

    def __init__(self, pods: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
        super().__init__(Path("/nowhere"), "cluster1", Path("/nowhere/kubeconfig"))
        self._answers = {"pods": pods, "events": events}

    def run(self, *arguments: str, **_: Any) -> str:
        if arguments[0] == "logs":
            return "line before\nthe last line\n"
        return json.dumps({"items": self._answers[arguments[1]]})


POD: dict[str, Any] = {
    "metadata": {"name": "p1", "namespace": "wds1-system"},
    "status": {
        "phase": "Pending",
        "containerStatuses": [
            {"name": "manager", "state": {"waiting": {"reason": "ErrImageNeverPull"}}}
        ],
    },
}
WARNING: dict[str, Any] = {
    "type": "Warning",
    "reason": "FailedScheduling",
    "message": "no node",
    "lastTimestamp": "2026-01-01T00:00:00Z",
    "involvedObject": {"kind": "Pod", "name": "p1"},
}


def test_a_stage_says_that_it_begins_and_is_kept_with_its_time() -> None:
    told, done = io.StringIO(), []
    stages = Stages(list, to=told)
    stages.run(2, "hosting cluster", 5, lambda: done.append(1))
    assert told.getvalue() == "stage 2 of 7: hosting cluster\n"
    assert done == [1]
    assert [one.stage for one in stages.taken] == ["2 hosting cluster"]


def test_a_stage_that_fails_names_itself_the_pods_the_events_and_the_logs() -> None:
    def fail() -> None:
        raise Broken("not available")

    with pytest.raises(Broken) as caught:
        Stages(lambda: [Cluster([POD], [WARNING])], to=io.StringIO()).run(5, "WDS wds1", 5, fail)
    text = str(caught.value)
    assert text.startswith("stage 5 of 7 (WDS wds1) failed after 0 s: not available\n")
    assert "pod wds1-system/p1: manager ErrImageNeverPull" in text
    assert "Pod p1: FailedScheduling: no node" in text
    assert "the last line" in text


def test_a_stage_that_takes_too_long_is_ended() -> None:
    never = threading.Event()

    def wait() -> None:
        never.wait()

    with pytest.raises(
        Broken, match=r"stage 4 of 7 \(ITS its1\) failed after 0 s: not done within 0\.05 s"
    ):
        Stages(list, to=io.StringIO()).run(4, "ITS its1", 0.05, wait)
    never.set()


def test_a_slow_machine_gets_longer() -> None:
    def wait() -> None:
        threading.Event().wait(0.1)

    Stages(list, factor=100, to=io.StringIO()).run(1, "images", 0.01, wait)


def test_what_the_user_did_wrong_stays_one_line() -> None:
    def wrong() -> None:
        raise UserError("no such image")

    with pytest.raises(UserError, match=r"^no such image$"):
        Stages(lambda: [Cluster([POD], [])], to=io.StringIO()).run(1, "images", 5, wrong)


def test_a_cluster_that_cannot_be_looked_at_says_so(tmp_path: Path) -> None:
    program = tmp_path / "kubectl"
    program.write_text("#!/bin/sh\necho connection refused >&2; exit 1\n")
    program.chmod(0o755)
    text = diagnosis.look([Kubectl(program, "cluster2", tmp_path / "kubeconfig")])
    assert text == (
        "cluster2: cannot be read: kubectl get pods --all-namespaces --output=json at "
        "cluster2: connection refused"
    )
