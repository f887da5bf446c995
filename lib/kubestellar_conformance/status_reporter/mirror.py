"""The WEC as its watches report it, and the objects that are to be reported to the ITS. No input or
output.

Each change of an object of a watched resource puts its key into the queue; `todo` says, when the
key's turn comes, what to do according to the state at that moment. So a burst of changes costs one
report, and a retry never writes an old state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from kubestellar_conformance.status_reporter import contract
from kubestellar_conformance.status_reporter.contract import AppliedManifestWork
from kubestellar_conformance.status_reporter.queue import RetryQueue
from kubestellar_conformance.status_reporter.resource import Json, Resource


@dataclass(frozen=True)
class Key:
    """An object of the WEC; ``namespace`` is empty for a cluster-scoped one."""

    resource: Resource
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.resource} {'/'.join(filter(None, (self.namespace, self.name)))}"


@dataclass
class ObjectTable:
    """The objects of one watched resource, and the last state of deleted ones that are still to be
    reported.
    """

    resource: Resource
    objects: dict[Key, Json] = field(default_factory=dict)
    deleted: dict[Key, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Todo:
    """Report ``thing`` as an object that ``work`` applied, or report its deletion."""

    thing: Json
    deleted: bool
    work: AppliedManifestWork


class UnknownWork(Exception):
    """The AppliedManifestWork that owns an object has not been reported yet, or is deleted."""


class Mirror:
    """Not safe for several threads: the caller holds its lock around every call."""

    def __init__(self) -> None:
        self.queue: RetryQueue[Key] = RetryQueue()
        self.ready = False
        """Whether the AppliedManifestWorks have been listed."""
        self.resources: frozenset[Resource] = frozenset()
        """Resources of the WEC whose objects have to be watched."""
        self._works: dict[str, AppliedManifestWork] = {}
        self._tables: dict[Resource, ObjectTable] = {}

    # AppliedManifestWorks

    def works_listed(self, things: list[Json]) -> None:
        """These are all AppliedManifestWorks now."""
        self._set_works({work.name: work for work in map(self._work, things)})
        self.ready = True

    def work_seen(self, verb: str, thing: Json) -> None:
        """One AppliedManifestWork changed."""
        works, work = dict(self._works), self._work(thing)
        works.pop(work.name, None)
        if verb != "DELETED":
            works[work.name] = work
        self._set_works(works)

    def _work(self, thing: Json) -> AppliedManifestWork:
        """A list that becomes empty changes nothing: OCM empties it before it deletes the work."""
        work = AppliedManifestWork.of(thing)
        known = self._works.get(work.name)
        if work.resources is None and known is not None:
            return replace(work, resources=known.resources)
        return work

    def _set_works(self, works: dict[str, AppliedManifestWork]) -> None:
        self._works = works
        self.resources = frozenset().union(*(work.resources or () for work in works.values()))

    # Workload objects

    def open_table(self, resource: Resource) -> ObjectTable:
        """Begin to watch a resource. A table that was closed since has no effect any more."""
        self._tables[resource] = ObjectTable(resource)
        return self._tables[resource]

    def close_table(self, resource: Resource) -> None:
        """The watch of a resource ended, and with it all work on its objects."""
        del self._tables[resource]

    def objects_listed(self, table: ObjectTable, things: list[Json]) -> None:
        """These are all objects of the table's resource now; those that are absent were deleted."""
        objects = {_key(table.resource, thing): thing for thing in things}
        table.deleted |= {key: thing for key, thing in table.objects.items() if key not in objects}
        changed = [
            key
            for key in {**table.objects, **objects}
            if _version(table.objects.get(key)) != _version(objects.get(key))
        ]
        table.objects = objects
        self._changed(table, changed)

    def object_seen(self, table: ObjectTable, verb: str, thing: Json) -> None:
        """One object of the table's resource changed."""
        key = _key(table.resource, thing)
        known = table.objects.pop(key, None)
        if verb == "DELETED":
            table.deleted[key] = thing
        else:
            table.objects[key] = thing
        if verb == "DELETED" or _version(known) != _version(thing):
            self._changed(table, [key])

    def _changed(self, table: ObjectTable, keys: Iterable[Key]) -> None:
        if self._tables.get(table.resource) is table:
            for key in keys:
                self.queue.add(key)

    # What follows

    def todo(self, key: Key) -> Todo | None:
        """What to report of an object; None if nothing: no work applied it, its resource is not
        watched any more, or its deletion has been reported. Raises `UnknownWork`.
        """
        table = self._tables.get(key.resource)
        if table is None:
            return None
        there = table.objects.get(key)
        thing = there or table.deleted.get(key)
        owner = contract.first_owner(thing) if thing else None
        if thing is None or owner is None:
            table.deleted.pop(key, None)
            return None
        if owner not in self._works:
            raise UnknownWork(f"the WEC has no AppliedManifestWork {owner}")
        return Todo(thing, there is None, self._works[owner])

    def done(self, key: Key, todo: Todo | None) -> None:
        """``todo`` of ``key`` has been reported; a change since then is due still."""
        self.queue.done(key)
        table = self._tables.get(key.resource)
        if table and todo and table.deleted.get(key) is todo.thing:
            del table.deleted[key]


def _key(resource: Resource, thing: Json) -> Key:
    meta = thing["metadata"]
    return Key(resource, meta.get("namespace", ""), meta["name"])


def _version(thing: Json | None) -> str | None:
    return thing["metadata"]["resourceVersion"] if thing else None
