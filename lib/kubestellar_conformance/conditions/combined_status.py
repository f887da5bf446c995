"""Conditions on CombinedStatus objects (user guide, "Combining reported state")."""

from __future__ import annotations

from collections.abc import Iterable

from kubestellar_conformance.conditions.base import Condition, Goal, Judgement, Scope
from kubestellar_conformance.spaces.policy import AnyPolicy, name_of
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import COMBINED_STATUS, Kind, Obj, Ref
from kubestellar_conformance.spaces.space import Target, refs_of

COMBINED_LABELS = "status.kubestellar.io/"


class CombinedStatusHas(Condition):
    goal: Goal = "combined"

    def __init__(self, ref: Ref, policy: str, rows: int) -> None:
        self.refs, self._policy, self._rows = (ref,), policy, rows

    @property
    def expected(self) -> str:
        return f"to have a CombinedStatus for {self._policy} with {self._rows} rows in each result"

    def kinds(self) -> Iterable[Kind]:
        return [COMBINED_STATUS]

    def concerns(self, event: Event) -> bool:
        return event.ref.kind == COMBINED_STATUS

    def check(self, scope: Scope) -> Judgement:
        found = [
            obj
            for obj in scope.feed(COMBINED_STATUS).objects()
            if combines(obj, self.refs[0], self._policy)
        ]
        if not found:
            return Judgement(False, "no CombinedStatus", ref=self.refs[0])
        rows = {
            result["name"]: len(result.get("rows") or [])
            for result in found[0].get("results") or []
        }
        ok = bool(rows) and all(count == self._rows for count in rows.values())
        said = ", ".join(f"{name}: {count} rows" for name, count in rows.items()) or "no results"
        return Judgement(ok, said, tuple(found), None if ok else self.refs[0])


def combines(combined: Obj, ref: Ref, policy: str | None = None) -> bool:
    """Whether a CombinedStatus is the one of this object (and BindingPolicy), which its
    labels say.
    """
    labels = combined["metadata"].get("labels") or {}
    group, namespace, name = (
        labels.get(COMBINED_LABELS + part) or "" for part in ("api-group", "namespace", "name")
    )
    same = (group, namespace, name) == (ref.kind.group, ref.namespace, ref.name)
    return same and policy in (None, labels.get(f"{COMBINED_LABELS}binding-policy"))


def combined_status(what: Target, policy: AnyPolicy, *, rows: int) -> Condition:
    """In the WDS: every StatusCollector of the policy has this many rows for the object."""
    return CombinedStatusHas(refs_of(what)[0], name_of(policy), rows)
