"""A part of an existing installation as a handle: its state and log; its verbs, where they are allowed.

A verb scales the part's Deployment or StatefulSet as the documentation's resiliency scenario does. How many replicas
it had is written down before, so that any process of the run, or a later clean-up, can put that back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from kubestellar_conformance.errors import Broken, Deviation, NotSupported
from kubestellar_conformance.platforms.api import ComponentState
from kubestellar_conformance.platforms.embedded.layout import write_private
from kubestellar_conformance.platforms.existing.known_parts import KnownPart, container_of
from kubestellar_conformance.platforms.existing.options import STOP_COMPONENTS
from kubestellar_conformance.platforms.existing.pods import POD, last_lines, matches, newest
from kubestellar_conformance.spaces.refs import Obj, Ref
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.waiting import contracts, meets, none_of
from kubestellar_conformance.waiting.condition import Condition
from kubestellar_conformance.waiting.conditions import judge_available

RETRY_SECONDS = 0.2


class Part:
    """See `kubestellar_conformance.platforms.api.ComponentHandle`. ``served`` is the space whose API server it is."""

    def __init__(self, known: KnownPart, space: Space, run_dir: Path, served: Space | None, *, allowed: bool) -> None:
        self.known, self.name, self.product = known, known.name, known.product
        self._space, self._served, self._allowed = space, served, allowed
        slug = known.name.replace("/", "-")
        self._log = run_dir / "logs" / f"{slug}.log"
        self._stopped = run_dir / "stopped" / f"{slug}.json"

    def _workload(self) -> Obj:
        for ref in self.known.refs:
            if (found := self._space.get(ref)) is not None:
                return found
        names = " or ".join(f"{ref.kind} {ref.namespace}/{ref.name}" for ref in self.known.refs)
        raise NotSupported(f"{self.name}: there is no {names} in {self._space.name} (context {self._space.context})")

    def demand(self) -> Part:
        """This part, if it is there. `NotSupported`, naming what was looked for, if not."""
        self._workload()
        return self

    @property
    def state(self) -> ComponentState:
        workload = self._workload()
        if workload["spec"].get("replicas", 1) == 0:
            return "stopped"
        return "running" if (workload.get("status") or {}).get("availableReplicas", 0) else "exited"

    @property
    def arguments(self) -> Sequence[str]:
        container = container_of(self.known, self._workload())
        return [*(container.get("command") or [])[1:], *(container.get("args") or [])]

    @property
    def log(self) -> Path:
        """Where the lines are that `log_tail` last got; the log itself is the cluster's."""
        return self._log

    def log_tail(self, lines: int = 10) -> list[str]:
        workload = self._workload()
        pod = newest(self._space, workload)
        if pod is None:
            return []
        text = last_lines(self._space, pod, container_of(self.known, workload)["name"], lines)
        write_private(self._log, "\n".join(text) + "\n")
        return text

    def stop(self) -> None:
        workload = self._permitted()
        wanted = workload["spec"].get("replicas", 1)
        if wanted:
            write_private(self._stopped, json.dumps({"part": self.name, "replicas": wanted}))
        ref = Ref.of(workload)
        self._space.scale(ref, 0, anybody_s=True)
        pods = none_of(POD, lambda pod: matches(pod, workload), called=f"pods of {self.name}")
        self._wait(pods, "its pods were not gone")

    def start(self) -> None:
        ref = Ref.of(self._permitted())
        replicas = self.start_again(ref)
        up = meets(ref, f"have {replicas} replicas available", partial(_has_available, replicas))
        self._wait(up, "it was not available")
        if self._served is not None and not self._answers(self._served):
            raise Broken(f"{self.name}: {self._served.name} did not answer within {_seconds():g} s (restart)")

    def start_again(self, ref: Ref | None = None) -> int:
        """Put the replicas back that `stop` took, without waiting; how many that is."""
        ref, replicas = ref or Ref.of(self._workload()), self._before()
        self._space.scale(ref, replicas, anybody_s=True)
        self._stopped.unlink(missing_ok=True)
        return replicas

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        raise NotSupported(f"{self.name}: a part of an existing installation cannot be paused")

    def resume(self) -> None:
        raise NotSupported(f"{self.name}: a part of an existing installation cannot be paused, nor resumed")

    def _permitted(self) -> Obj:
        if not self.known.stoppable:
            raise NotSupported(f"{self.name}: it is no part that the documentation's resiliency scenario stops")
        if not self._allowed:
            raise NotSupported(f"{self.name}: it may not be stopped here without --ks-allow {STOP_COMPONENTS}")
        return self._workload()

    def _before(self) -> int:
        try:
            return int(json.loads(self._stopped.read_text())["replicas"])
        except FileNotFoundError:
            return 1

    def _wait(self, condition: Condition, otherwise: str) -> None:
        try:
            self._space.eventually(condition, within="restart")
        except Deviation as problem:
            raise Broken(f"{self.name}: {otherwise} within {_seconds():g} s (restart): {problem}") from None

    def _answers(self, space: Space) -> bool:
        """Whether the API server answers in time. It is asked again and again: nothing tells when it will."""
        deadline = time.monotonic() + _seconds()
        while space.client.unreachable() is not None:
            if time.monotonic() > deadline:
                return False
            with space.record.changed:  # a feed that gets through sooner wakes it
                space.record.changed.wait(RETRY_SECONDS)
        return True


def _has_available(replicas: int, workload: Obj) -> bool:
    ok, _ = judge_available(workload)
    return ok and workload["spec"].get("replicas", 1) == replicas


def _seconds() -> float:
    return contracts.seconds("restart")


def stopped_parts(run_dir: Path) -> list[str]:
    """Names of the parts that this run has stopped and not started again."""
    return [_read(file)["part"] for file in sorted((run_dir / "stopped").glob("*.json"))]


def _read(file: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(file.read_text())
    return content
