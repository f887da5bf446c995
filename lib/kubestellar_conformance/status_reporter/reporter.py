"""Keeps the WorkStatuses of one WEC: watches of the WEC feed the mirror, one thread writes to the
ITS.

The ITS is not watched, as the add-on's agent does not watch it either: a WorkStatus that somebody
else deletes or edits is put right with the next change of its object.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from threading import Condition
from typing import Any, NoReturn

from kubestellar_conformance.errors import HarnessError
from kubestellar_conformance.status_reporter import contract
from kubestellar_conformance.status_reporter.connection import Connection, Refused, Unreachable
from kubestellar_conformance.status_reporter.contract import (
    FIELD_MANAGER,
    AppliedManifestWork,
    ManifestWork,
)
from kubestellar_conformance.status_reporter.mirror import Key, Mirror, Todo, UnknownWork
from kubestellar_conformance.status_reporter.resource import Json, Resource
from kubestellar_conformance.status_reporter.watcher import Watcher

log = logging.getLogger(__name__)

WORKS = Resource("work.open-cluster-management.io", "v1", "appliedmanifestworks")


class NoStatusYet(Exception):
    """The object has no status, so its WorkStatus keeps what it has."""


class Reporter:
    """``cluster`` is the WEC's name in the inventory and the name of its mailbox namespace in the
    ITS.
    """

    def __init__(
        self, wec: Connection, its: Connection, cluster: str, ready: Callable[[], None]
    ) -> None:
        """``ready`` is called once, when the AppliedManifestWorks have been listed."""
        self._wec = wec
        self._its = its
        self._cluster = cluster
        self._ready = ready
        self._manifest_works = Resource(
            "work.open-cluster-management.io", "v1", "manifestworks", cluster
        )
        self._statuses = Resource("control.kubestellar.io", "v1alpha1", "workstatuses", cluster)
        self._news = Condition()
        self._mirror = Mirror()
        self._watchers: dict[Resource, Watcher] = {}
        self._complaint = ""

    def run(self) -> NoReturn:
        """Report until the process exits."""
        mirror = self._mirror
        self._watcher(WORKS, mirror.works_listed, mirror.work_seen).start()
        with self._news:
            self._news.wait_for(lambda: mirror.ready)
        self._ready()
        while True:
            self._work_on(self._next())

    def _watcher(
        self,
        resource: Resource,
        listed: Callable[[list[Json]], None],
        seen: Callable[[str, Json], None],
    ) -> Watcher:
        return Watcher(
            self._wec,
            resource,
            self._cluster,
            listed=partial(self._changed, listed),
            seen=partial(self._changed, seen),
        )

    def _changed(self, change: Callable[..., None], *news: Any) -> None:
        with self._news:
            change(*news)
            self._news.notify_all()

    def _next(self) -> Key:
        """Wait until an object is due. Watches are begun and ended meanwhile."""
        with self._news:
            while True:
                if self._mirror.resources != self._watchers.keys():
                    self._watch_listed_resources()
                now = time.monotonic()
                key = self._mirror.queue.take(now)
                if key is not None:
                    return key
                at = self._mirror.queue.next_at()
                self._news.wait(None if at is None else at - now)

    def _watch_listed_resources(self) -> None:
        """One watch for each resource of which a work lists an object, and none for any other."""
        wanted = self._mirror.resources
        for resource in sorted(self._watchers.keys() - wanted, key=str):
            log.info("stop watching %s", resource)
            self._watchers.pop(resource).stop()
            self._mirror.close_table(resource)
        for resource in sorted(wanted - self._watchers.keys(), key=str):
            log.info("watch %s", resource)
            table = self._mirror.open_table(resource)
            self._watchers[resource] = self._watcher(
                resource,
                partial(self._mirror.objects_listed, table),
                partial(self._mirror.object_seen, table),
            )
            self._watchers[resource].start()

    def _work_on(self, key: Key) -> None:
        try:
            with self._news:
                todo = self._mirror.todo(key)
            if todo is not None:
                self._report(key.resource, todo)
        except (NoStatusYet, UnknownWork, Refused, Unreachable) as problem:
            with self._news:
                failures = self._mirror.queue.failed(key, time.monotonic())
            if failures == 1:
                self._complain(key, problem)
        else:
            with self._news:
                self._mirror.done(key, todo)
            self._complaint = ""

    def _complain(self, key: Key, problem: Exception) -> None:
        """One line per object, but one for all objects that meet the same error of the ITS."""
        if isinstance(problem, HarnessError):
            line = f"the ITS was not written, trying again: {problem}"
        else:
            line = f"{key} is not reported, trying again: {problem}"
        if line != self._complaint:
            log.info("%s", line)
            self._complaint = line

    # Writing to the ITS

    def _report(self, resource: Resource, todo: Todo) -> None:
        name = contract.work_status_name(todo.thing, todo.work.uid)
        if todo.deleted:
            self._delete(name)
            return
        existing = self._get(self._statuses.path(name)) or self._create(resource, todo)
        if existing is None:
            return
        labels = contract.singleton_label(todo.thing)
        if labels.items() - (existing["metadata"].get("labels") or {}).items():
            log.info("label WorkStatus %s with %s", name, labels)
            self._patch(self._statuses.path(name), {"metadata": {"labels": labels}}, "merge-patch")
        status = contract.status_of(todo.thing)
        if status is None:
            raise NoStatusYet("it has no status")
        if status != existing.get("status"):
            log.info("status of WorkStatus %s", name)
            whole = [{"op": "add", "path": "/status", "value": status}]  # replaces an old one
            self._patch(self._statuses.path(name, "status"), whole, "json-patch")

    def _create(self, resource: Resource, todo: Todo) -> Json | None:
        """The new WorkStatus, or None for an object of a ManifestWork that is not KubeStellar's."""
        work = self._manifest_work(todo.work)
        if not work.from_kubestellar:
            return None
        made = contract.work_status(
            todo.thing, resource.plural, work_uid=todo.work.uid, manifest_work=work
        )
        ref = made["spec"]["sourceRef"]
        place = "/".join(filter(None, (ref["namespace"], ref["name"])))
        log.info("create WorkStatus %s (%s %s)", made["metadata"]["name"], ref["kind"], place)
        query = {"fieldManager": FIELD_MANAGER}
        return self._its.request("POST", self._statuses.path(), made, query=query)

    def _manifest_work(self, work: AppliedManifestWork) -> ManifestWork:
        path = self._manifest_works.path(work.manifest_work)
        return ManifestWork.of(self._its.request("GET", path))

    def _get(self, path: str) -> Json | None:
        try:
            return self._its.request("GET", path)
        except Refused as problem:
            if problem.code == 404:
                return None
            raise

    def _patch(self, path: str, patch: object, form: str) -> None:
        query, content_type = {"fieldManager": FIELD_MANAGER}, f"application/{form}+json"
        self._its.request("PATCH", path, patch, query=query, content_type=content_type)

    def _delete(self, name: str) -> None:
        log.info("delete WorkStatus %s", name)
        try:
            self._its.request("DELETE", self._statuses.path(name))
        except Refused as problem:
            if problem.code != 404:
                raise
