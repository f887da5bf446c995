"""A process that exits before it is ready: started again only if that was not at once. The order
of the steps of a start.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from kubestellar_conformance.platforms.common import pki
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.embedded import start
from kubestellar_conformance.platforms.embedded.ports import PortBlock
from kubestellar_conformance.platforms.embedded.process import ExitedAtOnce, Process
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec
from kubestellar_conformance.platforms.embedded.workbench import Workbench
from kubestellar_conformance.waiting import contracts
from tests.support.embedded import IDLE, a_run, spec, unbuilt

WAITS_FOR_ITS_API_SERVER = (
    "echo waits; sleep 0.3; test -e {needed} || {{ touch {needed}; exit 1; }}; "
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    with a_run(tmp_path / "run") as found:
        yield found


class Spawns:
    def __init__(self, folder: RunFolder) -> None:
        self._folder, self.processes = folder, list[Process]()

    def __call__(self, spec: ProcessSpec) -> Process:
        process = Process(self._folder, spec)
        process.launch()
        self.processes.append(process)
        return process


def test_one_that_waited_in_vain_is_started_again(
    folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "SOON", 0.2)
    spawns = Spawns(folder)
    script = WAITS_FOR_ITS_API_SERVER.format(needed=tmp_path / "needed") + IDLE
    start.start_patiently(spawns, spec(script))
    assert len(spawns.processes) == 2
    assert spawns.processes[-1].state == "running"


def test_one_that_exits_at_once_is_not(folder: RunFolder) -> None:
    spawns = Spawns(folder)
    with pytest.raises(ExitedAtOnce, match=r"wds1/part exited with status 1 .* unknown flag"):
        start.start_patiently(spawns, spec("echo unknown flag; exit 1"))
    assert len(spawns.processes) == 1


def test_one_that_never_stays_up_is_given_up_when_its_time_is_over(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "SOON", 0.05)
    monkeypatch.setattr(contracts, "_factor", 0.01)
    spawns = Spawns(folder)
    with pytest.raises(ExitedAtOnce):
        start.start_patiently(spawns, spec("sleep 0.2; exit 1"))
    assert len(spawns.processes) > 1


@pytest.mark.parametrize(
    ("space", "topology", "kinds"),
    [
        ("wds2", Topology().with_wds("wds2", "its1", hosted=False), "ks apis wds2"),
        ("its2", Topology().with_its("its2", hosted=False), "hub apis its2"),
        ("cluster3", Topology().with_wec("cluster3", "its1"), "agent apis cluster3"),
    ],
)
def test_the_garbage_collector_of_an_added_space_knows_the_kinds_from_its_start(
    folder: RunFolder, tmp_path: Path, space: str, topology: Topology, kinds: str
) -> None:
    made = pki.create(folder.credentials, topology.servers)
    workbench = Workbench(folder, topology, PortBlock(21000), made, unbuilt(tmp_path / "cache"))
    graph = start.StartPlan(workbench, Spawns(folder), restored=False).build_one(space)
    done: list[str] = []

    def take(step: str) -> None:
        time.sleep(0.2 if step == kinds else 0)
        done.append(step)

    graph._actions = {step: partial(take, step) for step in graph.names}
    graph.run(lambda: None)
    assert done.index(kinds) < done.index(f"kcm {space}")
