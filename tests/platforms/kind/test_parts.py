"""The verbs on a kind platform: which parts there are, what freezes a container, what is put
back.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.errors import Broken, UserError
from kubestellar_conformance.platforms.api import PlatformSettings
from kubestellar_conformance.platforms.common.kubeconfigs import single
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.kind import crashes, nodes, parts
from kubestellar_conformance.platforms.kind.crashes import Crashes
from kubestellar_conformance.platforms.kind.nodes import NodePart, _is_old
from kubestellar_conformance.platforms.kind.parts import (
    KindPart,
    parts_of,
    parts_of_one,
    paused_parts,
)
from kubestellar_conformance.platforms.kind.platform import KindPlatform
from kubestellar_conformance.platforms.kind.steadiness import KeepsRunning
from kubestellar_conformance.platforms.workloads.before import Before
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "kubestellar-controller-manager", "namespace": "wds1-system"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "x"}},
        "template": {"spec": {"containers": [{"name": "manager", "args": ["-v=2"]}]}},
    },
    "status": {"availableReplicas": 1},
}
POD: dict[str, Any] = {
    "metadata": {"name": "p", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "status": {
        "containerStatuses": [
            {"name": "manager", "state": {"running": {}}, "containerID": "containerd://abc"}
        ]
    },
}


class Host(Space):
    """Has one Deployment and its pods."""

    def __init__(self, folder: Path, pods: Sequence[dict[str, Any]]) -> None:
        super().__init__("kind-kubeflex", "host", access_to(folder, "kind-kubeflex"))
        self.pods = list(pods)

    def get(self, *_: Any, **__: Any) -> dict[str, Any]:
        return DEPLOYMENT

    def list(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
        return self.pods


def access_to(folder: Path, name: str) -> Path:
    """A kubeconfig of a server that nobody asks."""
    path = folder / f"{name}.kubeconfig"
    path.write_text(single(name, "https://127.0.0.1:1", "", {"token": "none"}))
    return path


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What docker was told."""
    said: list[tuple[str, ...]] = []

    def docker(*arguments: str) -> str:
        said.append(arguments)
        return "paused"

    for module in (parts, nodes):
        monkeypatch.setattr(module, "docker", docker)
    return said


def _part(run_dir: Path, pods: Sequence[dict[str, Any]] = (POD,)) -> KindPart:
    known = parts_of(Topology())["wds1/kubestellar-controller-manager"]
    return KindPart(known, Host(run_dir, pods), run_dir, None, "kubeflex-control-plane")


def test_every_part_of_a_documented_install_is_there_and_may_be_stopped() -> None:
    found = parts_of(Topology())
    assert {
        "kind-kubeflex/kubeflex-controller-manager",
        "wds1/kube-apiserver",
        "its1/kube-apiserver",
        "its1/ocm-registration",
        "wds1/kubestellar-controller-manager",
        "wds1/transport-controller",
        "cluster1/klusterlet-agent",
        "cluster2/status-agent",
        "its1/etcd",
        "wds1/kube-controller-manager",
    } <= set(found)
    assert all(part.stoppable for part in found.values())
    assert found["wds1/transport-controller"].product
    assert not found["its1/ocm-registration"].product


def test_parts_of_spaces_that_were_added_are_there_as_well() -> None:
    topology = Topology().with_its("its-a", hosted=False).with_wec("cluster-a", "its-a")
    topology = topology.with_wds("wds-a", "its-a", hosted=False)
    found = parts_of(topology)
    assert {
        "its-a/kube-apiserver",
        "its-a/etcd",
        "its-a/kube-controller-manager",
        "its-a/ocm-registration",
        "wds-a/kube-apiserver",
        "wds-a/etcd",
        "wds-a/transport-controller",
        "wds-a/kubestellar-controller-manager",
        "wds-a/kube-controller-manager",
        "cluster-a/klusterlet-agent",
        "cluster-a/status-agent",
    } == set(found) - set(parts_of(Topology()))
    assert found["wds-a/transport-controller"].refs[0].namespace == "wds-a-system"
    assert found["wds-a/kube-apiserver"].serves == "wds-a"
    assert set(parts_of_one(topology, "cluster-a")) == {
        "cluster-a/klusterlet-agent",
        "cluster-a/status-agent",
    }


def test_the_hosting_cluster_in_another_part_has_no_api_server_of_that_name() -> None:
    topology = Topology().with_its("its-a", hosted=True).with_wds("wds-a", "its-a", hosted=True)
    assert set(parts_of(topology)) - set(parts_of(Topology())) == {
        "its-a/ocm-registration",
        "wds-a/transport-controller",
        "wds-a/kubestellar-controller-manager",
    }


def test_pausing_freezes_the_container_that_works_and_resuming_the_same(
    tmp_path: Path, told: list[tuple[str, ...]]
) -> None:
    part, start = (
        _part(tmp_path),
        ("exec", "kubeflex-control-plane", "ctr", "--namespace=k8s.io", "tasks"),
    )
    assert (part.state, paused_parts(tmp_path)) == ("running", [])
    part.pause()
    assert (part.state, paused_parts(tmp_path)) == (
        "paused",
        ["wds1/kubestellar-controller-manager"],
    )
    _part(tmp_path).resume()
    assert told == [(*start, "pause", "abc"), (*start, "resume", "abc")]
    assert (part.state, paused_parts(tmp_path)) == ("running", [])


def test_ends_of_a_part_that_is_started_without_waiting_do_not_count_until_it_is_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "wds1/kubestellar-controller-manager"
    host = Host(tmp_path, (POD,))
    workload = deepcopy(DEPLOYMENT)
    host.get = lambda *_, **__: workload  # type: ignore[method-assign]

    def scale(_: object, replicas: int, **__: object) -> dict[str, Any]:
        workload["spec"]["replicas"] = replicas
        return workload

    system = System([host])
    host.scale = scale  # type: ignore[assignment,method-assign]
    monkeypatch.setattr(Crashes, "_pods", lambda *_: iter([]))
    monkeypatch.setattr(crashes, "LIST_SECONDS", 0.0)
    known = parts_of(Topology())[name]
    watching = Crashes(system, {name: known}, tmp_path)
    waits: list[tuple[bool, str, bool]] = []

    def eventually(condition: object, *, within: str) -> list[Any]:
        steady = isinstance(condition, KeepsRunning)
        waits.append((steady, within, watching.watches(name)))
        return []

    host.eventually = eventually  # type: ignore[assignment]
    part = KindPart(known, host, tmp_path, None, "node", watching)
    part.start(wait=False)
    assert not watching.watches(name)
    part.settle()
    assert watching.watches(name)
    # It is available before it looks for its API server, so that alone does not count.
    assert waits == [(False, "recovery", False), (True, "recovery", False)]
    part.start()
    assert watching.watches(name)
    assert waits[2:] == [(False, "restart", True)]
    part.start(wait=False)
    part.stop(wait=False)
    part.settle()
    assert waits[3:] == [(False, "restart", False)], "of what is stopped nothing keeps running"
    system.close()


@pytest.mark.usefixtures("told")
def test_what_is_not_paused_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="it is not paused"):
        _part(tmp_path).resume()


def test_a_part_without_a_running_container_cannot_be_paused(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="no container of it runs"):
        _part(tmp_path, pods=()).pause()
    assert paused_parts(tmp_path) == []


def test_a_node_is_paused_as_a_container(tmp_path: Path, told: list[tuple[str, ...]]) -> None:
    node = NodePart(
        Space("cluster1", "wec", access_to(tmp_path, "cluster1")),
        "cluster1-control-plane",
        tmp_path,
        {},
    )
    node.pause()
    assert (node.state, paused_parts(tmp_path)) == ("paused", ["cluster1/node"])
    node.resume()
    assert [said[0] for said in told] == ["pause", "inspect", "unpause"]
    assert paused_parts(tmp_path) == []


@pytest.mark.parametrize(
    ("status", "namespace", "old"),
    [
        (
            {"ready": True, "state": {"running": {"startedAt": "2026-01-01T00:00:05Z"}}},
            "agents",
            False,
        ),
        (
            {"ready": True, "state": {"running": {"startedAt": "2026-01-01T00:00:04Z"}}},
            "agents",
            True,
        ),
        (
            {"ready": False, "state": {"running": {"startedAt": "2026-01-01T00:00:05Z"}}},
            "agents",
            True,
        ),
        ({"ready": False, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}, "agents", True),
        ({"ready": False, "state": {"waiting": {}}}, "a-test-s-own", False),
    ],
)
def test_after_a_node_s_start_a_pod_counts_when_its_containers_are_new(
    status: dict[str, Any], namespace: str, old: bool
) -> None:
    one = {"metadata": {"namespace": namespace}, "status": {"containerStatuses": [status]}}
    assert _is_old({"agents"}, "2026-01-01T00:00:05Z", one) is old
    assert _is_old({"agents"}, "2026-01-01T00:00:05Z", {"metadata": {"namespace": "agents"}})


def test_a_part_that_is_not_there_gets_the_list(tmp_path: Path) -> None:
    platform = KindPlatform(PlatformSettings(run_dir=tmp_path))
    with pytest.raises(
        UserError, match=r"no part is called 'nothing': use one of cluster1/klusterlet-agent, "
    ):
        platform.component("nothing")


def test_parts_that_another_process_added_and_stopped_are_not_this_one_s_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = KindPlatform(PlatformSettings(run_dir=tmp_path))
    asked: list[str] = []
    monkeypatch.setattr(platform, "component", asked.append)
    for part in ("wds-of-another-worker/transport-controller", "wds1/transport-controller"):
        Before(tmp_path, part).note(replicas=1)
    platform.components()
    assert asked == ["wds1/transport-controller"]


def test_a_platform_that_never_came_up_goes_down_without_a_word(tmp_path: Path) -> None:
    KindPlatform(PlatformSettings(run_dir=tmp_path, cache_dir=tmp_path / "cache")).down()
    assert list(tmp_path.iterdir()) == []
