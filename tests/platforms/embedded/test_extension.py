"""Adding a space to a running platform: what goes wrong ends all of it soon, and the platform can
be added to again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.errors import Broken, UserError
from kubestellar_conformance.platforms import PlatformSettings
from kubestellar_conformance.platforms.common import pki
from kubestellar_conformance.platforms.common.kubeconfigs import address
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.embedded import extension, kubeflex, ocm
from kubestellar_conformance.platforms.embedded.extension import Extension
from kubestellar_conformance.platforms.embedded.graph import StepGraph
from kubestellar_conformance.platforms.embedded.kubeflex import CONTROL_PLANES
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform
from kubestellar_conformance.platforms.embedded.ports import PortBlock
from kubestellar_conformance.platforms.embedded.process import Process
from kubestellar_conformance.platforms.embedded.rest import Rest
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec
from kubestellar_conformance.platforms.embedded.workbench import Workbench
from kubestellar_conformance.spaces.refs import Obj
from kubestellar_conformance.spaces.system import System
from tests.support.embedded import a_run, spec, within

Spawn = Callable[[ProcessSpec], Process]


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with a_run(tmp_path / "run") as folder:
        made = pki.create(folder.credentials, Topology().servers)
        yield Workbench(folder, Topology(), PortBlock(21000), made, Provisioned({}))


def plan(monkeypatch: pytest.MonkeyPatch, **steps: Callable[[Workbench, Spawn], object]) -> None:
    """Let these be the steps that add a space, all at once."""

    class Steps:
        def __init__(self, workbench: Workbench, spawn: Spawn, **_: object) -> None:
            self.workbench, self.spawn = workbench, spawn

        def build_one(self, _name: str) -> StepGraph:
            graph = StepGraph()
            for name, step in steps.items():
                graph.add(name, partial(step, self.workbench, self.spawn))
            return graph

    monkeypatch.setattr(extension, "StartPlan", Steps)


def waits(workbench: Workbench, _spawn: Spawn) -> None:
    """As a step that waits for an object which never comes."""
    workbench.rest("its1").wait(
        "/api/v1/namespaces", "never", "the Namespace", lambda _: True, timeout=60
    )


@pytest.mark.parametrize("error", [Broken("no"), KeyboardInterrupt()], ids=["failure", "ctrl-c"])
def test_a_step_that_waits_is_given_up_with_the_others(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fails(_workbench: Workbench, spawn: Spawn) -> None:
        spawn(spec(name="wds2/part")).start()
        raise error

    plan(monkeypatch, waits=waits, fails=fails)
    processes: dict[str, Process] = {}
    with within(20), pytest.raises(type(error)):
        Extension(workbench, processes).add_wds("wds2", its="its1", hosted=False)
    assert processes == {}
    assert workbench.topology == Topology()
    plan(monkeypatch, starts=lambda _workbench, spawn: spawn(spec(name="wds2/part")).start())
    Extension(workbench, processes).add_wds("wds2", its="its1", hosted=False)
    assert [part.state for part in processes.values()] == ["running"]
    assert not workbench.cancelled.is_set()


@pytest.mark.parametrize(
    ("add", "asked"),
    [
        (
            lambda made: made.add_wec("cluster3", its="its1"),
            f"DELETE its1 {ocm.CLUSTERS}/cluster3",
        ),
        (
            lambda made: made.add_wds("wds2", its="its1", hosted=False),
            f"DELETE kind-kubeflex {CONTROL_PLANES}/wds2",
        ),
    ],
    ids=["WEC", "WDS"],
)
def test_what_a_failed_addition_has_registered_goes(
    workbench: Workbench,
    monkeypatch: pytest.MonkeyPatch,
    add: Callable[[Extension], None],
    asked: str,
) -> None:
    requests: list[str] = []

    def request(rest: Rest, method: str, path: str, *_: object, **__: object) -> Obj:
        requests.append(f"{method} {rest.name} {path}")
        return {}

    def fails(_workbench: Workbench, _spawn: Spawn) -> None:
        raise Broken("no")

    monkeypatch.setattr(Rest, "request", request)
    plan(monkeypatch, fails=fails)
    with pytest.raises(Broken, match=r"^no$"):
        add(Extension(workbench, {}))
    assert requests[0] == asked


def test_a_failed_addition_waits_a_while_for_what_does_not_go(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_workbench: Workbench, _spawn: Spawn) -> None:
        raise Broken("no")

    monkeypatch.setattr(Rest, "request", lambda *_, **__: {"kind": "ManagedCluster"})
    monkeypatch.setattr(extension, "CLEARED_WITHIN", 0.3)
    plan(monkeypatch, fails=fails)
    with within(5), pytest.raises(Broken, match=r"^no$"):
        Extension(workbench, {}).add_wec("cluster3", its="its1")


def test_no_further_part_starts_once_it_is_given_up(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(workbench: Workbench, spawn: Spawn) -> None:
        workbench.cancelled.wait(10)
        spawn(spec(name="wds2/late")).start()

    def fails(_workbench: Workbench, _spawn: Spawn) -> None:
        raise Broken("no")

    plan(monkeypatch, late=late, fails=fails)
    processes: dict[str, Process] = {}
    with within(5), pytest.raises(Broken, match=r"^no$"):
        Extension(workbench, processes).add_wds("wds2", its="its1", hosted=False)
    assert processes == {}


def test_what_is_needed_or_was_not_added_is_not_removed(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(monkeypatch, none=lambda _workbench, _spawn: None)
    made = Extension(workbench, {})
    made.add_its("its2", hosted=False)
    workbench.topology = workbench.topology.with_wec("cluster3", "its2")
    with pytest.raises(UserError, match="its2 is needed by cluster3: remove those first"):
        made.demand_removable("its2")
    with pytest.raises(UserError, match="'cluster3' is not a space that can be removed"):
        made.demand_removable("cluster3")
    workbench.topology = workbench.topology.without("cluster3")
    made.demand_removable("its2")


def test_a_space_that_is_added_again_is_reached_at_its_new_port(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(monkeypatch, none=lambda _workbench, _spawn: None)
    monkeypatch.setattr(kubeflex, "delete_control_plane", lambda *_: None)
    made = Extension(workbench, {})
    for _ in range(2):
        made.add_its("its2", hosted=False)
        assert workbench.rest("its2").url == address(workbench.port("its2"))
        made.remove("its2")


def test_a_refused_removal_leaves_the_space_where_it_is(
    tmp_path: Path, workbench: Workbench
) -> None:
    platform = EmbeddedPlatform(PlatformSettings(run_dir=tmp_path / "run"))
    platform._workbench = workbench
    workbench.write_kubeconfigs()
    platform._use(System(map(platform._space, workbench.topology.spaces)))
    with pytest.raises(UserError, match="its1 is needed by wds1, cluster1, cluster2"):
        platform.remove("its1")
    assert "its1" in platform.system
