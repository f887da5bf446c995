"""Whether a part that came up beside others keeps running.

KubeStellar's controllers have no readiness probe, so their Deployments are available for the moment
until they find that an API server does not answer yet, and exit. The kubelet starts them again
after 10, 20 and 40 s.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubestellar_conformance.conditions.base import Condition, Judgement, Scope
from kubestellar_conformance.platforms.kind.crashes import ends
from kubestellar_conformance.spaces.pods import POD, matches, ready, why
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import Kind, Obj, Ref


class KeepsRunning(Condition):
    """Every pod of a Deployment is ready, and no container exits for the contract `steady`."""

    unchanged_for = "steady"

    def __init__(self, workload: Obj) -> None:
        self._workload, self.refs = workload, (Ref.of(workload),)

    @property
    def expected(self) -> str:
        return f"to run without an exit for the contract {self.unchanged_for}"

    def kinds(self) -> Iterable[Kind]:
        return {POD}

    @property
    def subject(self) -> str:
        return f"pods of {self.refs[0]}"

    def concerns(self, event: Event) -> bool:
        return event.ref.kind == POD

    def check(self, scope: Scope) -> Judgement:
        namespace = self._workload["metadata"]["namespace"]
        pods = [pod for pod in scope.feed(POD).objects(namespace) if matches(pod, self._workload)]
        exits = {pod["metadata"]["uid"]: ends(pod) for pod in pods}
        waiting = [pod for pod in pods if not ready(pod)]
        saw = "no pods" if not pods else f"{sum(exits.values())} exits"
        if waiting:
            saw += f", not ready: {why(waiting[0])}"
        steady = bool(pods) and not waiting
        return Judgement(steady, saw, tuple(pods), state=(steady, frozenset(exits.items())))
