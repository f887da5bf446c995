"""The parts of a kind platform: Deployments that are scaled, containers that are frozen, nodes."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path

from kubestellar_conformance.conditions.base import Condition
from kubestellar_conformance.errors import Broken, Deviation, HarnessError
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.api import ComponentState
from kubestellar_conformance.platforms.common.names import namespace_of
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.kind import k8s_type
from kubestellar_conformance.platforms.kind.crashes import Crashes, last_words
from kubestellar_conformance.platforms.kind.docker import docker
from kubestellar_conformance.platforms.kind.steadiness import KeepsRunning
from kubestellar_conformance.platforms.workloads.known_parts import (
    KnownPart,
    container_of,
    known_parts,
)
from kubestellar_conformance.platforms.workloads.parts import Part
from kubestellar_conformance.spaces.pods import newest
from kubestellar_conformance.spaces.refs import DEPLOYMENT, Obj, Ref
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.verbs import ContractName


def parts_of(topology: Topology) -> dict[str, KnownPart]:
    """The documented parts, and this platform's own. All may be stopped, since the platform belongs
    to the run.
    """
    known: dict[str, KnownPart] = {}
    first = next(iter(topology.wdses))
    for its, wds in (
        *((its, first) for its in topology.itses),
        *((its, wds) for wds, its in topology.wdses.items()),
    ):
        known |= known_parts(topology.host, its, wds, topology.wecs)
    for its in topology.itses:
        known |= _of_host(topology.host, its, "ocm-registration")
    for control_plane in (*topology.itses, *topology.wdses):
        if control_plane in topology.hosted:
            del known[f"{control_plane}/kube-apiserver"]
        elif control_plane in topology.k8s:
            known |= k8s_type.parts(topology.host, control_plane)
        else:
            known |= _of_host(topology.host, control_plane, "etcd", "kube-controller-manager")
    return {name: replace(part, stoppable=True) for name, part in known.items()}


def parts_of_one(topology: Topology, space: str) -> dict[str, KnownPart]:
    """The parts of one space."""
    return {name: part for name, part in parts_of(topology).items() if name.startswith(f"{space}/")}


def _of_host(host: str, control_plane: str, *deployments: str) -> dict[str, KnownPart]:
    """The parts of a control plane that are pods of the hosting cluster."""
    refs = {
        f"{control_plane}/{name}": Ref(DEPLOYMENT, namespace_of(control_plane), name)
        for name in deployments
    }
    return {name: KnownPart(name, host, (ref,)) for name, ref in refs.items()}


class KindPart(Part):
    """A Deployment. `pause` freezes the processes of its container on the node; they keep their
    connections.
    """

    def __init__(
        self,
        known: KnownPart,
        space: Space,
        run_dir: Path,
        served: Space | None,
        node: str,
        crashes: Crashes | None = None,
    ) -> None:
        super().__init__(known, space, run_dir, served)
        self._crashes = crashes
        self._node, self._host, self.run_dir = node, space, run_dir
        self._paused = marks(run_dir) / f"{known.name.replace('/', '-')}.json"

    @property
    def state(self) -> ComponentState:
        return "paused" if self._paused.exists() else super().state

    def stop(self, *, wait: bool = True) -> None:
        if self._paused.exists():
            self.resume()  # a frozen process cannot exit
        super().stop(wait=wait)

    def start(self, *, wait: bool = True) -> None:
        if not wait and self._crashes:
            self._crashes.drop({self.name: self.known})
        super().start(wait=wait)

    def settle(self) -> None:
        super().settle()
        if not self._crashes or self._crashes.watches(self.name):
            return
        if self.state != "stopped":
            running = KeepsRunning(self._workload())
            self._wait(running, "it did not keep running", within="recovery")
            self._crashes.add({self.name: self.known})

    def _wait(self, condition: Condition, otherwise: str, within: ContractName = "restart") -> None:
        try:
            super()._wait(condition, otherwise, within)
        except Broken as problem:
            # A wait also ends when a part has crashed. That is not a failure of this verb.
            if (
                isinstance(problem.__context__, Deviation)
                and self._crashes
                and any(self._crashes.found())
            ):
                raise problem.__context__ from None
            raise

    def pause(self) -> None:
        container = self._container()
        write_private_json(self._paused, {"part": self.name, "container": container})
        self._tell("pause", container)

    def resume(self) -> None:
        if not self._paused.exists():
            raise Broken(f"{self.name}: it is not paused")
        container = json.loads(self._paused.read_text())["container"]
        self._paused.unlink()
        self._tell("resume", container)

    def _container(self) -> str:
        """The id of the part's main container in the node's containerd."""
        workload = self._workload()
        wanted = container_of(self.known, workload)["name"]
        pod = newest(self._host, workload) or {}
        for one in (pod.get("status") or {}).get("containerStatuses") or []:
            if one["name"] == wanted and "running" in one.get("state", {}):
                return str(one["containerID"]).rpartition("/")[2]
        raise Broken(f"{self.name}: no container of it runs, so none can be paused")

    def _tell(self, verb: str, container: str) -> None:
        docker("exec", self._node, "ctr", "--namespace=k8s.io", "tasks", verb, container)


class CrashedPart(KindPart):
    """A part whose container has crashed. It is ``exited`` until `start` has seen it work again."""

    def __init__(self, part: KindPart, crashes: Crashes, pod: Obj) -> None:
        super().__init__(part.known, part._host, part.run_dir, part._served, part._node, crashes)
        self._ends, self._pod = crashes, pod

    @property
    def state(self) -> ComponentState:
        return "exited"

    def log_tail(self, lines: int = 10) -> list[str]:
        with contextlib.suppress(HarnessError):  # its pod is gone by now, and the log with it
            if text := last_words(self._host, self._pod, lines):
                return text
        return super().log_tail(lines)

    def start(self, *, wait: bool = True) -> None:
        self._ends.told(self._pod)
        super().start(wait=wait)


def paused_parts(run_dir: Path) -> list[str]:
    """Names of the parts, including nodes, that this run has paused."""
    return [json.loads(file.read_text())["part"] for file in sorted(marks(run_dir).glob("*.json"))]


def marks(run_dir: Path) -> Path:
    """The folder where a run notes the parts that it has paused and the nodes that it has
    stopped.
    """
    return run_dir / "state" / "paused"
