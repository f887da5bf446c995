"""Conditions on what comes back from the WECs: status in the WDS, CombinedStatus, and the traces
left in the ITS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubestellar_conformance.conditions.base import Condition, Judgement, Scope, Walk
from kubestellar_conformance.conditions.comparing import differences
from kubestellar_conformance.conditions.objects import Has, contains
from kubestellar_conformance.conditions.writing import each, few
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.refs import (
    Kind,
    Obj,
    Ref,
)
from kubestellar_conformance.spaces.space import Space, Target, refs_of
from kubestellar_conformance.spaces.verbs import Status, Subject


class ThatOf:
    """The whole status of the object in another space; `that_of` makes it."""

    def __init__(self, space: Space) -> None:
        self.space = space


def that_of(space: Space) -> ThatOf:
    """For ``wds.eventually(nginx, status=that_of(wec1))``: equal to the whole status there, at the
    same moment.

    The status there has to be of the present generation, where it tells that.
    """
    return ThatOf(space)


class StatusEquals(Condition):
    walk = Walk.STATUS

    def __init__(self, refs: tuple[Ref, ...], other: Space) -> None:
        self.refs, self._other = refs, other

    @property
    def expected(self) -> str:
        return f"to have the whole status that it has in {self._other.name}"

    def wec(self, scope: Scope) -> Space | None:
        return self._other if self._other.role == "wec" else super().wec(scope)

    def others(self, scope: Scope) -> Iterable[tuple[Space, Kind]]:
        del scope
        return [(self._other, kind) for kind in self.kinds()]

    def check(self, scope: Scope) -> Judgement:
        found, any_status = [], False
        for ref in self.refs:
            here, there = scope.get(ref), scope.get(ref, self._other)
            for obj, space in ((here, scope.space), (there, self._other)):
                if obj is None:
                    return Judgement(False, f"{ref}: absent in {space.name}", ref=ref)
            assert here is not None
            assert there is not None
            status = there.get("status") or {}
            observed = status.get("observedGeneration")
            if observed is not None and observed != there["metadata"].get("generation"):
                return Judgement(
                    False,
                    f"{ref}: the status in {self._other.name} is of an older generation",
                    ref=ref,
                )
            lines = differences(
                status, here.get("status") or {}, "status", f"{self._other.name} has"
            )
            if lines:
                return Judgement(False, f"{ref}: {few(lines)}", ref=ref, details=tuple(lines))
            any_status = any_status or bool(status)
            found.append(here)
        if not any_status:
            return Judgement(False, f"no status in {self._other.name} either", ref=self.refs[-1])
        return Judgement(True, f"the status of {self._other.name}", tuple(found))


def no_status(what: Target) -> Condition:
    """The objects are there and have no status, or an empty one: nothing is left of one that came
    back.
    """

    def judge(obj: Obj) -> tuple[bool, str]:
        status = obj.get("status") or {}
        return not status, f"a status with {', '.join(sorted(status))}"

    return each(refs_of(what), "to have no status", judge, walk=Walk.STATUS_GONE)


def whole_status(what: Target, status: Mapping[str, Any]) -> Condition:
    """The object has exactly this status, and nothing else in it.

    With ``status=`` of a verb the object may have more.
    """
    if not status:
        raise UserError("whole_status() needs a status: for an empty one say no_status(...)")

    def judge(obj: Obj) -> tuple[bool, str]:
        lines = differences(status, obj.get("status") or {}, "status", "expected")
        return not lines, few(lines)

    expected = f"to have exactly the status {dict(status)}"
    return each(refs_of(what), expected, judge, walk=Walk.STATUS)


def condition_of(subject: Subject, status: Status | None = None) -> Condition:
    """What the verbs of a space accept, as a condition. Raises `UserError`."""
    if isinstance(subject, Condition):
        if status is not None:
            raise UserError("status= goes with an object or a workload, not with a condition")
        return subject
    refs = refs_of(subject)
    if status is None:
        return Has(refs, None, ())
    if isinstance(status, ThatOf):
        return StatusEquals(refs, status.space)
    if isinstance(status, Mapping) and not status:
        raise UserError(
            "status={} asks for nothing, so it always holds: say no_status(...) for a "
            "status that is empty"
        )
    if isinstance(status, Mapping) and len(refs) == 1:
        wanted: Mapping[str, Any] = status
        return contains(refs[0], {"status": wanted}, walk=Walk.STATUS)
    raise UserError(
        "status= is that_of(<space>), or for a single object the fields that its status must have"
    )
