"""Keeps the WorkStatuses of one WEC: watches feed the mirror, one thread writes what the mirror
finds missing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from threading import Condition
from typing import Any, NoReturn

from kubestellar_conformance.errors import HarnessError
from kubestellar_conformance.status_reporter.connection import Connection, Refused, Unreachable
from kubestellar_conformance.status_reporter.contract import MANAGER
from kubestellar_conformance.status_reporter.existing import Change, Existing
from kubestellar_conformance.status_reporter.mirror import Mirror
from kubestellar_conformance.status_reporter.resource import Json, Resource
from kubestellar_conformance.status_reporter.watcher import BACKOFF_SECONDS, Watcher

log = logging.getLogger(__name__)

WORKS = Resource("work.open-cluster-management.io", "v1", "appliedmanifestworks")


class Reporter:
    """``cluster`` is the WEC's name in the inventory and the name of its mailbox namespace in the
    ITS.
    """

    def __init__(
        self, wec: Connection, its: Connection, cluster: str, ready: Callable[[], None]
    ) -> None:
        """``ready`` is called once, when both sides have been listed for the first time."""
        self._wec = wec
        self._its = its
        self._cluster = cluster
        self._ready = ready
        self._owners = Resource("work.open-cluster-management.io", "v1", "manifestworks", cluster)
        self._statuses = Resource("control.kubestellar.io", "v1alpha1", "workstatuses", cluster)
        self._news = Condition()
        self._mirror = Mirror()
        self._watchers: dict[Resource, Watcher] = {}
        self._retry: set[str] = set()
        self._retry_at = 0.0
        self._failures = 0
        self._complaint = ""

    def run(self) -> NoReturn:
        """Report until the process ends."""
        mirror, its = self._mirror, f"ITS ({self._cluster})"
        for connection, resource, side, listed, seen in (
            (self._wec, WORKS, self._cluster, mirror.works_listed, mirror.work_seen),
            (self._its, self._owners, its, mirror.owners_listed, mirror.owner_seen),
            (self._its, self._statuses, its, mirror.existing_listed, mirror.existing_seen),
        ):
            self._watcher(connection, resource, side, listed, seen).start()
        with self._news:
            self._news.wait_for(lambda: mirror.ready)
        self._ready()
        while True:
            self._bring_in_line(self._take())

    def _watcher(
        self,
        connection: Connection,
        resource: Resource,
        side: str,
        listed: Callable[[list[Json]], None],
        seen: Callable[[str, Json], None],
    ) -> Watcher:
        return Watcher(
            connection,
            resource,
            side,
            listed=partial(self._tell, listed),
            seen=partial(self._tell, seen),
        )

    def _tell(self, change: Callable[..., None], *what: Any) -> None:
        with self._news:
            change(*what)
            self._news.notify_all()

    def _take(self) -> list[str]:
        """Wait until something is dirty or due for another try."""
        with self._news:
            while True:
                now = time.monotonic()
                if self._retry and now >= self._retry_at:
                    self._mirror.dirty |= self._retry
                    self._retry.clear()
                if self._mirror.dirty:
                    dirty = sorted(self._mirror.dirty)
                    self._mirror.dirty.clear()
                    return dirty
                self._news.wait(self._retry_at - now if self._retry else None)

    def _bring_in_line(self, dirty: list[str]) -> None:
        self._follow_what_is_needed()
        for position, uid in enumerate(dirty):
            with self._news:
                changes = self._mirror.changes(uid)
            try:
                for change in changes:
                    self._write(change)
                if changes:
                    self._failures, self._complaint = 0, ""
            except Refused as problem:  # mostly out of date, and the watch will tell how it is now
                self._try_again([uid], problem)
            except Unreachable as problem:
                self._try_again(dirty[position:], problem)
                return

    def _try_again(self, uids: list[str], problem: HarnessError) -> None:
        if str(problem) != self._complaint:
            log.info("ITS was not written, trying again: %s", problem)
            self._complaint = str(problem)
        self._retry.update(uids)
        self._retry_at = (
            time.monotonic() + BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)]
        )
        self._failures += 1

    def _follow_what_is_needed(self) -> None:
        """One watch for each resource that a work of KubeStellar's lists, and none for any
        other.
        """
        with self._news:
            needed = self._mirror.resources()
            new = [
                (r, self._mirror.open_table(r))
                for r in sorted(needed - self._watchers.keys(), key=str)
            ]
            old = sorted(self._watchers.keys() - needed, key=str)
            for resource in old:
                self._mirror.close_table(resource)
        for resource in old:
            log.info("stop following %s", resource)
            self._watchers.pop(resource).stop()
        for resource, table in new:
            log.info("follow %s", resource)
            listed, seen = (
                partial(self._mirror.objects_listed, table),
                partial(self._mirror.object_seen, table),
            )
            watcher = self._watchers[resource] = self._watcher(
                self._wec, resource, self._cluster, listed, seen
            )
            watcher.start()

    def _write(self, change: Change) -> None:
        existing, wanted = change.existing, change.wanted
        if wanted is None:
            if existing is not None:
                self._delete(existing.name)
            return
        name, ref = wanted["metadata"]["name"], wanted["spec"]["sourceRef"]
        about = f"{name} ({ref['kind']} {'/'.join(filter(None, (ref['namespace'], ref['name'])))})"
        if existing is None:
            log.info("create WorkStatus %s", about)
            existing = self._send(
                "POST", self._statuses.path(), {k: v for k, v in wanted.items() if k != "status"}
            )
        elif patch := existing.spec_patch(wanted):
            log.info("correct WorkStatus %s", about)
            existing = self._send("PATCH", self._statuses.path(name), patch)
        if patch := existing.status_patch(wanted):
            log.info("status of WorkStatus %s", about)
            self._send("PATCH", self._statuses.path(name, "status"), patch)

    def _send(self, method: str, path: str, body: object) -> Existing:
        content_type = "application/json" if method == "POST" else "application/json-patch+json"
        answer = self._its.request(
            method, path, body, query={"fieldManager": MANAGER}, content_type=content_type
        )
        with self._news:
            self._mirror.existing_seen("MODIFIED", answer)
        return Existing.of(answer)

    def _delete(self, name: str) -> None:
        log.info("delete WorkStatus %s", name)
        try:
            self._its.request("DELETE", self._statuses.path(name))
        except Refused as problem:
            if problem.code != 404:
                raise
        with self._news:
            self._mirror.existing_gone(name)
