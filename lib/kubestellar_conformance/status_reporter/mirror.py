"""What both sides hold, as their watches told, and what follows for the WorkStatuses. No input or
output.

The unit of work is the uid of an AppliedManifestWork, with which the names of its WorkStatuses
begin. A change anywhere makes the uids that it concerns *dirty*; `changes` compares wanted with
existing for one of them. So a burst of changes costs one comparison, and leftovers of a work that
is gone are found in the same way as everything else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubestellar_conformance.status_reporter import contract
from kubestellar_conformance.status_reporter.contract import Applied, Owner, WecObject, Work
from kubestellar_conformance.status_reporter.existing import Change, Existing
from kubestellar_conformance.status_reporter.resource import Json, Resource


@dataclass
class ObjectTable:
    """The objects of one resource in the WEC by namespace and name; unknown altogether until
    ``listed``.
    """

    resource: Resource
    listed: bool = False
    objects: dict[tuple[str, str], WecObject] = field(default_factory=dict)


class Mirror:
    """Not safe for several threads: the caller holds its lock around every call."""

    def __init__(self) -> None:
        self.dirty: set[str] = set()
        self._works: dict[str, Work] = {}
        self._owners: dict[str, Owner] = {}
        self._existing: dict[str, dict[str, Existing]] = defaultdict(dict)
        self._tables: dict[Resource, ObjectTable] = {}
        self._listers: dict[Applied, set[str]] = defaultdict(set)
        self._unheard = {"works", "owners", "existing"}

    @property
    def ready(self) -> bool:
        """Whether all three of AppliedManifestWorks, ManifestWorks and WorkStatuses have been
        listed once.
        """
        return not self._unheard

    def resources(self) -> set[Resource]:
        """Resources of the WEC whose objects have to be followed."""
        return {
            _resource(applied)
            for work in self._works.values()
            if self._kubestellars(work)
            for applied in work.applied
            if applied.reported
        }

    # AppliedManifestWorks

    def works_listed(self, things: list[Json]) -> None:
        works = {thing["metadata"]["uid"]: contract.work_of(thing) for thing in things}
        for uid in self._works.keys() | works.keys():
            self._set_work(uid, works.get(uid))
        self._unheard.discard("works")

    def work_seen(self, verb: str, thing: Json) -> None:
        self._set_work(
            thing["metadata"]["uid"], None if verb == "DELETED" else contract.work_of(thing)
        )

    def _set_work(self, uid: str, work: Work | None) -> None:
        before = self._works.pop(uid, None)
        if work is not None:
            self._works[uid] = work
        if before == work:
            return
        for applied in before.applied if before else ():
            self._listers[applied].discard(uid)
            if not self._listers[applied]:
                del self._listers[applied]
        for applied in work.applied if work else ():
            self._listers[applied].add(uid)
        self.dirty.add(uid)

    # ManifestWorks

    def owners_listed(self, things: list[Json]) -> None:
        owners = {owner.name: owner for owner in map(contract.owner_of, things)}
        self._owners_changed(self._owners, owners)
        self._owners = owners
        self._unheard.discard("owners")

    def owner_seen(self, verb: str, thing: Json) -> None:
        owner = contract.owner_of(thing)
        after = {} if verb == "DELETED" else {owner.name: owner}
        self._owners_changed({k: v for k, v in self._owners.items() if k == owner.name}, after)
        self._owners.pop(owner.name, None)
        self._owners.update(after)

    def _owners_changed(self, before: Mapping[str, Owner], after: Mapping[str, Owner]) -> None:
        names = _differing(before, after)
        self.dirty.update(uid for uid, work in self._works.items() if work.manifest_work in names)

    # WorkStatuses

    def existing_listed(self, things: list[Json]) -> None:
        self.dirty.update(self._existing)
        self._existing.clear()
        for existing in map(Existing.of, things):
            self._keep(existing)
        self._unheard.discard("existing")

    def existing_seen(self, verb: str, thing: Json) -> None:
        """Also for the answer to a write of our own, which mostly comes before the watch's event of
        it.
        """
        existing = Existing.of(thing)
        known = self._existing[existing.name[: contract.UID_LENGTH]].get(existing.name)
        if known is not None and known.revision >= existing.revision:
            return  # old news
        if verb == "DELETED":
            self.existing_gone(existing.name)
        else:
            self._keep(existing)

    def existing_gone(self, name: str) -> None:
        uid = name[: contract.UID_LENGTH]
        self._existing[uid].pop(name, None)
        if not self._existing[uid]:
            del self._existing[uid]
        self.dirty.add(uid)

    def _keep(self, existing: Existing) -> None:
        uid = existing.name[: contract.UID_LENGTH]
        self._existing[uid][existing.name] = existing
        self.dirty.add(uid)

    # Workload objects

    def open_table(self, resource: Resource) -> ObjectTable:
        """Begin to follow a resource. A table that was closed since may still be written to,
        without effect.
        """
        self._tables[resource] = ObjectTable(resource)
        return self._tables[resource]

    def close_table(self, resource: Resource) -> None:
        del self._tables[resource]

    def objects_listed(self, table: ObjectTable, things: list[Json]) -> None:
        objects = {_key(thing): contract.wec_object_of(thing) for thing in things}
        concerned = (
            _differing(table.objects, objects)
            if table.listed
            else {
                (applied.namespace, applied.name)
                for applied in self._listers
                if _resource(applied) == table.resource
            }
        )
        table.objects, table.listed = objects, True
        self._objects_changed(table, concerned)

    def object_seen(self, table: ObjectTable, verb: str, thing: Json) -> None:
        key, before = _key(thing), table.objects.pop(_key(thing), None)
        if verb != "DELETED":
            table.objects[key] = contract.wec_object_of(thing)
        if before != table.objects.get(key):
            self._objects_changed(table, [key])

    def _objects_changed(self, table: ObjectTable, keys: Iterable[tuple[str, str]]) -> None:
        of = table.resource
        for namespace, name in keys:
            self.dirty.update(
                self._listers.get(Applied(of.group, of.version, of.plural, namespace, name), ())
            )

    # What follows

    def changes(self, uid: str) -> list[Change]:
        """What has to be written for the AppliedManifestWork with this uid, be it there or gone."""
        existing = dict(self._existing.get(uid, {}))
        work = self._works.get(uid)
        found: list[Change] = []
        for applied in work.applied if work and self._kubestellars(work) else ():
            if work is None or not applied.reported:
                continue
            table = self._tables.get(_resource(applied))
            if table is None or not table.listed:  # not known whether it is there: leave what is
                existing = {name: e for name, e in existing.items() if not e.is_about(applied)}
                continue
            thing = table.objects.get((applied.namespace, applied.name))
            if thing is None:
                continue
            wanted = contract.workstatus(work, applied, self._owners[work.manifest_work], thing)
            has = existing.pop(wanted["metadata"]["name"], None)
            if has is None or not has.same_as(wanted):
                found.append(Change(has, wanted))
        found.extend(Change(leftover, None) for leftover in existing.values() if leftover.ours)
        return found

    def _kubestellars(self, work: Work) -> bool:
        owner = self._owners.get(work.manifest_work)
        return owner is not None and owner.kubestellars


def _resource(applied: Applied) -> Resource:
    return Resource(applied.group, applied.version, applied.resource)


def _key(thing: Json) -> tuple[str, str]:
    return thing["metadata"].get("namespace", ""), thing["metadata"]["name"]


def _differing(before: Mapping[Any, object], after: Mapping[Any, object]) -> set[Any]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
