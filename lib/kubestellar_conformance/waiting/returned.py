"""Conditions on what comes back from the WECs: status in the WDS, CombinedStatus, and the traces
left in the ITS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import (
    COMBINED_STATUS,
    MANIFEST_WORK,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
    WORK_STATUS,
    Kind,
    Obj,
    Ref,
)
from kubestellar_conformance.spaces.space import Space, Target, refs_of
from kubestellar_conformance.waiting.cleaning import differences
from kubestellar_conformance.waiting.condition import Condition, Goal, Sight, Verdict
from kubestellar_conformance.waiting.conditions import Each, Has, Lacks, contains

COMBINED_LABELS = "status.kubestellar.io/"
REPORT_NAMESPACE = "kubestellar-report"


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
    goal: Goal = "status"

    def __init__(self, refs: tuple[Ref, ...], other: Space) -> None:
        self.refs, self._other = refs, other

    @property
    def expected(self) -> str:
        return f"to have the whole status that it has in {self._other.name}"

    def wec(self, sight: Sight) -> Space | None:
        return self._other if self._other.role == "wec" else super().wec(sight)

    def others(self, sight: Sight) -> Iterable[tuple[Space, Kind]]:
        del sight
        return [(self._other, kind) for kind in self.kinds()]

    def check(self, sight: Sight) -> Verdict:
        found, any_status = [], False
        for ref in self.refs:
            here, there = sight.get(ref), sight.get(ref, self._other)
            for obj, space in ((here, sight.space), (there, self._other)):
                if obj is None:
                    return Verdict(False, f"{ref}: absent in {space.name}", ref=ref)
            assert here is not None
            assert there is not None
            status = there.get("status") or {}
            observed = status.get("observedGeneration")
            if observed is not None and observed != there["metadata"].get("generation"):
                return Verdict(
                    False,
                    f"{ref}: the status in {self._other.name} is of an older generation",
                    ref=ref,
                )
            lines = differences(
                status, here.get("status") or {}, "status", f"{self._other.name} has"
            )
            if lines:
                text = "; ".join(lines[:2]) + (
                    f"; and {len(lines) - 2} more" if len(lines) > 2 else ""
                )
                return Verdict(False, f"{ref}: {text}", ref=ref, details=tuple(lines))
            any_status = any_status or bool(status)
            found.append(here)
        if not any_status:
            return Verdict(False, f"no status in {self._other.name} either", ref=self.refs[-1])
        return Verdict(True, f"the status of {self._other.name}", tuple(found))


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

    def check(self, sight: Sight) -> Verdict:
        found = [
            obj
            for obj in sight.feed(COMBINED_STATUS).objects()
            if combines(obj, self.refs[0], self._policy)
        ]
        if not found:
            return Verdict(False, "no CombinedStatus", ref=self.refs[0])
        rows = {
            result["name"]: len(result.get("rows") or [])
            for result in found[0].get("results") or []
        }
        ok = bool(rows) and all(count == self._rows for count in rows.values())
        said = ", ".join(f"{name}: {count} rows" for name, count in rows.items()) or "no results"
        return Verdict(ok, said, tuple(found), None if ok else self.refs[0])


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


def combined_status(what: Target, policy: str, *, rows: int) -> Condition:
    """In the WDS: every StatusCollector of the policy has this many rows for the object."""
    return CombinedStatusHas(refs_of(what)[0], policy, rows)


def no_status(what: Target) -> Condition:
    """The objects are there and have no status, or an empty one: nothing is left of one that came
    back.
    """

    def judge(obj: Obj) -> tuple[bool, str]:
        status = obj.get("status") or {}
        return not status, f"a status with {', '.join(sorted(status))}"

    return Each(refs_of(what), "to have no status", judge, "none")


def no_manifest_works(policy: str, *, wds: str | None = None, but_going: bool = False) -> Condition:
    """For the ITS: no mailbox holds a ManifestWork that comes from this BindingPolicy (of this WDS,
    if told).

    ``but_going``: those that are being deleted do not count.
    """

    def ours(work: Obj) -> bool:
        labels: Mapping[str, str] = work["metadata"].get("labels") or {}
        if but_going and "deletionTimestamp" in work["metadata"]:
            return False
        return labels.get(ORIGIN_BINDING_LABEL) == policy and wds in (
            None,
            labels.get(ORIGIN_WDS_LABEL),
        )

    return Lacks(MANIFEST_WORK, ours, f"ManifestWorks of BindingPolicy {policy}")


def no_work_statuses(*what: Target) -> Condition:
    """For the ITS: no mailbox holds a WorkStatus of these objects (WorkStatus.spec.sourceRef)."""
    refs = {ref for one in what for ref in refs_of(one)}

    def ours(status: Obj) -> bool:
        source = (status.get("spec") or {}).get("sourceRef") or {}
        return any(
            (
                source.get("group") or "",
                source.get("kind"),
                source.get("namespace") or "",
                source.get("name"),
            )
            == (ref.kind.group, ref.kind.name, ref.namespace, ref.name)
            for ref in refs
        )

    return Lacks(WORK_STATUS, ours, f"WorkStatuses of {', '.join(sorted(map(str, refs)))}")


def condition_of(subject: object, status: object = None) -> Condition:
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
        return contains(refs[0], {"status": wanted}, goal="status")
    raise UserError(
        "status= is that_of(<space>), or for a single object the fields that its status must have"
    )
