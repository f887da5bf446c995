"""How the objects of a Binding are bundled into ManifestWorks, seen in the ITS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kubestellar_conformance.conditions.base import (
    Condition,
    Judgement,
    NameLike,
    Scope,
    Walk,
    name_of,
)
from kubestellar_conformance.conditions.writing import none
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import (
    MANIFEST_WORK,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
    WORK_STATUS,
    Kind,
    Obj,
)
from kubestellar_conformance.spaces.space import Space, Target, refs_of


class Bundled(Condition):
    def __init__(self, policy: str, wecs: Sequence[Space], objects: int, at_most: int) -> None:
        self._policy, self._mailboxes = policy, [wec.name for wec in wecs]
        self._objects, self._at_most = objects, at_most

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

    def kinds(self) -> Iterable[Kind]:
        return [MANIFEST_WORK]

    def concerns(self, event: Event) -> bool:
        return event.ref.kind == MANIFEST_WORK

    def check(self, scope: Scope) -> Judgement:
        feed, found, saw, ok = scope.feed(MANIFEST_WORK), [], [], True
        for mailbox in self._mailboxes:
            works = feed.objects(mailbox, where=self._ours)
            sizes = sorted(
                (len(work["spec"]["workload"].get("manifests") or []) for work in works),
                reverse=True,
            )
            ok = (
                ok
                and sum(sizes) == self._objects
                and len(sizes) == -(-self._objects // self._at_most)
            )
            ok = ok and all(size <= self._at_most for size in sizes)
            saw.append(f"{mailbox}: bundles of {', '.join(map(str, sizes)) or 'nothing'}")
            found += works
        return Judgement(ok, "; ".join(saw), tuple(found))

    def _ours(self, work: Obj) -> bool:
        return comes_from(work, self._policy) and "deletionTimestamp" not in work["metadata"]


def bundled(policy: NameLike, wecs: Iterable[Space], *, objects: int, at_most: int) -> Condition:
    """For the ITS: the policy's objects are in as few ManifestWorks as hold at most so many each,
    in each mailbox.

    A WEC's mailbox is the namespace called like it. Source: the transport controller's
    ``max-num-wrapped``.
    """
    return Bundled(name_of(policy), list(wecs), objects, at_most)


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

    called = f"WorkStatuses of {', '.join(sorted(map(str, refs)))}"
    return none(WORK_STATUS, ours, called, walk=Walk.WITHDRAWAL)
