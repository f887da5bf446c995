"""The status reporter between two real API servers; the tests write what OCM's agent would write."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Condition, Thread
from typing import Any, NamedTuple

import pytest

from kubestellar_conformance.status_reporter.connection import Connection
from kubestellar_conformance.status_reporter.resource import Json, Resource
from kubestellar_conformance.status_reporter.watcher import Watcher
from tests.support.servers import ApiServer

SECONDS = 60.0
OCM = "work.open-cluster-management.io"
DEPLOYMENTS = Resource("apps", "v1", "deployments", "default")
WORKS = Resource(OCM, "v1", "appliedmanifestworks")
KS_LABELS = {
    "transport.kubestellar.io/originOwnerReferenceBindingKey": "nginx-bpolicy",
    "transport.kubestellar.io/originWdsName": "wds1",
}
MERGE = "application/merge-patch+json"
numbers = itertools.count(1)


class Work(NamedTuple):
    """A ManifestWork and its AppliedManifestWork."""

    manifest_work: str
    applied: str
    uid: str

    def status_of(self, deployment: str) -> str:
        """Name of the WorkStatus of a Deployment whose first owner this is."""
        return f"{self.uid}-appsv1-deployment-default-{deployment}"

    @property
    def owner(self) -> Json:
        """The owner reference that OCM's agent gives to an object."""
        return {
            "apiVersion": f"{OCM}/v1",
            "kind": "AppliedManifestWork",
            "name": self.applied,
            "uid": self.uid,
        }


class Seen:
    """The objects of one resource, from a watch of the test's own, whose events wake the waits."""

    def __init__(self, connection: Connection, resource: Resource) -> None:
        self._news = Condition()
        self._objects: dict[str, Json] = {}
        self._watcher = Watcher(connection, resource, "test", listed=self._listed, seen=self._seen)
        self._watcher.start()

    def _listed(self, things: list[Json]) -> None:
        with self._news:
            self._objects = {thing["metadata"]["name"]: thing for thing in things}
            self._news.notify_all()

    def _seen(self, verb: str, thing: Json) -> None:
        with self._news:
            self._objects.pop(thing["metadata"]["name"], None)
            if verb != "DELETED":
                self._objects[thing["metadata"]["name"]] = thing
            self._news.notify_all()

    def wait(self, what: str, holds: Callable[[dict[str, Json]], Any]) -> Any:
        """The first true value of ``holds``; fails with the objects that exist instead."""
        with self._news:
            if not self._news.wait_for(lambda: holds(self._objects), SECONDS):
                pytest.fail(f"not seen within {SECONDS} s: {what}; objects: {self._objects}")
            return holds(self._objects)

    def status(self, name: str, status: Json | None) -> Json:
        def holds(objects: dict[str, Json]) -> Json | None:
            return (
                objects[name] if name in objects and objects[name].get("status") == status else None
            )

        found: Json = self.wait(f"{name} with status {status}", holds)
        return found

    def gone(self, *names: str) -> None:
        self.wait(f"{names} gone", lambda objects: not set(names) & objects.keys())

    def close(self) -> None:
        self._watcher.stop()
        assert self._watcher.join(SECONDS)


class Log:
    """The lines that the reporter logs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        self._news = Condition()
        Thread(target=self._read, args=[process.stderr], daemon=True).start()

    def _read(self, stream: Iterator[str]) -> None:
        for line in stream:
            sys.stderr.write(line)  # for pytest to show with a failure
            with self._news:
                self.lines.append(line)
                self._news.notify_all()

    def wait(self, *words: str) -> None:
        """Wait until a line has all of ``words``."""
        with self._news:
            found = self._news.wait_for(
                lambda: any(all(w in line for w in words) for line in self.lines), SECONDS
            )
        assert found, self.lines


class Rig:
    """Both sides, the reporter between them, and the part of OCM's agent."""

    def __init__(self, its: ApiServer, wec: ApiServer, cluster: str, folder: Path) -> None:
        self.its_server, self.wec_server = its, wec
        self.its, self.wec = Connection(its.kubeconfig), Connection(wec.kubeconfig)
        self.cluster = cluster
        self.manifest_works = Resource(OCM, "v1", "manifestworks", cluster)
        self.work_statuses = Resource("control.kubestellar.io", "v1alpha1", "workstatuses", cluster)
        self.its.request("POST", "/api/v1/namespaces", {"metadata": {"name": cluster}})
        self.seen = Seen(self.its, self.work_statuses)
        self.ready_file = folder / f"{cluster}.ready"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "kubestellar_conformance.status_reporter",
                "--cluster-name",
                self.cluster,
                "--wec-kubeconfig",
                str(self.wec_server.kubeconfig),
                "--its-kubeconfig",
                str(self.its_server.kubeconfig),
                "--ready-file",
                str(self.ready_file),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = Log(self.process)

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(SECONDS) == 0, self.log.lines

    def deployment(self, *works: Work, status: Json | None = None, name: str = "") -> str:
        """A Deployment that is owned by these works, in this order."""
        name = name or f"{self.cluster}-d{next(numbers)}"
        pod = {
            "metadata": {"labels": {"app": name[:63]}},
            "spec": {"containers": [{"name": "c", "image": "nginx"}]},
        }
        spec = {"selector": {"matchLabels": {"app": name[:63]}}, "template": pod}
        meta = {"name": name, "ownerReferences": [work.owner for work in works]}
        self.wec.request("POST", DEPLOYMENTS.path(), {"metadata": meta, "spec": spec})
        if status is not None:
            self.set_status(name, status)
        return name

    def set_status(self, name: str, status: Json) -> None:
        patch = [{"op": "add", "path": "/status", "value": status}]
        path = DEPLOYMENTS.path(name, "status")
        self.wec.request("PATCH", path, patch, content_type="application/json-patch+json")

    def set_meta(self, deployment: str, meta: Json) -> None:
        """Merge into the metadata of a Deployment."""
        path = DEPLOYMENTS.path(deployment)
        self.wec.request("PATCH", path, {"metadata": meta}, content_type=MERGE)

    def work(self, *listed: Json, labels: Json | None = None, on_its: bool = True) -> Work:
        """A work that lists these objects; by default one Deployment that does not exist."""
        name = f"{self.cluster}-w{next(numbers)}"
        if on_its:
            self.manifest_work(name, KS_LABELS if labels is None else labels)
        made = self.wec.request(
            "POST",
            WORKS.path(),
            {
                "apiVersion": f"{OCM}/v1",
                "kind": "AppliedManifestWork",
                "metadata": {"name": f"hash-{name}"},
                "spec": {"hubHash": "hash", "agentID": "a", "manifestWorkName": name},
            },
        )
        work = Work(name, f"hash-{name}", str(made["metadata"]["uid"]))
        self.list_applied(work, *(listed or [entry("deployments", "apps")]))
        return work

    def manifest_work(self, name: str, labels: Json) -> None:
        """The ITS's half of a work alone."""
        self.its.request(
            "POST",
            self.manifest_works.path(),
            {
                "apiVersion": f"{OCM}/v1",
                "kind": "ManifestWork",
                "spec": {},
                "metadata": {"name": name, "labels": labels},
            },
        )

    def list_applied(self, work: Work, *listed: Json) -> None:
        patch = {"status": {"appliedResources": list(listed)}}
        self.wec.request("PATCH", WORKS.path(work.applied, "status"), patch, content_type=MERGE)

    def delete_applied(self, work: Work) -> None:
        self.wec.request("DELETE", WORKS.path(work.applied))

    def version(self, work_status: str) -> str:
        """The resourceVersion of a WorkStatus, read anew."""
        found = self.its.request("GET", self.work_statuses.path(work_status))
        return str(found["metadata"]["resourceVersion"])

    def catch_up(self) -> None:
        """Wait until the reporter has handled all earlier changes of Deployments.

        The first new object may come with a list of all, in any order; the second comes after it.
        """
        work = self.work()
        for count in (1, 2):
            last = self.deployment(work, status={"replicas": count})
            self.seen.status(work.status_of(last), {"replicas": count})


def entry(resource: str, group: str = "", name: str = "x", version: str = "v1") -> Json:
    """An entry of an AppliedManifestWork's list. Each needs a uid of its own."""
    return {
        "group": group,
        "version": version,
        "resource": resource,
        "namespace": "default",
        "name": name,
        "uid": f"uid-{next(numbers)}",
    }
