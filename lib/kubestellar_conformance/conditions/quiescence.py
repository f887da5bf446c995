"""Quiescence: nothing is written any more, for the time contract ``quiet`` or as long as a test
watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kubestellar_conformance.conditions.base import (
    Condition,
    Judgement,
    NameLike,
    Scope,
    Walk,
    name_of,
)
from kubestellar_conformance.conditions.manifest_works import comes_from, origin_of_works
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import MANIFEST_WORK, Kind, Obj, Ref, resource_version, uid
from kubestellar_conformance.spaces.space import Space, Target, refs_of

Subjects = tuple[set[Kind], Callable[[Obj], bool], str, tuple[Ref, ...]]
"""What is watched: the kinds, which objects of them, their name for a person, and their refs."""


def quiescent(*what: Kind | str | Target) -> Condition:
    """Nothing is written any more: for the contract ``quiet`` no object of these is created,
    changed (its status included) or deleted.

    For `eventually`: ``wds.eventually(quiescent(policy.binding, config), within="recovery")``.
    ``what`` are objects, or whole kinds (``"v1/ConfigMap"``) in a space that no other test uses.
    """
    return Quiescent(*_spoken_of("quiescent", what))


def at_rest(*what: Target) -> Condition:
    """Nothing is written to these objects for the contract ``looked_again``, so that no later look
    at an earlier write makes up for an event that a controller misses.

    For `eventually`, before a change that has to show by itself; ``what`` are objects.
    """
    return AtRest(*_spoken_of("at_rest", what))


def unwritten(*what: Kind | str | Target) -> Condition:
    """For `hold` and `stays`: no object of these is created, changed (its status included) or
    deleted. ``what`` is as for `quiescent`.
    """
    return Unwritten(*_spoken_of("unwritten", what))


def _spoken_of(word: str, what: Iterable[Kind | str | Target]) -> Subjects:
    what = list(what)
    kinds = {Kind.of(one) for one in what if isinstance(one, Kind | str)}
    refs = tuple(ref for one in what if not isinstance(one, Kind | str) for ref in refs_of(one))
    if not kinds and not refs:
        raise UserError(f"{word}() needs at least one object or kind to speak of")

    def ours(obj: Obj) -> bool:
        return Kind.of(obj) in kinds or Ref.of(obj) in refs

    called = [*map(str, refs), *(f"all of kind {kind}" for kind in sorted(kinds))]
    return kinds | {ref.kind for ref in refs}, ours, ", ".join(called), refs


def quiescent_manifest_works(policy: NameLike) -> Condition:
    """For the ITS: `quiescent`, for the ManifestWorks of a BindingPolicy in all mailboxes."""
    return Quiescent(*_works_of(policy))


def unwritten_manifest_works(policy: NameLike) -> Condition:
    """For the ITS: `unwritten`, for the ManifestWorks of a BindingPolicy in all mailboxes."""
    condition = Unwritten(*_works_of(policy))
    condition.policy = name_of(policy)
    return condition


def _works_of(policy: NameLike) -> Subjects:
    name = name_of(policy)
    called = f"ManifestWorks of BindingPolicy {name}"
    return {MANIFEST_WORK}, lambda work: comes_from(work, name), called, ()


class Quiescent(Condition):
    """Holds as soon as what it judges has not changed for a time contract; see
    `Condition.unchanged_for`.
    """

    unchanged_for, manner = "quiet", "quiescent"

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
        return f"to be {self.manner} (nothing written for the contract {self.unchanged_for})"

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
        state = frozenset(_state(obj) for obj in found)
        if not found:
            return Judgement(True, "no objects", state=state)
        last = max(found, key=resource_version)
        text = (
            f"{len(found)} objects; the last write is of {Ref.of(last)}, resourceVersion "
            f"{resource_version(last)}"
        )
        return Judgement(True, text, tuple(found), state=state)


class AtRest(Quiescent):
    unchanged_for, manner = "looked_again", "at rest"


class Unwritten(Quiescent):
    """Holds until something is written; `settled` takes the state from which on that counts."""

    unchanged_for = ""
    walk = Walk.REWRITING
    _begun: object = None
    _specs: frozenset[tuple[Ref, str, int]] = frozenset()

    @property
    def expected(self) -> str:
        return "to be written no more"

    def settled(self, scope: Scope) -> Unwritten:
        settled = Unwritten(set(self._kinds), self._ours, self._called, self.refs)
        settled.policy = self.policy
        now = self.check(scope)
        settled._begun, settled._specs = now.state, frozenset(map(_spec_state, now.objects))
        return settled

    def wds(self, scope: Scope) -> Space:
        origin = origin_of_works(scope, self.policy) if self.policy else None
        return origin or super().wds(scope)

    def check(self, scope: Scope) -> Judgement:
        now = super().check(scope)
        if self._begun is None or now.state == self._begun:
            return now
        # A write of the status alone, which is not the specification's writer's, says nothing.
        respecified = (Ref.of(one) for one in now.objects if _spec_state(one) not in self._specs)
        ref = next((ref for ref in respecified if ref.kind == MANIFEST_WORK), None)
        saw = f"a write since then: {now.saw}"
        return Judgement(False, saw, now.objects, ref, state=now.state)


def _state(obj: Obj) -> tuple[Ref, str, int]:
    return Ref.of(obj), uid(obj), resource_version(obj)


def _spec_state(obj: Obj) -> tuple[Ref, str, int]:
    """What changes with the object's specification alone."""
    return Ref.of(obj), uid(obj), obj["metadata"].get("generation") or 0
