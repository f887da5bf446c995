"""Ends of containers: which count, that each is told once, and by all processes of a run
together.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.kind import crashes as module
from kubestellar_conformance.platforms.kind.crashes import Crashes, ends
from kubestellar_conformance.platforms.workloads.known_parts import KnownPart
from kubestellar_conformance.spaces.refs import DEPLOYMENT, Ref
from kubestellar_conformance.spaces.system import System

PART = KnownPart(
    "wds1/transport-controller", "host", (Ref(DEPLOYMENT, "wds1-system", "transport-controller"),)
)


def pod(
    restarts: int, exit_code: int = 2, reason: str = "Error", uid: str = "u1", owner: str = ""
) -> dict[str, Any]:
    last = {"terminated": {"exitCode": exit_code, "reason": reason}} if restarts else {}
    return {
        "metadata": {
            "uid": uid,
            "name": uid,
            "namespace": "wds1-system",
            "ownerReferences": [
                {"kind": "ReplicaSet", "name": f"{owner or 'transport-controller'}-5f9b7fc5dd"}
            ],
        },
        "status": {
            "containerStatuses": [{"name": "main", "restartCount": restarts, "lastState": last}]
        },
    }


class Feed:
    def __init__(self) -> None:
        self.pods: list[dict[str, Any]] = []

    def ready(self, seconds: float) -> bool:
        return seconds > 0

    def objects(self, namespace: str) -> list[dict[str, Any]]:
        return [one for one in self.pods if one["metadata"]["namespace"] == namespace]


class Host:
    """The hosting cluster's pods, and nothing else of it."""

    def __init__(self) -> None:
        self.feed = Feed()

    def __getitem__(self, _name: str) -> Host:
        return self

    def watch(self, _kind: object) -> Feed:
        return self.feed


@pytest.fixture
def host() -> Host:
    return Host()


def _crashes(host: Host, run_dir: Path) -> Crashes:
    return Crashes(cast(System, host), {PART.name: PART}, run_dir)


def _found(crashes: Crashes) -> list[tuple[str, int]]:
    return [(name, times) for name, _, times in crashes.found()]


def test_what_ended_before_the_run_does_not_count_and_what_ends_in_it_does(
    host: Host, tmp_path: Path
) -> None:
    host.feed.pods = [pod(3)]
    crashes = _crashes(host, tmp_path)
    assert _found(crashes) == []
    host.feed.pods = [pod(5)]
    assert _found(crashes) == [(PART.name, 2)]


def test_a_crash_is_reported_once_by_all_processes_of_the_run(host: Host, tmp_path: Path) -> None:
    first, second = _crashes(host, tmp_path), _crashes(host, tmp_path)
    host.feed.pods = [pod(1)]
    assert _found(first) == _found(second) == [(PART.name, 1)]
    first.told(host.feed.pods[0])
    assert _found(first) == _found(second) == []
    host.feed.pods = [pod(2)]
    assert _found(second) == [(PART.name, 1)]


@pytest.mark.parametrize(
    ("exit_code", "reason", "counts"),
    [
        (2, "Error", True),
        (0, "Completed", True),
        (137, "Error", False),
        (143, "Error", False),
        (137, "OOMKilled", True),
    ],
)
def test_a_container_that_was_stopped_did_not_crash(
    host: Host, tmp_path: Path, exit_code: int, reason: str, counts: bool
) -> None:
    crashes = _crashes(host, tmp_path)
    host.feed.pods = [pod(1, exit_code, reason)]
    assert bool(_found(crashes)) is counts


def test_pods_of_other_deployments_are_nobody_s(host: Host, tmp_path: Path) -> None:
    crashes = _crashes(host, tmp_path)
    host.feed.pods = [
        pod(1, owner="transport-controller-2"),
        {**pod(1), "metadata": {**pod(1)["metadata"], "ownerReferences": []}},
    ]
    assert _found(crashes) == []


def test_a_pod_whose_containers_never_ran_has_no_end() -> None:
    assert ends({"metadata": {}, "status": {}}) == 0


def test_what_ended_while_it_came_up_does_not_count_for_a_part_that_was_added(
    host: Host, tmp_path: Path
) -> None:
    crashes = Crashes(cast(System, host), {}, tmp_path)
    host.feed.pods = [pod(2)]
    assert _found(crashes) == [], "nobody's part"
    crashes.add({PART.name: PART})
    assert _found(crashes) == []
    host.feed.pods = [pod(3)]
    assert _found(crashes) == [(PART.name, 1)]
    crashes.drop({PART.name: PART})
    assert _found(crashes) == []


@pytest.mark.parametrize("moment", ["before it is noted", "after it is noted"])
def test_a_look_while_a_part_is_added_finds_no_crash_of_its_start(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Waits of other threads look at any moment: parts that start beside each other are added so."""
    crashes = Crashes(cast(System, host), {}, tmp_path)
    host.feed.pods = [pod(2)]
    looks: list[list[tuple[str, int]]] = []

    def write(path: Path, content: object) -> None:
        if moment == "before it is noted":
            looks.append(_found(crashes))
        write_private_json(path, content)
        if moment == "after it is noted":
            looks.append(_found(crashes))

    monkeypatch.setattr(module, "write_private_json", write)
    crashes.add({PART.name: PART})
    assert looks == [[]]


def test_a_look_that_began_before_a_part_was_added_does_not_count_its_start(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashes = Crashes(cast(System, host), {}, tmp_path)
    host.feed.pods = [pod(2)]
    read, added = crashes._known, False

    def read_and_add() -> Any:
        nonlocal added
        known = dict(read())
        if not added:
            added = True
            crashes.add({PART.name: PART})
        return known

    monkeypatch.setattr(crashes, "_known", read_and_add)
    assert _found(crashes) == []
    assert added


def test_parts_that_are_added_side_by_side_are_all_watched(host: Host, tmp_path: Path) -> None:
    names = [f"wds{number}/transport-controller" for number in range(20)]
    crashes = Crashes(cast(System, host), {}, tmp_path)
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: crashes.add({name: replace(PART, name=name)}), names))
    assert [name for name in names if not crashes.watches(name)] == []


def test_two_writes_at_one_tick_of_the_clock_are_both_read(host: Host, tmp_path: Path) -> None:
    crashes, other = _crashes(host, tmp_path), _crashes(host, tmp_path)
    file = tmp_path / "state" / "crashes.json"
    host.feed.pods = [pod(1)]
    assert _found(crashes) == [(PART.name, 1)]
    tick = file.stat().st_mtime_ns
    other.told(host.feed.pods[0])
    os.utime(file, ns=(tick, tick))
    assert _found(crashes) == []
