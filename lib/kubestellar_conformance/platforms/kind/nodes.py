"""A WEC's node as a part: its container, and with it the cluster's API server and all its pods."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from kubestellar_conformance.conditions import none_of
from kubestellar_conformance.errors import Broken, Deviation, NotSupported
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.api import ComponentState
from kubestellar_conformance.platforms.kind.crashes import Crashes
from kubestellar_conformance.platforms.kind.docker import docker
from kubestellar_conformance.platforms.kind.parts import marks
from kubestellar_conformance.platforms.outages import Outages
from kubestellar_conformance.platforms.workloads.known_parts import KnownPart
from kubestellar_conformance.spaces.pods import POD
from kubestellar_conformance.spaces.refs import Obj
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.waiting import contracts


class NodePart(Outages):
    """The node of a WEC. ``parts`` are the parts that run on it: they end with it, which is not a
    crash.
    """

    product = changed = False
    mishap = ""

    def __init__(
        self,
        space: Space,
        node: str,
        run_dir: Path,
        parts: Mapping[str, KnownPart],
        crashes: Crashes | None = None,
    ) -> None:
        self.name = f"{space.name}/node"
        self._space, self._node, self._parts, self._crashes = space, node, parts, crashes
        self.log = run_dir / "logs" / f"{space.name}-node.log"
        self._mark = marks(run_dir) / f"{space.name}-node.json"

    @property
    def state(self) -> ComponentState:
        states: dict[str, ComponentState] = {
            "running": "running",
            "paused": "paused",
            "exited": "stopped",
        }
        return states.get(docker("inspect", "--format", "{{.State.Status}}", self._node), "exited")

    @property
    def arguments(self) -> Sequence[str]:
        raise NotSupported(f"{self.name}: a node has no arguments")

    def log_tail(self, lines: int = 10) -> list[str]:
        return docker("logs", f"--tail={lines}", self._node).splitlines()

    def stop(self, *, wait: bool = True) -> None:
        del wait  # the engine returns when the container has exited
        if self._crashes:
            self._crashes.drop(self._parts)
        self._mark_and("stop")

    def start(self, *, wait: bool = True) -> None:
        if self._crashes:
            self._crashes.drop(self._parts)
        began = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        write_private_json(self._mark, {"part": self.name, "began": began})
        docker("start", self._node)
        if wait:
            self.settle()

    def settle(self) -> None:
        began = self._marked().get("began")
        if began is None:
            return
        self._wait(began)
        self._mark.unlink(missing_ok=True)
        if self._crashes:
            self._crashes.add(self._parts)

    def _marked(self) -> dict[str, str]:
        try:
            content: dict[str, str] = json.loads(self._mark.read_text())
        except FileNotFoundError:
            return {}
        return content

    def _wait(self, began: str) -> None:
        """Wait until the pods of its parts run again. At first the API server still reports the
        state from before the stop.
        """
        namespaces = {ref.namespace for part in self._parts.values() for ref in part.refs}
        old = none_of(
            POD,
            partial(_is_old, namespaces, began),
            called="pods of agents that have not started again",
        )
        try:
            self._space.eventually(old, within="restart")
        except Deviation as problem:
            limit = contracts.seconds("restart")
            raise Broken(
                f"{self.name}: its agents did not run within {limit:g} s (restart): {problem}"
            ) from None

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
        write_private_json(self._mark, {"part": self.name})
        docker(verb, self._node)


def _is_old(namespaces: set[str], began: str, pod: Obj) -> bool:
    """Whether a pod of these namespaces has a container that has not been ready since then (RFC
    3339, UTC).
    """
    if pod["metadata"].get("namespace") not in namespaces:
        return False
    containers = (pod.get("status") or {}).get("containerStatuses") or []
    return not containers or any(
        not one.get("ready")
        or ((one.get("state") or {}).get("running") or {}).get("startedAt", "") < began
        for one in containers
    )
