"""The two ways to write a condition without a class of its own: `each` and `none`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kubestellar_conformance.conditions.base import Condition, Judgement, Scope, Walk
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import Kind, Obj, Ref
from kubestellar_conformance.spaces.space import Target, refs_of

Judge = Callable[[Obj], tuple[bool, str]]
"""Judges one live object: whether it passes, and what was seen in a few words."""


def each(
    refs: Iterable[Ref],
    expected: str,
    judge: Judge,
    *,
    walk: Walk = Walk.NONE,
    unwanted: Sequence[str] = (),
) -> Condition:
    """Every object exists and passes ``judge``; ``expected`` completes "<object>: expected ...".

    ``unwanted``: the paths of fields that ``judge`` does not let pass (see `Condition.unwanted`).
    """
    return _Each(tuple(refs), expected, judge, walk, tuple(unwanted))


def none(
    kind: Kind, where: Callable[[Obj], bool], called: str, *, walk: Walk = Walk.NONE
) -> Condition:
    """No object of ``kind`` passes ``where``; ``called`` names such objects to a person.

    An object that is being deleted still counts.
    """
    return _None(kind, where, called, walk)


class _Each(Condition):
    def __init__(
        self,
        refs: tuple[Ref, ...],
        expected: str,
        judge: Judge,
        walk: Walk,
        unwanted: tuple[str, ...],
    ) -> None:
        self.refs, self._expected, self._judge = refs, expected, judge
        self.walk, self.unwanted = walk, unwanted

    @property
    def expected(self) -> str:
        return self._expected

    def check(self, scope: Scope) -> Judgement:
        found = []
        for ref in self.refs:
            here = scope.get(ref)
            if here is None:
                return Judgement(False, saw(self, ref, "absent"), ref=ref)
            ok, text = self._judge(here)
            if not ok:
                return Judgement(False, saw(self, ref, text), (here,), ref)
            found.append(here)
        return Judgement(True, self._expected.removeprefix("to "), tuple(found))


class _None(Condition):
    def __init__(self, kind: Kind, where: Callable[[Obj], bool], subject: str, walk: Walk) -> None:
        self._kind, self._where, self._subject, self.walk = kind, where, subject, walk

    @property
    def expected(self) -> str:
        return "none to exist"

    @property
    def subject(self) -> str:
        return self._subject

    def kinds(self) -> Iterable[Kind]:
        return [self._kind]

    def concerns(self, event: Event) -> bool:
        return event.ref.kind == self._kind

    def check(self, scope: Scope) -> Judgement:
        left = scope.feed(self._kind).objects(where=self._where)
        if not left:
            return Judgement(True, "none")
        first = Ref.of(left[0])
        text = f"{len(left)}, the first is {first} ({presence(left[0])})"
        return Judgement(False, text, tuple(left), first)


def all_refs(what: tuple[Target, ...]) -> tuple[Ref, ...]:
    """The references of all targets. Raises `UserError` if there are no targets."""
    refs = tuple(ref for one in what for ref in refs_of(one))
    if not refs:
        raise UserError("a condition needs at least one object to speak of")
    return refs


def presence(obj: Obj) -> str:
    """Of an object that exists: present, or being deleted."""
    return "being deleted" if obj["metadata"].get("deletionTimestamp") else "present"


def saw(condition: Condition, ref: Ref, text: str) -> str:
    """What was seen of one object, which is named where the condition speaks of several."""
    return text if len(condition.refs) == 1 else f"{ref}: {text}"


def few(lines: list[str], most: int = 2) -> str:
    """The first lines as one, and the number of the rest."""
    more = f"; and {len(lines) - most} more" if len(lines) > most else ""
    return "; ".join(lines[:most]) + more
