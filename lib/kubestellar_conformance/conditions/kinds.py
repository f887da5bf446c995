"""Conditions on kinds: what an API server serves."""

from __future__ import annotations

from collections.abc import Iterable

from kubestellar_conformance.conditions.base import Condition, Judgement, Scope
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import Kind


class IsServed(Condition):
    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    @property
    def expected(self) -> str:
        return "to be served, so that its objects can be listed and watched"

    @property
    def subject(self) -> str:
        return f"kind {self._kind.name} of {self._kind.api_version}"

    def kinds(self) -> Iterable[Kind]:
        return [self._kind]

    def concerns(self, event: Event) -> bool:
        return event.ref.kind == self._kind

    def check(self, scope: Scope) -> Judgement:
        problem = scope.feed(self._kind).problem
        return Judgement(problem is None, "served" if problem is None else problem)


def served(kind: Kind | str) -> Condition:
    """The API server lists objects of this kind and lets them be watched."""
    return IsServed(Kind.of(kind))
