"""How the objects of a Binding are bundled into ManifestWorks, seen in the ITS."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from kubestellar_conformance.conditions.base import (
    Condition,
    Judgement,
    NameLike,
    Scope,
    Walk,
    name_of,
)
from kubestellar_conformance.conditions.fields import at
from kubestellar_conformance.conditions.writing import all_refs, few, none
from kubestellar_conformance.spaces.objects import plural
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import (
    MANIFEST_WORK,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
    Kind,
    Obj,
    Ref,
)
from kubestellar_conformance.spaces.space import Space, Target, refs_of


class InMailboxes(Condition):
    """On the ManifestWorks of a policy in the mailboxes of some WECs."""

    def __init__(self, policy: NameLike, wecs: Iterable[Space]) -> None:
        self._policy, self._mailboxes = name_of(policy), [wec.name for wec in wecs]

    def kinds(self) -> Iterable[Kind]:
        return [MANIFEST_WORK]

    def concerns(self, event: Event) -> bool:
        return event.ref.kind == MANIFEST_WORK

    def wds(self, scope: Scope) -> Space:
        return origin_of_works(scope, self._policy) or super().wds(scope)

    def _stays(self, work: Obj) -> bool:
        """Whether it is of the policy, and not being deleted."""
        return comes_from(work, self._policy) and "deletionTimestamp" not in work["metadata"]


class Bundled(InMailboxes):
    walk = Walk.REWRITING

    def __init__(self, policy: NameLike, wecs: Iterable[Space], objects: int, at_most: int) -> None:
        super().__init__(policy, wecs)
        self._objects, self._at_most = objects, at_most
        self.policy = self._policy

    @property
    def expected(self) -> str:
        works = -(-self._objects // self._at_most)
        return (
            f"{self._objects} objects in {works} ManifestWorks of at most {self._at_most} "
            f"in each of the mailboxes {', '.join(self._mailboxes)}"
        )

    @property
    def subject(self) -> str:
        return f"ManifestWorks of BindingPolicy {self._policy}"

    def check(self, scope: Scope) -> Judgement:
        feed, found, saw, ok = scope.feed(MANIFEST_WORK), [], [], True
        ref = None
        for mailbox in self._mailboxes:
            works = feed.objects(mailbox, where=self._stays)
            sizes = sorted(
                (len(work["spec"]["workload"].get("manifests") or []) for work in works),
                reverse=True,
            )
            complete = sum(sizes) == self._objects
            well = len(sizes) == -(-self._objects // self._at_most) and all(
                size <= self._at_most for size in sizes
            )
            if complete and not well:  # with another number, others than their writer may be wrong
                ref = ref or Ref.of(works[0])
            ok = ok and complete and well
            saw.append(f"{mailbox}: bundles of {', '.join(map(str, sizes)) or 'nothing'}")
            found += works
        return Judgement(ok, "; ".join(saw), tuple(found), ref)


def bundled(policy: NameLike, wecs: Iterable[Space], *, objects: int, at_most: int) -> Condition:
    """For the ITS: the policy's objects are in as few ManifestWorks as hold at most so many each,
    in each mailbox.

    A WEC's mailbox is the namespace called like it. Source: the transport controller's
    ``max-num-wrapped``.
    """
    return Bundled(policy, wecs, objects, at_most)


class Works(InMailboxes):
    walk = Walk.REWRITING

    def __init__(
        self,
        policy: NameLike,
        wecs: Iterable[Space],
        expected: str,
        test: Callable[[Obj], bool],
        carrying: tuple[Ref, ...],
    ) -> None:
        super().__init__(policy, wecs)
        self._expected, self._test, self._carrying = expected, test, carrying
        self.policy = self._policy

    @property
    def expected(self) -> str:
        return f"to {self._expected.removeprefix('to ')}, in {', '.join(self._mailboxes)}"

    @property
    def subject(self) -> str:
        carrying = f" that carry {few(list(map(str, self._carrying)))}" if self._carrying else ""
        return f"ManifestWorks of BindingPolicy {self._policy}{carrying}"

    def wec(self, scope: Scope) -> Space | None:
        """The WEC of the first mailbox that has none."""
        feed = scope.feed(MANIFEST_WORK)
        empty = (one for one in self._mailboxes if not feed.objects(one, where=self._ours))
        name = next(empty, self._mailboxes[0])
        if name not in scope.system:
            return None
        return scope.system[name]

    def check(self, scope: Scope) -> Judgement:
        feed, found = scope.feed(MANIFEST_WORK), []
        for mailbox in self._mailboxes:
            works = feed.objects(mailbox, where=self._ours)
            if not works:
                missing = self._carrying[0] if self._carrying else None
                return Judgement(False, f"{mailbox}: none", ref=missing)
            for work in works:
                if not self._test(work):
                    ref = Ref.of(work)
                    return Judgement(False, f"{mailbox}: {ref.name} does not", (work,), ref)
            found += works
        return Judgement(True, f"{len(found)} do", tuple(found))

    def _ours(self, work: Obj) -> bool:
        carried = {Ref.of(one) for one in _manifests(work)}
        return self._stays(work) and carried.issuperset(self._carrying)


def manifest_works(
    policy: NameLike,
    wecs: Iterable[Space],
    expected: str,
    test: Callable[[Obj], bool],
    *,
    carrying: Sequence[Target] = (),
) -> Condition:
    """For the ITS: each of the mailboxes of these WECs has ManifestWorks of the policy, and every
    one passes ``test``; ``expected`` completes "expected to".

    ``carrying``: those alone that carry all of these objects. One that is being deleted does not
    count.
    """
    refs = tuple(ref for one in carrying for ref in refs_of(one))
    return Works(policy, wecs, expected, test, refs)


def applied(policy: NameLike, wecs: Iterable[Space], *what: Target) -> Condition:
    """For the ITS: in the mailboxes of these WECs, one ManifestWork of the policy carries each
    object, and says in its status that it is applied and available (OCM: ManifestCondition).
    """
    wrong_with = _reported({"Applied": "True", "Available": "True"}, "")
    return Carried(policy, wecs, all_refs(what), "carried as applied and available", wrong_with)


def not_applied(
    policy: NameLike, wecs: Iterable[Space], *what: Target, matching: str = ""
) -> Condition:
    """For the ITS: in the mailboxes of these WECs, one ManifestWork of the policy carries each
    object, and says in its status that it is not applied, with a message in which the regular
    expression is found (OCM: ManifestCondition).
    """
    wrong_with = _reported({"Applied": "False"}, matching)
    told = f"carried as not applied, with a message that matches /{matching}/"
    return Carried(policy, wecs, all_refs(what), told, wrong_with)


def _reported(wanted: Mapping[str, str], matching: str) -> WrongWith:
    def wrong_with(work: Obj, manifest: Obj) -> str:
        found = {one["type"]: one for one in _conditions(work, Ref.of(manifest))}
        for type, status in wanted.items():
            one = found.get(type) or {}
            told = f"{one.get('status') or 'absent'} {one.get('message') or ''}".rstrip()
            if one.get("status") != status or not re.search(matching, one.get("message") or ""):
                return f"is reported with {type}={told}"
        return ""

    return wrong_with


def _conditions(work: Obj, ref: Ref) -> list[Obj]:
    """What a ManifestWork's status says of one of its objects."""
    statuses = ((work.get("status") or {}).get("resourceStatus") or {}).get("manifests") or []
    for one in statuses:
        of = one.get("resourceMeta") or {}
        named = of.get("group") or "", of.get("kind"), of.get("namespace") or "", of.get("name")
        if named == (ref.kind.group, ref.kind.name, ref.namespace, ref.name):
            return one.get("conditions") or []
    return []


WrongWith = Callable[[Obj, Obj], str]
"""Of a ManifestWork and a manifest in it: what is not as expected, empty when all is."""


class Carried(InMailboxes):
    """Each of some mailboxes has one ManifestWork of a policy that carries the objects, as they are
    to be there.
    """

    walk = Walk.DELIVERY

    def __init__(
        self,
        policy: NameLike,
        wecs: Iterable[Space],
        refs: tuple[Ref, ...],
        wanted: str,
        wrong_with: WrongWith,
    ) -> None:
        super().__init__(policy, wecs)
        self.refs, self._wanted, self._wrong_with = refs, wanted, wrong_with

    @property
    def expected(self) -> str:
        return f"to be {self._wanted} in the mailboxes {', '.join(self._mailboxes)}"

    def check(self, scope: Scope) -> Judgement:
        found: list[Obj] = []
        for mailbox in self._mailboxes:
            here = self._in(mailbox, scope)
            if not here.ok:
                return here
            found += here.objects
        return Judgement(True, "carried so", tuple(found))

    def wec(self, scope: Scope) -> Space | None:
        """The WEC of the first mailbox at fault."""
        wrong = (name for name in self._mailboxes if not self._in(name, scope).ok)
        name = next(wrong, None)
        return scope.system[name] if name is not None and name in scope.system else None

    def _in(self, mailbox: str, scope: Scope) -> Judgement:
        found = []
        carrying: dict[Ref, list[tuple[Obj, Obj]]] = {}
        for work in scope.feed(MANIFEST_WORK).objects(mailbox, where=self._stays):
            for one in _manifests(work):
                carrying.setdefault(Ref.of(one), []).append((work, one))
        for ref in self.refs:
            pairs = carrying.get(ref, [])
            if len(pairs) != 1:
                saw = f"{mailbox}: {len(pairs)} ManifestWorks carry {ref}"
                return Judgement(False, saw, ref=ref)
            if wrong := self._wrong_with(*pairs[0]):
                return Judgement(False, f"{mailbox}: {ref} {wrong}", ref=ref)
            found.append(pairs[0][0])
        return Judgement(True, "carried so", tuple(found))


def carried(policy: NameLike, wecs: Iterable[Space], *what: Target) -> Condition:
    """For the ITS: in the mailboxes of these WECs, one ManifestWork of the policy carries each
    object.
    """
    return Carried(policy, wecs, all_refs(what), "carried", lambda _work, _manifest: "")


def create_only(policy: NameLike, wecs: Iterable[Space], *what: Target) -> Condition:
    """For the ITS: in the mailboxes of these WECs, one ManifestWork of the policy carries each
    object, with the update strategy CreateOnly (API: DownsyncModulation.createOnly).
    """

    def wrong_with(work: Obj, manifest: Obj) -> str:
        strategy = _update_strategy(work, Ref.of(manifest))
        return "" if strategy == "CreateOnly" else f"has the update strategy {strategy}"

    wanted = "carried with the update strategy CreateOnly"
    return Carried(policy, wecs, all_refs(what), wanted, wrong_with)


def carried_without(
    policy: NameLike, wecs: Iterable[Space], what: Target, *paths: str
) -> Condition:
    """For the ITS: in the mailboxes of these WECs, the object is carried without these fields.

    For fields that every object of an API server has, in a WEC too, so that they can be missed only
    here: ``metadata.uid``. Others are seen in a virtual WEC: `lacks`.
    """

    def wrong_with(_work: Obj, manifest: Obj) -> str:
        found = [f"{where}: {value}" for path in paths for where, value in at(manifest, path)]
        return f"with {few(found)}" if found else ""

    return Carried(policy, wecs, refs_of(what), f"carried without {', '.join(paths)}", wrong_with)


def _manifests(work: Obj) -> list[Obj]:
    return work["spec"]["workload"].get("manifests") or []


def _update_strategy(work: Obj, ref: Ref) -> str:
    """The update strategy of an object in a ManifestWork; Update where none is set (API of OCM)."""
    for one in work["spec"].get("manifestConfigs") or []:
        of = one.get("resourceIdentifier") or {}
        named = of.get("group") or "", of.get("namespace") or "", of.get("name")
        same_kind = of.get("resource") == plural(ref.kind)
        if same_kind and named == (ref.kind.group, ref.namespace, ref.name):
            return str((one.get("updateStrategy") or {}).get("type") or "Update")
    return "Update"


def origin_of_works(scope: Scope, policy: str) -> Space | None:
    """The WDS that the ManifestWorks of a policy are labelled for, if it is one of the system's."""
    for work in scope.feed(MANIFEST_WORK).objects(where=lambda one: comes_from(one, policy)):
        name = work["metadata"]["labels"].get(ORIGIN_WDS_LABEL)
        if name in scope.system:
            return scope.system[name]
    return None


def comes_from(work: Obj, policy: str, wds: str | None = None) -> bool:
    """Whether a ManifestWork is labelled as coming from this BindingPolicy (of this WDS)."""
    labels: Mapping[str, str] = work["metadata"].get("labels") or {}
    return labels.get(ORIGIN_BINDING_LABEL) == policy and wds in (
        None,
        labels.get(ORIGIN_WDS_LABEL),
    )


def no_manifest_works(
    policy: NameLike, *, wds: str | None = None, but_going: bool = False
) -> Condition:
    """For the ITS: no mailbox holds a ManifestWork that comes from this BindingPolicy (of this WDS,
    if told).

    ``but_going``: those that are being deleted do not count.
    """

    name = name_of(policy)

    def ours(work: Obj) -> bool:
        going = but_going and "deletionTimestamp" in work["metadata"]
        return not going and comes_from(work, name, wds)

    return none(MANIFEST_WORK, ours, f"ManifestWorks of BindingPolicy {name}", walk=Walk.WITHDRAWAL)
