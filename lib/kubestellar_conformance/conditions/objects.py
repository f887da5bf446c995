"""The conditions that scenarios speak of, to be used as in ``wec1.eventually(has(nginx),
within="downsync")``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kubestellar_conformance.conditions.base import Condition, Judgement, Scope, Walk
from kubestellar_conformance.conditions.comparing import ABSENT, delivered, differences
from kubestellar_conformance.conditions.writing import all_refs, each, few, none, presence, saw
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.refs import Kind, Obj, Ref, applied_owners, uid
from kubestellar_conformance.spaces.space import Snapshot, Space, Target, refs_of


class Has(Condition):
    walk = Walk.DELIVERY

    def __init__(self, refs: tuple[Ref, ...], of: Space | None, ignoring: tuple[str, ...]) -> None:
        self.refs, self._of, self._ignoring = refs, of, ignoring

    @property
    def expected(self) -> str:
        return "to exist with the WDS's spec, labels and annotations"

    def wds(self, scope: Scope) -> Space:
        return self._of or super().wds(scope)

    def others(self, scope: Scope) -> Iterable[tuple[Space, Kind]]:
        return (
            [(self.wds(scope), kind) for kind in self.kinds()] if scope.space.role == "wec" else []
        )

    def check(self, scope: Scope) -> Judgement:
        found = []
        for ref in self.refs:
            here = scope.get(ref)
            if here is None:
                return Judgement(False, saw(self, ref, "absent"), ref=ref)
            if here["metadata"].get("deletionTimestamp"):
                return Judgement(False, saw(self, ref, "being deleted"), ref=ref)
            if scope.space.role == "wec":
                wanted = scope.get(ref, self.wds(scope))
                if wanted is None:
                    return Judgement(
                        False,
                        saw(self, ref, f"present, but absent in {self.wds(scope).name}"),
                        ref=ref,
                    )
                once = scope.held(ref, here, self.wds(scope))
                if lines := delivered(wanted, here, once=once, ignoring=self._ignoring):
                    return Judgement(
                        False,
                        saw(self, ref, f"present, but {few(lines)}"),
                        ref=ref,
                        details=tuple(lines),
                    )
            found.append(here)
        return Judgement(
            True, "present as in the WDS" if scope.space.role == "wec" else "present", tuple(found)
        )


class Without(Condition):
    """None of the objects exists; an object that is being deleted still does.

    ``expected`` says which of the two stories this is: never there, or not there any more.
    """

    walk = Walk.WITHDRAWAL

    def __init__(self, refs: tuple[Ref, ...], expected: str) -> None:
        self.refs, self._expected = refs, expected

    @property
    def expected(self) -> str:
        return self._expected

    def check(self, scope: Scope) -> Judgement:
        for ref in self.refs:
            here = scope.get(ref)
            if here is not None:
                text = f"{presence(here)} (uid {uid(here)[:8]})"
                return Judgement(False, saw(self, ref, text), (here,), ref)
        return Judgement(True, "absent")


class SameUids(Condition):
    """The very same objects as in a snapshot; whether re-created ones look alike does not
    matter.
    """

    walk = Walk.IDENTITY

    def __init__(self, before: Snapshot) -> None:
        self._before = before
        self.refs = tuple({ref: None for _, ref, _ in before})

    @property
    def expected(self) -> str:
        return "to be the same object as before, by UID"

    def check(self, scope: Scope) -> Judgement:
        if scope.space.name not in self._before.uids:
            raise UserError(f"the snapshot to compare with has nothing of {scope.space.name}")
        found = []
        for ref, before in self._before.uids[scope.space.name].items():
            here = scope.get(ref)
            now = uid(here) if here else ""
            if now != before:
                text = f"uid {now[:8] or ABSENT}, before it was {before[:8] or ABSENT}"
                return Judgement(False, saw(self, ref, text), ref=ref)
            if here:
                found.append(here)
        return Judgement(True, "the same objects", tuple(found))


class SameAsAtFirst(Condition):
    """`SameUids` with the snapshot taken when the wait begins; `settled` makes it for one space."""

    walk = Walk.IDENTITY

    def __init__(self, refs: tuple[Ref, ...]) -> None:
        self.refs = refs

    @property
    def expected(self) -> str:
        return "to be the same object throughout, by UID"

    def settled(self, scope: Scope) -> SameUids:
        return SameUids(
            Snapshot({scope.space.name: {ref: uid(scope.get(ref) or {}) for ref in self.refs}})
        )

    def check(self, scope: Scope) -> Judgement:
        missing = [ref for ref in self.refs if scope.get(ref) is None]
        return Judgement(
            not missing,
            f"{missing[0]}: absent" if missing else "present",
            ref=next(iter(missing), None),
        )


def has(*what: Target, of: Space | None = None, ignoring: Iterable[str] = ()) -> Condition:
    """The object exists; in a WEC, it also has what the WDS has now, and nothing that the WDS has
    removed.

    Left out of the comparison: the parts that the documentation says are cleaned, and the fields
    that the WDS has never had (`conditions.comparing` has the rule). ``of`` is the WDS to compare
    with, by default the first that has the object. ``ignoring``: fields that the test has told
    KubeStellar to transform, as `delivered` spells them.
    """
    return Has(all_refs(what), of, tuple(ignoring))


def without(*what: Target) -> Condition:
    """None of the objects exists; being deleted is not being absent."""
    return Without(all_refs(what), "to be absent")


def gone(*what: Target) -> Condition:
    """All of the objects are deleted; one with a deletionTimestamp still counts as present."""
    return Without(all_refs(what), "to be gone")


def available(*what: Target) -> Condition:
    """Workload objects say so themselves, for their present generation and all replicas; others
    just are there.
    """
    return each(all_refs(what), "to be available", judge_available, walk=Walk.AVAILABILITY)


def owned_once(*what: Target) -> Condition:
    """For the WECs: a single AppliedManifestWork owns each object, so every ManifestWork that
    carried it before has let go of it. An object that several policies select has more owners.
    """

    def judge(obj: Obj) -> tuple[bool, str]:
        works = applied_owners(obj).values()
        return len(works) == 1, f"owned by {', '.join(works) or 'none'}"

    return each(all_refs(what), "to be owned by one AppliedManifestWork", judge, walk=Walk.DELIVERY)


def contains(what: Target, fields: Mapping[str, Any], *, walk: Walk = Walk.DELIVERY) -> Condition:
    """The object has (at least) these fields with these values."""

    def judge(obj: Obj) -> tuple[bool, str]:
        lines = missing_fields(fields, obj)
        return not lines, few(lines)

    return each(refs_of(what), f"to contain {_flat(fields)}", judge, walk=walk)


def meets(
    what: Target, expected: str, test: Callable[[Obj], bool], *, walk: Walk = Walk.NONE
) -> Condition:
    """The object passes ``test``; ``expected`` completes "expected to"."""

    def judge(obj: Obj) -> tuple[bool, str]:
        return test(
            obj
        ), f"present at resourceVersion {obj['metadata'].get('resourceVersion')}, and does not"

    return each(refs_of(what), f"to {expected.removeprefix('to ')}", judge, walk=walk)


def none_of(
    kind: Kind | str, where: Callable[[Obj], bool], called: str, *, walk: Walk = Walk.NONE
) -> Condition:
    """No object of ``kind`` passes ``where``; ``called`` names such objects to a person."""
    return none(Kind.of(kind), where, called, walk=walk)


def same_objects(before: Snapshot) -> Condition:
    """As in a snapshot that ``wecs.snapshot(nginx)`` took, by UID."""
    return SameUids(before)


def same_uids(*what: Target) -> Condition:
    """For `hold` and `stays`: the objects that are there at the beginning stay the very same
    ones.
    """
    return SameAsAtFirst(all_refs(what))


def judge_available(obj: Obj) -> tuple[bool, str]:
    """Whether an object says that it is available, and what it says instead."""
    spec, status, kind = obj.get("spec") or {}, obj.get("status") or {}, obj.get("kind")
    if kind == "Namespace":
        return status.get("phase") == "Active", f"phase {status.get('phase')}"
    if "observedGeneration" in status and status["observedGeneration"] != obj["metadata"].get(
        "generation"
    ):
        return (
            False,
            f"status is of generation {status['observedGeneration']}, not "
            f"{obj['metadata'].get('generation')}",
        )
    if kind in ("Deployment", "StatefulSet", "ReplicaSet"):
        wanted, there = spec.get("replicas", 1), status.get("availableReplicas", 0)
        updated = status.get("updatedReplicas", 0) if kind != "ReplicaSet" else there
        ok = there == wanted == updated and "observedGeneration" in status
        return ok, f"{there} of {wanted} replicas available"
    if kind == "DaemonSet":
        wanted, there = status.get("desiredNumberScheduled", 0), status.get("numberAvailable", 0)
        return there == wanted > 0, f"available on {there} of {wanted} nodes"
    if kind == "Job":
        done = status.get("succeeded", 0) >= (spec.get("completions") or 1)
        return done, f"{status.get('succeeded', 0)} completions"
    return True, "present"


def missing_fields(wanted: Any, found: Any, at: str = "") -> list[str]:
    """Which of the wanted fields are not there; a mapping is looked into, everything else has to be
    equal.
    """
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return [
            line
            for key, value in wanted.items()
            for line in missing_fields(
                value, found.get(key, ABSENT), f"{at}.{key}" if at else str(key)
            )
        ]
    return differences(wanted, found, at, wanted_by="expected")


def _flat(fields: Mapping[str, Any], at: str = "") -> str:
    parts = []
    for key, value in fields.items():
        path = f"{at}.{key}" if at else str(key)
        parts.append(
            _flat(value, path) if isinstance(value, Mapping) and value else f"{path}={value}"
        )
    return ", ".join(parts)
