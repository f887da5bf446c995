"""Conditions on the WorkStatuses of the ITS, by which the status of a WEC's objects comes back."""

from __future__ import annotations

from collections.abc import Iterable

from kubestellar_conformance.conditions.base import Condition, Judgement, Scope, Walk
from kubestellar_conformance.conditions.writing import all_refs, none
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import WORK_STATUS, Kind, Obj, Ref
from kubestellar_conformance.spaces.space import Space, Target, refs_of


class WorkStatuses(Condition):
    def __init__(self, wecs: Iterable[Space], refs: tuple[Ref, ...]) -> None:
        self._wecs, self.refs = list(wecs), refs

    @property
    def expected(self) -> str:
        mailboxes = ", ".join(wec.name for wec in self._wecs)
        return f"to have one WorkStatus in each of the mailboxes {mailboxes}, with its status there"

    def kinds(self) -> Iterable[Kind]:
        return [WORK_STATUS]

    def others(self, scope: Scope) -> Iterable[tuple[Space, Kind]]:
        del scope
        return [(wec, ref.kind) for wec in self._wecs for ref in self.refs]

    def concerns(self, event: Event) -> bool:
        return event.ref.kind == WORK_STATUS or event.ref in self.refs

    def check(self, scope: Scope) -> Judgement:
        feed, found = scope.feed(WORK_STATUS), []
        for wec in self._wecs:
            of: dict[Ref, list[Obj]] = {ref: [] for ref in self.refs}
            for one in feed.objects(wec.name):
                for ref in of:
                    if _is_of(one, ref):
                        of[ref].append(one)
            for ref, mine in of.items():
                here = scope.get(ref, wec)
                if here is None:
                    return Judgement(False, f"{ref} is absent in {wec.name}", ref=ref)
                if len(mine) != 1:
                    return Judgement(False, f"{wec.name}: {len(mine)} of {ref}", ref=ref)
                if (mine[0].get("status") or {}) != (here.get("status") or {}):
                    text = f"{wec.name}: that of {ref} has another status than the object"
                    return Judgement(False, text, (mine[0],), ref)
                found += mine
        return Judgement(True, f"{len(found)} WorkStatuses", tuple(found))


def work_statuses(wecs: Iterable[Space], *what: Target) -> Condition:
    """For the ITS: in the mailbox of each of these WECs every object has one WorkStatus
    (WorkStatus.spec.sourceRef), with the whole status that the object has in that WEC.
    """
    return WorkStatuses(wecs, all_refs(what))


def no_work_statuses(*what: Target) -> Condition:
    """For the ITS: no mailbox holds a WorkStatus of these objects (WorkStatus.spec.sourceRef)."""
    refs = {ref for one in what for ref in refs_of(one)}

    def ours(status: Obj) -> bool:
        return any(_is_of(status, ref) for ref in refs)

    called = f"WorkStatuses of {', '.join(sorted(map(str, refs)))}"
    return none(WORK_STATUS, ours, called, walk=Walk.WITHDRAWAL)


def _is_of(status: Obj, ref: Ref) -> bool:
    source = (status.get("spec") or {}).get("sourceRef") or {}
    named = (
        source.get("group") or "",
        source.get("kind"),
        source.get("namespace") or "",
        source.get("name"),
    )
    return named == (ref.kind.group, ref.kind.name, ref.namespace, ref.name)
