"""The objects that the ManifestWorks of a mailbox carry, as feeds of a virtual WEC.

One watch on the ManifestWorks of the ITS serves all mailboxes: a `Mailroom` hands each event to
the `Mailbox` of its namespace, which tells the feeds of the virtual WEC what has changed for the
objects inside. All of it happens in the thread of that watch, under the record's lock.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.feed import Feed
from kubestellar_conformance.spaces.record import Event, EventLog
from kubestellar_conformance.spaces.refs import MANIFEST_WORK, Kind, Obj, Ref, resource_version, uid
from kubestellar_conformance.spaces.space import Space

AGENT_FINALIZER = "cluster.open-cluster-management.io/manifest-work-cleanup"
"""OCM's work agent removes it from a ManifestWork when the WEC has deleted the objects."""


def is_held(work: Obj) -> bool:
    """Whether a ManifestWork is being deleted and waits for the agent of its WEC."""
    metadata = work["metadata"]
    return "deletionTimestamp" in metadata and AGENT_FINALIZER in (metadata.get("finalizers") or [])


@dataclass(frozen=True)
class Work:
    """One ManifestWork: ``obj`` as the feed has it, ``manifests`` by the object that each is of."""

    obj: Obj
    manifests: dict[Ref, Obj]

    @classmethod
    def of(cls, obj: Obj) -> Work:
        return cls(obj, dict(_manifests(obj)))

    @property
    def name(self) -> str:
        return str(self.obj["metadata"]["name"])

    @property
    def version(self) -> int:
        return resource_version(self.obj)

    @property
    def going_since(self) -> str | None:
        since: str | None = self.obj["metadata"].get("deletionTimestamp")
        return since


def _manifests(work: Obj) -> Iterator[tuple[Ref, Obj]]:
    for manifest in ((work.get("spec") or {}).get("workload") or {}).get("manifests") or []:
        try:
            yield Ref.of(manifest), manifest
        except UserError:
            continue  # it has no name of its own, so no caller can ask for it


class ManifestFeed(Feed):
    """The objects of one kind in one mailbox. It is live while the watch on ManifestWorks is."""

    def show(self, ref: Ref, obj: Obj | None, *, missed: bool) -> None:
        """Take over the mailbox's present content of ``ref``. Unchanged content is not an event."""
        held = self._contents.get(ref.key)
        if obj is None or (held is not None and uid(held) != uid(obj)):
            if held is not None:
                self._contents.remove(held, missed)
            held = None
        if obj is None or (held is not None and _same(held, obj)):
            return
        if held is not None and resource_version(obj) <= resource_version(held):
            obj["metadata"]["resourceVersion"] = str(resource_version(held) + 1)
        self._contents.store(obj, missed)

    def follow(self, works: Feed) -> None:
        """Be as live as the watch on ManifestWorks."""
        self.live, self.synced, self.problem = works.live, works.synced, works.problem
        self._record.feed_changed(self)


def _same(one: Obj, other: Obj) -> bool:
    def content(obj: Obj) -> Obj:
        return {**obj, "metadata": {**obj["metadata"], "resourceVersion": None}}

    return content(one) == content(other)


class Mailbox:
    """The objects that one virtual WEC has to run.

    An object that several ManifestWorks carry is one object: it has the content of the ManifestWork
    written last, and the UID that it got when the first one brought it. It goes with the last of
    them. The UID comes from that first ManifestWork, so that a recreated ManifestWork brings
    another object.
    """

    def __init__(self, record: EventLog, wec: str, works: Feed) -> None:
        self._record, self._wec, self._source = record, wec, works
        self._works: dict[str, Work] = {}
        self._carriers: dict[Ref, list[str]] = {}
        self._uids: dict[Ref, str] = {}
        self._feeds: dict[Kind, ManifestFeed] = {}
        for obj in works.objects(wec):
            self._take(obj["metadata"]["name"], Work.of(obj), missed=True)

    def feed(self, kind: Kind) -> ManifestFeed:
        """The feed of a kind, with the mailbox's present objects of that kind."""
        with self._record.changed:
            found = self._feeds.get(kind)
            if found is None:
                found = self._feeds[kind] = ManifestFeed(self._record, self._wec, kind)
                self._record.adopt(found)
                for ref in [ref for ref in self._carriers if ref.kind == kind]:
                    found.show(ref, self._object(ref), missed=True)
                found.follow(self._source)
            return found

    def carrier(self, ref: Ref) -> Obj | None:
        """Of the ManifestWorks that carry the object now, the first that did."""
        with self._record.changed:
            names = self._carriers.get(ref)
            return self._works[names[0]].obj if names else None

    def happened(self, event: Event) -> None:
        """Handle an event: a ManifestWork of this mailbox was created, changed or deleted."""
        obj = self._source.get(*event.ref.key)
        self._take(event.ref.name, Work.of(obj) if obj else None, missed=event.missed)

    def follow(self) -> None:
        """Handle that the watch on ManifestWorks became live, or was cut off."""
        for feed in self._feeds.values():
            feed.follow(self._source)

    def _take(self, name: str, work: Work | None, *, missed: bool) -> None:
        before = self._works.pop(name, None)
        if before and work and uid(before.obj) != uid(work.obj):
            self._put(name, before, None, missed)
            before = None
        self._put(name, before, work, missed)

    def _put(self, name: str, before: Work | None, work: Work | None, missed: bool) -> None:
        if work is not None:
            self._works[name] = work
        had = before.manifests if before else {}
        has = work.manifests if work else {}
        for ref in dict.fromkeys([*had, *has]):
            carriers = self._carriers.setdefault(ref, [])
            if ref in had and ref not in has:
                carriers.remove(name)
            elif ref in has and ref not in had:
                carriers.append(name)
            if not carriers:
                del self._carriers[ref], self._uids[ref]
            elif ref not in self._uids and work is not None:
                self._uids[ref] = _uid(work, ref)
            if ref.kind in self._feeds:
                self._feeds[ref.kind].show(ref, self._object(ref), missed=missed)

    def _object(self, ref: Ref) -> Obj | None:
        works = [self._works[name] for name in self._carriers.get(ref, ())]
        if not works:
            return None
        latest = max(works, key=lambda work: work.version)
        manifest = latest.manifests[ref]
        metadata = {
            **manifest["metadata"],
            "uid": self._uids[ref],
            "resourceVersion": str(latest.version),
        }
        if all(work.going_since for work in works):
            metadata["deletionTimestamp"] = latest.going_since
        return {**manifest, "metadata": metadata}


def _uid(work: Work, ref: Ref) -> str:
    """The UID, which depends on the ManifestWork's version too: a ManifestWork that drops an object
    and carries it again brings another one.
    """
    name = f"{uid(work.obj)} {work.version} {ref.kind.api_version} {ref}"
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


class Mailroom:
    """Hands the events of an ITS's ManifestWorks to the mailboxes that are open.

    ``release`` takes `AGENT_FINALIZER` off a ManifestWork that is being deleted, as the agent of a
    real WEC does. KubeStellar may put it there: it writes one ManifestWork into mailbox after
    mailbox, and keeps the finalizers that it found in the mailbox before
    (createOrUpdateWrappedObject).

    ``lost`` is called with the name of a WEC whose mailbox has lost a ManifestWork.
    """

    def __init__(
        self, its: Space, release: Callable[[Obj], object], lost: Callable[[str], object]
    ) -> None:
        self._record, self._works = its.record, its.watch(MANIFEST_WORK)
        self._release, self._lost = release, lost
        self._boxes: dict[str, Mailbox] = {}
        self._closed = False
        self._record.observe(self._on)

    def open(self, wec: str) -> Mailbox:
        """Open the mailbox of a WEC, which has the WEC's name, with its present objects."""
        with self._record.changed:
            box = self._boxes[wec] = Mailbox(self._record, wec, self._works)
            return box

    def shut(self, wec: str) -> None:
        """Close a mailbox that is no longer read."""
        with self._record.changed:
            self._boxes.pop(wec, None)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._record.forget(self._on)

    def _on(self, event: Event | None, feed: Feed) -> None:
        if feed is not self._works:
            return
        if event is None:
            for box in self._boxes.values():
                box.follow()
        elif event.ref.namespace in self._boxes:
            self._boxes[event.ref.namespace].happened(event)
            work = self._works.get(*event.ref.key)
            if work is None:
                self._lost(event.ref.namespace)
            elif is_held(work):
                self._release(work)
