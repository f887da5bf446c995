"""The parts of a kind platform: Deployments that are scaled, containers that are frozen, nodes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kubestellar_conformance.errors import Broken, Deviation, HarnessError, NotSupported
from kubestellar_conformance.platforms.api import ComponentState
from kubestellar_conformance.platforms.embedded.layout import write_json
from kubestellar_conformance.platforms.existing.installation import Installation
from kubestellar_conformance.platforms.existing.known_parts import KnownPart, container_of, known_parts
from kubestellar_conformance.platforms.existing.parts import Part
from kubestellar_conformance.platforms.existing.pods import newest
from kubestellar_conformance.platforms.kind.crashes import Crashes, last_words
from kubestellar_conformance.platforms.kind.docker import docker
from kubestellar_conformance.spaces.refs import DEPLOYMENT, Obj, Ref
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.waiting.condition import Condition


def parts_of(installation: Installation) -> dict[str, KnownPart]:
    """The documented parts, and those that are this platform's own. All may be stopped: the platform is the run's."""
    host, its = installation.host, installation.its_cp
    known = known_parts(installation)
    known[f"{its}/ocm-registration"] = _of_host(host, f"{its}/ocm-registration", f"{its}-system")
    for control_plane in (its, installation.wds_cp):
        for name in ("etcd", "kube-controller-manager"):
            full = f"{control_plane}/{name}"
            known[full] = _of_host(host, full, f"{control_plane}-system")
    return {name: replace(part, stoppable=True) for name, part in known.items()}


def _of_host(host: str, name: str, namespace: str) -> KnownPart:
    return KnownPart(name, host, (Ref(DEPLOYMENT, namespace, name.rpartition("/")[2]),))


class KindPart(Part):
    """A Deployment; `pause` freezes the processes of its container on the node, and it keeps its connections."""

    def __init__(
        self, known: KnownPart, space: Space, run_dir: Path, served: Space | None, node: str,
        crashes: Crashes | None = None,
    ) -> None:  # fmt: skip
        super().__init__(known, space, run_dir, served, allowed=True)
        self._crashes = crashes
        self._node, self._host, self.run_dir = node, space, run_dir
        self._paused = _folder(run_dir) / f"{known.name.replace('/', '-')}.json"

    @property
    def state(self) -> ComponentState:
        return "paused" if self._paused.exists() else super().state

    def stop(self) -> None:
        if self._paused.exists():
            self.resume()  # what is frozen cannot end
        super().stop()

    def _wait(self, condition: Condition, otherwise: str) -> None:
        try:
            super()._wait(condition, otherwise)
        except Broken as problem:
            # A wait also ends when some part died. That is the product's doing, and no failure of this verb.
            if isinstance(problem.__context__, Deviation) and self._crashes and any(self._crashes.found()):
                raise problem.__context__ from None
            raise

    def pause(self) -> None:
        container = self._container()
        write_json(self._paused, {"part": self.name, "container": container})
        self._tell("pause", container)

    def resume(self) -> None:
        if not self._paused.exists():
            raise Broken(f"{self.name}: it is not paused")
        container = json.loads(self._paused.read_text())["container"]
        self._paused.unlink()
        self._tell("resume", container)

    def _container(self) -> str:
        """The id of the container that does the work, as the node's containerd knows it."""
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
    """A part whose container ended by itself. It is ``exited`` until `start` has seen it work again."""

    def __init__(self, part: KindPart, crashes: Crashes, pod: Obj) -> None:
        super().__init__(part.known, part._host, part.run_dir, part._served, part._node, crashes)
        self._ends, self._pod = crashes, pod

    @property
    def state(self) -> ComponentState:
        return "exited"

    def log_tail(self, lines: int = 10) -> list[str]:
        with contextlib.suppress(HarnessError):  # its pod has gone meanwhile, and the log with it
            if text := last_words(self._host, self._pod, lines):
                return text
        return super().log_tail(lines)

    def start(self) -> None:
        self._ends.told(self._pod)
        super().start()


def paused_parts(run_dir: Path) -> list[str]:
    """Names of the parts, nodes among them, that this run has paused."""
    return [json.loads(file.read_text())["part"] for file in sorted(_folder(run_dir).glob("*.json"))]


def _folder(run_dir: Path) -> Path:
    return run_dir / "state" / "paused"


class NodePart:
    """The one node of a WEC: its container, and with it the cluster's API server and all its pods."""

    product = changed = False

    def __init__(self, space: Space, node: str, run_dir: Path) -> None:
        self.name = f"{space.name}/node"
        self._space, self._node = space, node
        self.log = run_dir / "logs" / f"{space.name}-node.log"
        self._mark = _folder(run_dir) / f"{space.name}-node.json"

    @property
    def state(self) -> ComponentState:
        states: dict[str, ComponentState] = {"running": "running", "paused": "paused", "exited": "stopped"}
        return states.get(docker("inspect", "--format", "{{.State.Status}}", self._node), "exited")

    @property
    def arguments(self) -> Sequence[str]:
        raise NotSupported(f"{self.name}: a node has no arguments")

    def log_tail(self, lines: int = 10) -> list[str]:
        return docker("logs", f"--tail={lines}", self._node).splitlines()

    def stop(self) -> None:
        self._mark_and("stop")

    def start(self) -> None:
        docker("start", self._node)
        self._mark.unlink(missing_ok=True)
        kubectl = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf")
        docker("exec", self._node, *kubectl, "wait", "--for=condition=Ready", "--timeout=60s", "nodes", "--all")

    def restart(self, **flags: str) -> None:
        if flags:
            raise NotSupported(f"{self.name}: a node has no arguments")
        self.stop()
        self.start()

    def pause(self) -> None:
        self._mark_and("pause")

    def resume(self) -> None:
        docker("unpause", self._node)
        self._mark.unlink(missing_ok=True)

    def _mark_and(self, verb: str) -> None:
        write_json(self._mark, {"part": self.name})
        docker(verb, self._node)
