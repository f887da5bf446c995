"""Quiescence: nothing is written any more. It has to last for the time contract ``quiet``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kubestellar_conformance.conditions.base import (
    Condition,
    Judgement,
    NameLike,
    Scope,
    name_of,
)
from kubestellar_conformance.conditions.manifest_works import comes_from
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import MANIFEST_WORK, Kind, Obj, Ref, resource_version, uid
from kubestellar_conformance.spaces.space import Target, refs_of


def quiescent(*what: Kind | str | Target) -> Condition:
    """Nothing is written any more: for the contract ``quiet`` no object of these is created,
    changed (its status included) or deleted.

    For `eventually`: ``wds.eventually(quiescent(policy.binding, config), within="recovery")``.
    ``what`` are objects, or whole kinds (``"v1/ConfigMap"``) in a space that no other test uses.
    """
    kinds = {Kind.of(one) for one in what if isinstance(one, Kind | str)}
    refs = tuple(ref for one in what if not isinstance(one, Kind | str) for ref in refs_of(one))
    if not kinds and not refs:
        raise UserError("quiescent() needs at least one object or kind to speak of")

    def ours(obj: Obj) -> bool:
        return Kind.of(obj) in kinds or Ref.of(obj) in refs

    called = [*map(str, refs), *(f"all of kind {kind}" for kind in sorted(kinds))]
    return Quiescent(kinds | {ref.kind for ref in refs}, ours, ", ".join(called), refs)


def quiescent_manifest_works(policy: NameLike) -> Condition:
    """For the ITS: `quiescent`, for the ManifestWorks of a BindingPolicy in all mailboxes."""
    name = name_of(policy)
    called = f"ManifestWorks of BindingPolicy {name}"
    return Quiescent({MANIFEST_WORK}, lambda work: comes_from(work, name), called)


class Quiescent(Condition):
    """Holds as soon as what it judges has not changed for a time contract; see
    `Condition.unchanged_for`.
    """

    unchanged_for = "quiet"

    def __init__(
        self,
        kinds: set[Kind],
        ours: Callable[[Obj], bool],
        called: str,
        refs: tuple[Ref, ...] = (),
    ) -> None:
        self._kinds, self._ours, self._called, self.refs = frozenset(kinds), ours, called, refs

    @property
    def expected(self) -> str:
        return f"to be quiescent (nothing written for the contract {self.unchanged_for})"

    @property
    def subject(self) -> str:
        return self._called

    def kinds(self) -> Iterable[Kind]:
        return self._kinds

    def concerns(self, event: Event) -> bool:
        return event.ref.kind in self._kinds and (not self.refs or self._may_be(event.ref))

    def _may_be(self, ref: Ref) -> bool:
        return ref in self.refs or ref.kind not in {one.kind for one in self.refs}

    def check(self, scope: Scope) -> Judgement:
        found = [obj for kind in self._kinds for obj in scope.feed(kind).objects(where=self._ours)]
        state = frozenset((Ref.of(obj), uid(obj), resource_version(obj)) for obj in found)
        if not found:
            return Judgement(True, "no objects", state=state)
        last = max(found, key=resource_version)
        text = (
            f"{len(found)} objects; the last write is of {Ref.of(last)}, resourceVersion "
            f"{resource_version(last)}"
        )
        return Judgement(True, text, tuple(found), state=state)
