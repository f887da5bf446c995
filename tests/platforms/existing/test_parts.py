"""Parts of an installation: what may be stopped is, by scaling; what was so before is put back; the
rest is refused.

wds1 plays the hosting cluster. No controllers run, so what a Deployment's would say is said by
hand.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.capabilities import Capability
from kubestellar_conformance.errors import Broken, NotSupported
from kubestellar_conformance.platforms.api import PlatformSettings
from kubestellar_conformance.platforms.existing.access import write_access
from kubestellar_conformance.platforms.existing.end_of_run import credentials, start_stopped
from kubestellar_conformance.platforms.existing.installation import Wec
from kubestellar_conformance.platforms.existing.platform import ExistingPlatform
from kubestellar_conformance.platforms.existing.runfile import RunFile
from kubestellar_conformance.platforms.workloads.known_parts import KnownPart, version_of
from kubestellar_conformance.platforms.workloads.parts import Part
from kubestellar_conformance.spaces import Event, Feed, Obj, Refused, Space
from kubestellar_conformance.spaces.refs import DEPLOYMENT, Kind, Ref
from kubestellar_conformance.waiting import contracts
from tests.support.existing import installation, joined
from tests.support.servers import ApiServer

CONTROLLER = Ref(DEPLOYMENT, "wds1-system", "transport-controller")


def workload(ref: Ref, replicas: int = 1) -> Obj:
    selector = {"app": ref.name}
    containers = [
        {
            "name": ref.name,
            "image": "registry:1/x:v1",
            "command": ["prog", "--one"],
            "args": ["--two"],
        }
    ]
    spec: Obj = {
        "replicas": replicas,
        "selector": {"matchLabels": selector},
        "template": {"metadata": {"labels": selector}, "spec": {"containers": containers}},
    }
    if ref.kind.name == "StatefulSet":
        spec["serviceName"] = ref.name
    metadata = {"name": ref.name, "namespace": ref.namespace}
    return {"apiVersion": "apps/v1", "kind": ref.kind.name, "metadata": metadata, "spec": spec}


class Controllers:
    """Says at each change of a Deployment or StatefulSet that it has what was asked for, as its
    controller would.
    """

    def __init__(self, platform: ExistingPlatform) -> None:
        host = platform.system.host
        for kind in (DEPLOYMENT, Kind("apps", "v1", "StatefulSet")):
            assert host.watch(kind).ready(10)
        self._host = theirs(platform)
        self._todo: set[Ref] = set()
        self._changed = threading.Condition()
        self._record = platform.system.record
        self._record.observe(self._on)
        self._closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _on(self, event: Event | None, feed: Feed) -> None:
        if event and event.verb != "DELETED" and feed.kind.group == "apps":
            with self._changed:
                self._todo.add(event.ref)
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._todo or self._closed)
                if self._closed:
                    return
                ref = self._todo.pop()
            live = self._host.get(ref)
            if live is None:
                continue
            count, generation = live["spec"]["replicas"], live["metadata"]["generation"]
            said = {
                "observedGeneration": generation,
                "replicas": count,
                "readyReplicas": count,
                "availableReplicas": count,
                "updatedReplicas": count,
            }
            if not said.items() <= (live.get("status") or {}).items():
                with suppress(
                    Refused
                ):  # it is gone, or changed meanwhile: then its event comes too
                    self._host.update_status(ref, said)

    def close(self) -> None:
        self._record.forget(self._on)
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(10)
        self._host.close()


def theirs(platform: ExistingPlatform) -> Space:
    """The hosting cluster as its owner has it: what is written there is not of the run."""
    host = platform.system.host
    return Space(host.name, host.role, host.kubeconfig, host.context)


def opened(servers: dict[str, ApiServer], folder: Path, allow: str) -> ExistingPlatform:
    files = {name: servers[name].kubeconfig for name in ("its1", "wds1", "cluster1")}
    wecs = (Wec("cluster1", "cluster1"), Wec("cluster1", "cluster2"))
    made = installation(joined(folder / "kubeconfig", **files), host_context="wds1", wecs=wecs)
    options = {"installation": made.to_json(), "run": "some-run", "owner": "1", "allow": allow}
    platform = ExistingPlatform(PlatformSettings(run_dir=folder / "run", options=options))
    write_access(made, credentials(platform.run_dir))
    RunFile.of("some-run", 1, made, {"selectors": {}}).write(platform.run_dir)
    platform.attach()
    return platform


@pytest.fixture
def platform(api_servers: dict[str, ApiServer], tmp_path: Path) -> Iterator[ExistingPlatform]:
    """One that allows to stop parts, with a transport controller of three replicas and an ITS of
    type vcluster.
    """
    made = opened(api_servers, tmp_path, "stop-components")
    host = theirs(made)
    for name in ("wds1-system", "its1-system"):
        host.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    objects = [
        workload(CONTROLLER, 3),
        workload(Ref(Kind("apps", "v1", "StatefulSet"), "its1-system", "vcluster")),
    ]
    controllers = Controllers(made)
    host.apply(*objects)
    yield made
    controllers.close()
    host.delete(*objects)
    host.close()
    made.detach()


def test_a_part_is_stopped_and_started_with_the_replicas_that_it_had(
    platform: ExistingPlatform,
) -> None:
    part = platform.component("transport-controller")
    assert (part.name, part.product, part.known.space) == (
        "wds1/transport-controller",
        True,
        "wds1-host",
    )
    assert part.arguments == ["--one", "--two"]
    assert platform.components() == []
    part.stop()
    assert part.state == "stopped"
    assert [one.name for one in platform.components()] == ["wds1/transport-controller"]
    part.start()
    assert platform.component("wds1/transport-controller").state == "running"
    assert (platform.system.host.get(CONTROLLER) or {})["spec"]["replicas"] == 3
    assert platform.components() == []


def test_parts_that_are_stopped_and_started_without_waiting_between(
    platform: ExistingPlatform,
) -> None:
    parts = [
        platform.component(name) for name in ("its1/kube-apiserver", "wds1/transport-controller")
    ]
    for part in parts:
        part.stop(wait=False)
    for part in parts:
        part.settle()
    assert [part.state for part in parts] == ["stopped", "stopped"]
    for part in parts:
        part.start(wait=False)
    assert [one.name for one in platform.components()] == [part.name for part in parts]
    for part in parts:
        platform.component(part.name).settle()
    assert [part.state for part in parts] == ["running", "running"]
    assert platform.components() == []
    assert (platform.system.host.get(CONTROLLER) or {})["spec"]["replicas"] == 3


def containers_of(platform: ExistingPlatform) -> list[Obj]:
    live: list[Obj] = (platform.system.host.get(CONTROLLER) or {})["spec"]["template"]["spec"][
        "containers"
    ]
    return live


def test_flags_of_a_restart_hold_until_the_next(platform: ExistingPlatform) -> None:
    part, before = platform.component("transport-controller"), containers_of(platform)
    part.restart(two="2", three="3")
    assert part.changed
    assert part.arguments == ["--one", "--two=2", "--three=3"]
    assert [one.name for one in platform.components()] == ["wds1/transport-controller"]
    part.restart(four="4")
    assert part.arguments == ["--one", "--two", "--four=4"]
    part.restart()
    assert not part.changed
    assert containers_of(platform) == before
    assert platform.components() == []
    assert (platform.system.host.get(CONTROLLER) or {})["spec"]["replicas"] == 3


def test_arguments_that_a_killed_run_has_changed_are_put_back(platform: ExistingPlatform) -> None:
    before = containers_of(platform)
    platform.component("transport-controller").restart(three="3")
    assert start_stopped(platform.installation, platform.system, platform.run_dir) == [
        "wds1/transport-controller"
    ]
    assert containers_of(platform) == before
    assert start_stopped(platform.installation, platform.system, platform.run_dir) == []


def test_what_a_killed_run_has_stopped_is_started_again(platform: ExistingPlatform) -> None:
    platform.component("wds1/transport-controller").stop()
    assert start_stopped(platform.installation, platform.system, platform.run_dir) == [
        "wds1/transport-controller"
    ]
    assert (platform.system.host.get(CONTROLLER) or {})["spec"]["replicas"] == 3
    assert start_stopped(platform.installation, platform.system, platform.run_dir) == []


def test_a_part_that_is_gone_after_the_run_has_stopped_it_is_broken(
    platform: ExistingPlatform,
) -> None:
    part = platform.component("wds1/transport-controller")
    part.stop()
    held = platform.system.host.get(CONTROLLER)
    platform.system.host.client.request(
        "delete", platform.system.host.client.path(CONTROLLER), doing="delete by somebody else"
    )
    with pytest.raises(Broken, match="wds1/transport-controller: no Deployment"):
        platform.component("wds1/transport-controller")
    assert held is not None


def test_the_api_server_of_an_its_is_a_stateful_set_where_it_is_a_vcluster(
    platform: ExistingPlatform,
) -> None:
    part = platform.component("its1/kube-apiserver")
    part.restart()
    assert part.state == "running"


def test_a_part_that_does_not_come_back_is_broken(
    platform: ExistingPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = platform.component("wds1/transport-controller")
    part.stop()
    monkeypatch.setattr(contracts, "_factor", 0.01)
    monkeypatch.setattr(platform.system.host, "scale", lambda *_, **__: None)
    with pytest.raises(
        Broken, match=r"wds1/transport-controller: it was not available within 0.6 s \(restart\)"
    ):
        part.start()


def test_a_part_that_starts_beside_others_has_time_for_the_back_off_of_the_kubelet(
    platform: ExistingPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A controller that comes up before its API server exits, and is started again after a pause:
    on kind one was available 66 s after its start.
    """
    part = platform.component("wds1/transport-controller")
    part.stop()
    monkeypatch.setattr(contracts, "_factor", 0.01)
    monkeypatch.setattr(platform.system.host, "scale", lambda *_, **__: None)
    part.start(wait=False)
    with pytest.raises(Broken, match=r"it was not available within 1.2 s \(recovery\)"):
        part.settle()


@pytest.mark.parametrize("name", ["wds1/kubestellar-controller-manager", "wds1/kube-apiserver"])
def test_what_is_not_there_is_not_supported_and_named(
    platform: ExistingPlatform, name: str
) -> None:
    what = name.rpartition("/")[2]
    with pytest.raises(NotSupported, match=f"{name}: no Deployment wds1-system/{what}"):
        platform.component(name)
    with pytest.raises(NotSupported, match="no part is called 'kubelet'"):
        platform.component("kubelet")
    with pytest.raises(NotSupported, match="several parts are called 'klusterlet-agent'"):
        platform.component("klusterlet-agent")


def test_nothing_is_paused_and_no_space_added(platform: ExistingPlatform) -> None:
    part = platform.component("wds1/transport-controller")
    for verb in (part.pause, part.resume, lambda: platform.add_wec("cluster3", its="its1")):
        with pytest.raises(NotSupported):
            verb()


def test_without_leave_a_part_is_looked_at_and_not_stopped(
    platform: ExistingPlatform, api_servers: dict[str, ApiServer], tmp_path: Path
) -> None:
    careful = opened(api_servers, tmp_path, "")
    try:
        assert "stop-components" in platform.capabilities
        assert "stop-components" not in careful.capabilities
        assert "--ks-allow stop-components" in careful.why_not[Capability.STOP_COMPONENTS]
        part = careful.component("wds1/transport-controller")
        platform.system.host.eventually(
            {**workload(CONTROLLER)}, status={"availableReplicas": 3}, within="restart"
        )
        assert part.state == "running"
        for verb in (part.stop, part.start, part.restart):
            with pytest.raises(
                NotSupported, match="it may not be stopped here without --ks-allow stop-components"
            ):
                verb()
        assert (platform.system.host.get(CONTROLLER) or {})["spec"]["replicas"] == 3
    finally:
        careful.detach()


def test_a_part_that_no_scenario_stops_stays_up_with_leave_too(
    platform: ExistingPlatform, tmp_path: Path
) -> None:
    known = KnownPart("cluster1/klusterlet-agent", platform.system.host.name, (CONTROLLER,))
    with pytest.raises(
        NotSupported, match="the documentation's resiliency scenario does not stop this part"
    ):
        Part(known, platform.system.host, tmp_path, None).stop()


def test_a_log_that_is_not_available_is_empty(platform: ExistingPlatform) -> None:
    assert platform.component("wds1/transport-controller").log_tail() == []


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("ghcr.io/kubestellar/kubestellar/controller-manager:0.30.0", "0.30.0"),
        ("localhost:5000/x/y:v1", "v1"),
        ("localhost:5000/x/y", "no tag"),
        ("x/y@sha256:0123456789abcdef", "sha256:0123456789ab"),
        ("x/y:v2@sha256:0123456789abcdef", "v2"),
    ],
)
def test_the_version_of_an_image(image: str, version: str) -> None:
    assert version_of(image) == version


def test_who_may_use_the_run_folder(tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "installation": installation(tmp_path).to_json(),
        "run": "some-run",
        "owner": "1",
    }
    with pytest.raises(Broken, match="is not that of a run on an existing installation"):
        ExistingPlatform(PlatformSettings(run_dir=tmp_path, options=options)).attach()
