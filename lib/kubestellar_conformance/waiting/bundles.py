"""How the objects of a Binding are bundled into ManifestWorks, seen in the ITS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import MANIFEST_WORK, ORIGIN_BINDING_LABEL, Kind, Obj
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.waiting.condition import Condition, Sight, Verdict


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

    def check(self, sight: Sight) -> Verdict:
        feed, found, saw, ok = sight.feed(MANIFEST_WORK), [], [], True
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
        return Verdict(ok, "; ".join(saw), tuple(found))

    def _ours(self, work: Obj) -> bool:
        labels = work["metadata"].get("labels") or {}
        return (
            labels.get(ORIGIN_BINDING_LABEL) == self._policy
            and "deletionTimestamp" not in work["metadata"]
        )


def bundled(policy: str, wecs: Iterable[Space], *, objects: int, at_most: int) -> Condition:
    """For the ITS: the policy's objects are in as few ManifestWorks as hold at most so many each,
    in each mailbox.

    A WEC's mailbox is the namespace called like it. Source: the transport controller's
    ``max-num-wrapped``.
    """
    return Bundled(policy, list(wecs), objects, at_most)
