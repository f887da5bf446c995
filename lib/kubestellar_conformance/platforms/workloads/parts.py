"""A part that is a workload object, as a handle: its state and log, and its verbs where they are
allowed.

A verb scales the part's Deployment or StatefulSet as the documentation's resiliency scenario does,
or patches its arguments. The original state is noted first, so that any process of the run, or a
later clean-up, restores it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from kubestellar_conformance.conditions import meets, none_of
from kubestellar_conformance.conditions.base import Condition
from kubestellar_conformance.conditions.objects import judge_available
from kubestellar_conformance.errors import Broken, Deviation, NotSupported
from kubestellar_conformance.files import write_private
from kubestellar_conformance.platforms.api import ComponentState
from kubestellar_conformance.platforms.common.flags import with_flags
from kubestellar_conformance.platforms.outages import Outages
from kubestellar_conformance.platforms.workloads.before import Before
from kubestellar_conformance.platforms.workloads.known_parts import KnownPart, container_of
from kubestellar_conformance.spaces.pods import POD, last_lines, matches, newest
from kubestellar_conformance.spaces.refs import Obj, Ref
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.verbs import ContractName
from kubestellar_conformance.waiting import contracts

RETRY_SECONDS = 0.2
_STARTING = "starting"


class Part(Outages):
    """See `kubestellar_conformance.platforms.api.ComponentHandle`. ``served`` is the space whose
    API server it is; ``refusal`` is the reason if the verbs may not be used.
    """

    def __init__(
        self,
        known: KnownPart,
        space: Space,
        run_dir: Path,
        served: Space | None,
        *,
        refusal: str = "",
    ) -> None:
        self.known, self.name, self.product = known, known.name, known.product
        self._space, self._served, self._refusal = space, served, refusal
        slug = known.name.replace("/", "-")
        self._log = run_dir / "logs" / f"{slug}.log"
        self._before = Before(run_dir, self.name)

    def _workload(self) -> Obj:
        for ref in self.known.refs:
            if (found := self._space.get(ref)) is not None:
                return found
        names = " or ".join(f"{ref.kind} {ref.namespace}/{ref.name}" for ref in self.known.refs)
        # A part that this run has changed existed before.
        missing = Broken if self._before.known() else NotSupported
        raise missing(
            f"{self.name}: no {names} in {self._space.name} (context {self._space.context})"
        )

    def demand(self) -> Part:
        """This part, if it exists. Otherwise `NotSupported`, naming the objects that were looked
        for.
        """
        self._workload()
        return self

    @property
    def state(self) -> ComponentState:
        workload = self._workload()
        if workload["spec"].get("replicas", 1) == 0:
            return "stopped"
        return "running" if (workload.get("status") or {}).get("availableReplicas", 0) else "exited"

    @property
    def mishap(self) -> str:
        return ""  # one that runs out of memory has a limit, which its own chart sets

    @property
    def arguments(self) -> Sequence[str]:
        container = container_of(self.known, self._workload())
        return [*(container.get("command") or [])[1:], *(container.get("args") or [])]

    @property
    def changed(self) -> bool:
        return "containers" in self._before.known()

    @property
    def log(self) -> Path:
        """The lines that `log_tail` got last; the log itself is the cluster's."""
        return self._log

    def log_tail(self, lines: int = 10) -> list[str]:
        workload = self._workload()
        pod = newest(self._space, workload)
        if pod is None:
            return []
        text = last_lines(self._space, pod, container_of(self.known, workload)["name"], lines)
        write_private(self._log, "\n".join(text) + "\n")
        return text

    def stop(self, *, wait: bool = True) -> None:
        workload = self._permitted()
        if wanted := workload["spec"].get("replicas", 1):
            self._before.note(replicas=wanted)
        self._before.forget(_STARTING)
        self._space.scale(Ref.of(workload), 0, force=True)
        if wait:
            self._until_gone(workload)

    def start(self, *, wait: bool = True) -> None:
        workload = self._permitted()
        # Beside others it may find no API server yet, and exit: the kubelet's back-off (10, 20,
        # 40 s) can take longer than `restart`.
        self._before.note(**{_STARTING: "restart" if wait else "recovery"})
        self._scale_up(workload)
        if wait:
            self.settle()

    def start_again(self) -> None:
        """Restore the replicas that `stop` removed, for good and without waiting."""
        self._scale_up(self._workload())
        self._before.forget("replicas", _STARTING)

    def _scale_up(self, workload: Obj) -> None:
        self._space.scale(Ref.of(workload), self._replicas(workload), force=True)

    def _replicas(self, workload: Obj) -> int:
        """Its replicas before it was stopped, or now."""
        return int(self._before.known().get("replicas") or workload["spec"].get("replicas") or 1)

    def settle(self) -> None:
        under_way = self._before.known()
        if _STARTING in under_way:
            self._until_up(self._workload(), under_way[_STARTING])
            self._before.forget("replicas", _STARTING)
        elif "replicas" in under_way:
            self._until_gone(self._workload())

    def _until_gone(self, workload: Obj) -> None:
        pods = none_of(POD, lambda pod: matches(pod, workload), called=f"pods of {self.name}")
        self._wait(pods, "its pods were not gone")

    def _until_up(self, workload: Obj, within: ContractName) -> None:
        replicas = self._replicas(workload)
        up = meets(
            Ref.of(workload),
            f"have {replicas} replicas available",
            partial(_has_available, replicas),
        )
        self._wait(up, "it was not available", within)
        if self._served is not None and not self._answers(self._served):
            raise Broken(
                f"{self.name}: {self._served.name} did not answer within {_seconds():g} s (restart)"
            )

    def restart(self, **flags: str) -> None:
        self.stop()
        self.put_arguments_back()
        if flags:
            self._change(self._workload(), flags)
        self.start()

    def _change(self, workload: Obj, flags: Mapping[str, str]) -> None:
        containers = workload["spec"]["template"]["spec"]["containers"]
        self._before.note(containers=containers)
        mine = container_of(self.known, workload)
        if mine.get("args") or not mine.get("command"):
            changed = {"args": with_flags(mine.get("args") or [], flags)}
        else:
            changed = {"command": [mine["command"][0], *with_flags(mine["command"][1:], flags)]}
        self._patch(workload, [{**one, **changed} if one == mine else one for one in containers])

    def put_arguments_back(self) -> None:
        """Restore the arguments that it had before `restart` changed them, without waiting."""
        if (containers := self._before.known().get("containers")) is not None:
            self._patch(self._workload(), containers)
            self._before.forget("containers")

    def _patch(self, workload: Obj, containers: list[Obj]) -> None:
        template = {"spec": {"containers": containers}}
        self._space.patch(Ref.of(workload), {"spec": {"template": template}}, force=True)

    def pause(self) -> None:
        raise NotSupported(f"{self.name}: a part of an existing installation cannot be paused")

    def resume(self) -> None:
        raise NotSupported(
            f"{self.name}: a part of an existing installation cannot be paused, nor resumed"
        )

    def _permitted(self) -> Obj:
        if not self.known.stoppable:
            raise NotSupported(
                f"{self.name}: the documentation's resiliency scenario does not stop this part"
            )
        if self._refusal:
            raise NotSupported(f"{self.name}: {self._refusal}")
        return self._workload()

    def _wait(self, condition: Condition, otherwise: str, within: ContractName = "restart") -> None:
        try:
            self._space.eventually(condition, within=within)
        except Deviation as problem:
            allowed = contracts.seconds(within)
            raise Broken(
                f"{self.name}: {otherwise} within {allowed:g} s ({within}): {problem}"
            ) from None

    def _answers(self, space: Space) -> bool:
        """Whether the API server answers in time. It is asked repeatedly, because no event
        announces it.
        """
        deadline = time.monotonic() + _seconds()
        while space.client.unreachable() is not None:
            if time.monotonic() > deadline:
                return False
            with space.record.changed:  # a feed that connects sooner wakes it
                space.record.changed.wait(RETRY_SECONDS)
        return True


def _has_available(replicas: int, workload: Obj) -> bool:
    ok, _ = judge_available(workload)
    return ok and workload["spec"].get("replicas", 1) == replicas


def _seconds() -> float:
    return contracts.seconds("restart")
