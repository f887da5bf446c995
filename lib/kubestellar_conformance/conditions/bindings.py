"""Conditions on a Binding: what KubeStellar made of a BindingPolicy (API: BindingSpec)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kubestellar_conformance.conditions.base import (
    Condition,
    Judgement,
    NameLike,
    Scope,
    Walk,
    name_of,
)
from kubestellar_conformance.conditions.writing import each, few, none
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import BINDING, Kind, Obj, Ref, binding
from kubestellar_conformance.spaces.space import Space, Target, refs_of

Identity = tuple[str, str, str, str]
"""How a Binding names an object: API group, resource, namespace, name; the version is not a part
of it (API: the list map keys of DownsyncObjectClauses).
"""


def bound_to(policy: NameLike, wecs: Iterable[Space]) -> Condition:
    """In the WDS: the policy's Binding names these WECs, each once, and no other (API:
    Binding.spec.destinations).
    """
    wanted = sorted(space.name for space in wecs)

    def judge(one: Obj) -> tuple[bool, str]:
        named = sorted(destinations(one))
        return named == wanted, f"it names {', '.join(named) or 'no cluster'}"

    expected = f"to name {', '.join(wanted) or 'no cluster'} as its destinations"
    return each([binding(name_of(policy))], expected, judge, walk=Walk.SELECTION)


def no_binding(policy: NameLike, *, but_going: bool = False) -> Condition:
    """In the WDS: the policy has no Binding. ``but_going``: one that is being deleted does not
    count.
    """
    name = name_of(policy)

    def its_own(one: Obj) -> bool:
        going = but_going and "deletionTimestamp" in one["metadata"]
        return not going and bool(one["metadata"]["name"] == name)

    return none(BINDING, its_own, f"Binding of BindingPolicy {name}", walk=Walk.SELECTION)


def selects(policy: NameLike, *what: Target, at_live_version: bool = False) -> Condition:
    """In the WDS: the policy's Binding lists these objects, each once, and no other.

    ``at_live_version``: each at the resourceVersion that the object has. Source: API,
    Binding.spec.workload.
    """
    refs = tuple(dict.fromkeys(ref for one in what for ref in refs_of(one)))
    return Selects(binding(name_of(policy)), refs, at_live_version)


def modulated(
    policy: NameLike,
    what: Target,
    *,
    create_only: bool = False,
    want_singleton_status: bool = False,
    want_multi_wec_status: bool = False,
    status_collectors: Iterable[NameLike] = (),
) -> Condition:
    """In the WDS: the policy's Binding lists the object with exactly this modulation (API:
    DownsyncModulation). What is not given has to be off; the StatusCollectors are a set.
    """
    refs = refs_of(what)
    if len(refs) != 1:
        raise UserError(f"modulated() speaks of one object, not of {len(refs)}")
    wanted = {
        "createOnly": create_only,
        "wantSingletonReportedState": want_singleton_status,
        "wantMultiWECReportedState": want_multi_wec_status,
        "statusCollectors": sorted({name_of(one) for one in status_collectors}),
    }
    return Modulated(binding(name_of(policy)), refs[0], wanted)


def destinations(one: Obj) -> list[str]:
    """The names of the clusters that a Binding names."""
    return [entry["clusterId"] for entry in (one.get("spec") or {}).get("destinations") or []]


def clauses(one: Obj) -> list[Obj]:
    """A Binding's entries for objects of both scopes: the reference and its modulation."""
    workload = (one.get("spec") or {}).get("workload") or {}
    return [
        clause
        for scope in ("clusterScope", "namespaceScope")
        for clause in workload.get(scope) or []
    ]


def identity(clause: Obj) -> Identity:
    """The object that an entry of a Binding is about."""
    group, resource, namespace, name = (
        str(clause.get(field) or "") for field in ("group", "resource", "namespace", "name")
    )
    return group, resource, namespace, name


class OfBinding(Condition):
    """A condition on one Binding and on objects of the WDS that it may list."""

    walk = Walk.SELECTION

    def __init__(self, of: Ref, objects: tuple[Ref, ...]) -> None:
        self.refs, self._of, self._objects = (of,), of, objects
        self.policy = of.name

    def kinds(self) -> Iterable[Kind]:
        return {BINDING, *(ref.kind for ref in self._objects)}

    def concerns(self, event: Event) -> bool:
        return event.ref == self._of or event.ref in self._objects

    def named(self, ref: Ref, scope: Scope) -> Identity:
        """How a Binding names the object."""
        return ref.kind.group, scope.feed(ref.kind).plural, ref.namespace, ref.name

    def absent(self) -> Judgement:
        return Judgement(False, "absent", ref=self._of)


class Selects(OfBinding):
    def __init__(self, of: Ref, objects: tuple[Ref, ...], at_live_version: bool) -> None:
        super().__init__(of, objects)
        self._at_live_version = at_live_version

    @property
    def expected(self) -> str:
        listed = [str(ref) for ref in self._objects] or ["no object"]
        versions = ", at their live versions" if self._at_live_version else ""
        return f"to list {few(listed, 3)}, and no other{versions}"

    def check(self, scope: Scope) -> Judgement:
        live = scope.get(self._of)
        if live is None:
            return self.absent()
        wanted = {self.named(ref, scope): ref for ref in self._objects}
        listed = [identity(clause) for clause in clauses(live)]
        lines = [f"{ref} is not listed" for name, ref in wanted.items() if name not in listed]
        lines += [
            f"{_told(name)} is listed too" for name in dict.fromkeys(listed) if name not in wanted
        ]
        lines += [
            f"{_told(name)} is listed {listed.count(name)} times"
            for name in dict.fromkeys(listed)
            if listed.count(name) > 1
        ]
        old = self._old(scope, live, wanted) if self._at_live_version else {}
        lines += old.values()
        if not lines:
            return Judgement(True, f"lists {len(listed)} objects, and no other", (live,))
        text = f"lists {len(listed)} objects; {few(lines)}"
        fault = self._at_fault(scope, wanted, listed, list(old))
        return Judgement(False, text, (live,), fault, tuple(lines))

    def _at_fault(
        self,
        scope: Scope,
        wanted: dict[Identity, Ref],
        listed: Sequence[Identity],
        old: Sequence[Ref],
    ) -> Ref:
        """The first object that is missing, too much (where its kind is known), listed more than
        once or at an old version; else the Binding.
        """
        missing = [ref for name, ref in wanted.items() if name not in listed]
        kinds = {(kind.group, scope.feed(kind).plural): kind for kind in self.kinds()}
        extra = [
            Ref(kinds[name[:2]], *name[2:])
            for name in listed
            if name not in wanted and name[:2] in kinds
        ]
        twice = [ref for name, ref in wanted.items() if listed.count(name) > 1]
        return next(iter([*missing, *extra, *twice, *old]), self._of)

    def _old(self, scope: Scope, live: Obj, wanted: dict[Identity, Ref]) -> dict[Ref, str]:
        found = {}
        for clause in clauses(live):
            ref = wanted.get(identity(clause))
            obj = scope.get(ref) if ref else None
            version = obj["metadata"]["resourceVersion"] if obj else "none: it is absent"
            if ref and clause.get("resourceVersion") != version:
                listed = clause.get("resourceVersion")
                found[ref] = f"{ref} is listed at resourceVersion {listed}, its own is {version}"
        return found


class Modulated(OfBinding):
    def __init__(self, of: Ref, what: Ref, wanted: dict[str, Any]) -> None:
        super().__init__(of, (what,))
        self._what, self._wanted = what, wanted

    @property
    def expected(self) -> str:
        return f"to list {self._what} with {_modulation(self._wanted)}"

    def check(self, scope: Scope) -> Judgement:
        live = scope.get(self._of)
        if live is None:
            return self.absent()
        name = self.named(self._what, scope)
        mine = [clause for clause in clauses(live) if identity(clause) == name]
        if len(mine) != 1:
            return Judgement(False, f"lists it {len(mine)} times", (live,), self._what)
        found = {
            field: sorted(mine[0].get(field) or [])
            if isinstance(value, Sequence)
            else bool(mine[0].get(field))
            for field, value in self._wanted.items()
        }
        ok = found == self._wanted
        return Judgement(ok, f"lists it with {_modulation(found)}", (live,), self._what)


def _told(name: Identity) -> str:
    group, resource, namespace, called = name
    kind = f"{resource}.{group}" if group else resource
    return f"{kind} {namespace}/{called}" if namespace else f"{kind} {called}"


def _modulation(fields: dict[str, Any]) -> str:
    on = [
        f"{field} [{', '.join(value)}]" if isinstance(value, list) else field
        for field, value in fields.items()
        if value
    ]
    return ", ".join(on) or "no modulation"
