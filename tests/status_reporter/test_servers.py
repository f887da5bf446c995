"""The status reporter as a process between two real API servers; what OCM's agent would write is
written by hand.
"""

from __future__ import annotations

import itertools
import json
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Condition, Thread
from typing import Any, Protocol

import pytest

from kubestellar_conformance.status_reporter.connection import Connection, Refused, Unreachable
from kubestellar_conformance.status_reporter.resource import Json, Resource
from kubestellar_conformance.status_reporter.watcher import Watcher
from tests.support.calm import calm_round

SECONDS = 20.0
OCM = "work.open-cluster-management.io"
DEPLOYMENTS = Resource("apps", "v1", "deployments", "default")
WORKS = Resource(OCM, "v1", "appliedmanifestworks")
KS_LABELS = {
    "transport.kubestellar.io/originOwnerReferenceBindingKey": "nginx-bpolicy",
    "transport.kubestellar.io/originWdsName": "wds1",
}
MERGE = "application/merge-patch+json"
numbers = itertools.count(1)


class Server(Protocol):
    """An API server of the tests."""

    kubeconfig: Path

    def stop(self) -> None: ...
    def start(self) -> None: ...


class Seen:
    """The objects of one resource as an independent watch has them; waits are woken by its
    events.
    """

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
        """The first true value of ``holds``; fails with what is there instead."""
        with self._news:
            if not self._news.wait_for(lambda: holds(self._objects), SECONDS):
                pytest.fail(f"not seen within {SECONDS} s: {what}; there is {self._objects}")
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
    """What the reporter says, line by line."""

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
        """Until a line has all of ``words``."""
        with self._news:
            found = self._news.wait_for(
                lambda: any(all(w in line for w in words) for line in self.lines), SECONDS
            )
        assert found, self.lines


class Rig:
    """Both sides, the reporter between them, and OCM's part played by hand."""

    def __init__(self, its: Server, wec: Server, cluster: str, folder: Path) -> None:
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

    def deployment(self, status: Json | None = None, name: str = "") -> str:
        name = name or f"{self.cluster}-d{next(numbers)}"
        pod = {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "c", "image": "nginx"}]},
        }
        spec = {"selector": {"matchLabels": {"app": name}}, "template": pod}
        self.wec.request("POST", DEPLOYMENTS.path(), {"metadata": {"name": name}, "spec": spec})
        if status is not None:
            self.set_status(name, status)
        return name

    def set_status(self, name: str, status: Json) -> None:
        patch = [{"op": "add", "path": "/status", "value": status}]
        path = DEPLOYMENTS.path(name, "status")
        self.wec.request("PATCH", path, patch, content_type="application/json-patch+json")

    def work(
        self, *deployments: str, labels: Json | None = None, extra: list[Json] | None = None
    ) -> str:
        """A ManifestWork and its AppliedManifestWork; the uid of the latter."""
        name = f"{self.cluster}-w{next(numbers)}"
        self.its.request(
            "POST",
            self.manifest_works.path(),
            {
                "apiVersion": f"{OCM}/v1",
                "kind": "ManifestWork",
                "spec": {},
                "metadata": {"name": name, "labels": KS_LABELS if labels is None else labels},
            },
        )
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
        self.list_applied(f"hash-{name}", *deployments, extra=extra)
        return str(made["metadata"]["uid"])

    def list_applied(self, work: str, *deployments: str, extra: list[Json] | None = None) -> None:
        entries = [
            {
                "group": "apps",
                "version": "v1",
                "resource": "deployments",
                "namespace": "default",
                "name": d,
                "uid": d,
            }
            for d in deployments
        ]
        patch = {"status": {"appliedResources": entries + (extra or [])}}
        self.wec.request("PATCH", WORKS.path(work, "status"), patch, content_type=MERGE)

    def delete_work(self, uid: str) -> None:
        (name,) = (w["metadata"]["name"] for w in self.works() if w["metadata"]["uid"] == uid)
        self.wec.request("DELETE", WORKS.path(name))

    def works(self) -> list[Json]:
        works: list[Json] = self.wec.request("GET", WORKS.path())["items"]
        return works


def name_of(uid: str, deployment: str) -> str:
    return f"{uid}-appsv1-deployment-default-{deployment}"


@pytest.fixture
def rig(its_server: Server, wec_server: Server, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(its_server, wec_server, f"cluster-{uuid.uuid4().hex[:8]}", tmp_path)
    yield made
    if made.process.poll() is None:
        made.end()
    made.seen.close()


def test_a_workstatus_appears_and_says_whose_it_is(rig: Rig) -> None:
    times = dict.fromkeys(("lastUpdateTime", "lastTransitionTime"), "2024-01-01T00:00:00Z")
    condition = {"type": "Available", "status": "True", **times}
    status = {"replicas": 1, "conditions": [condition], "observedGeneration": 1}
    deployment = rig.deployment(status)
    uid = rig.work(deployment)
    made = rig.seen.status(name_of(uid, deployment), status)
    assert made["metadata"]["labels"] == KS_LABELS
    (owner,) = made["metadata"]["ownerReferences"]
    work = rig.its.request("GET", rig.manifest_works.path(owner["name"]))
    assert owner["kind"] == "ManifestWork"
    assert owner["uid"] == work["metadata"]["uid"]
    assert made["spec"]["sourceRef"] == {
        "group": "apps",
        "version": "v1",
        "resource": "deployments",
        "kind": "Deployment",
        "name": deployment,
        "namespace": "default",
    }
    # KubeStellar dates a returned status by the managed fields of the status.
    assert any("f:status" in entry["fieldsV1"] for entry in made["metadata"]["managedFields"])


def test_status_follows_both_ways_and_changes_nothing_needlessly(rig: Rig) -> None:
    deployment = rig.deployment({"replicas": 1, "readyReplicas": 1})
    name = name_of(rig.work(deployment), deployment)
    rig.seen.status(name, {"replicas": 1, "readyReplicas": 1})
    rig.set_status(deployment, {"replicas": 2})
    before = rig.seen.status(name, {"replicas": 2})
    rig.wec.request(
        "PATCH", DEPLOYMENTS.path(deployment), {"spec": {"replicas": 7}}, content_type=MERGE
    )
    other = rig.deployment({"replicas": 3})
    rig.seen.status(
        name_of(rig.work(other), other), {"replicas": 3}
    )  # so the change before it has been seen
    now = rig.seen.status(name, {"replicas": 2})
    assert now["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_labels_of_the_manifest_work_are_followed(rig: Rig) -> None:
    deployment = rig.deployment({"replicas": 1})
    uid = rig.work(deployment)
    made = rig.seen.status(name_of(uid, deployment), {"replicas": 1})
    work = made["metadata"]["ownerReferences"][0]["name"]
    patch = {
        "metadata": {"labels": {"more": "labels", "transport.kubestellar.io/originWdsName": "wds2"}}
    }
    rig.its.request("PATCH", rig.manifest_works.path(work), patch, content_type=MERGE)
    wanted = {**KS_LABELS, **patch["metadata"]["labels"]}
    rig.seen.wait(
        "new labels",
        lambda objects: [o for o in objects.values() if o["metadata"]["labels"] == wanted],
    )


def test_deleted_with_the_object_and_made_again_with_it(rig: Rig) -> None:
    deployment = rig.deployment({"replicas": 1})
    name = name_of(rig.work(deployment), deployment)
    first = rig.seen.status(name, {"replicas": 1})
    rig.wec.request("DELETE", DEPLOYMENTS.path(deployment))
    rig.seen.gone(name)
    rig.deployment({"replicas": 2}, name=deployment)
    second = rig.seen.status(name, {"replicas": 2})
    assert second["metadata"]["uid"] != first["metadata"]["uid"]


def test_deleted_with_the_applied_manifest_work(rig: Rig) -> None:
    deployments = [rig.deployment({"replicas": n}) for n in (1, 2)]
    uid = rig.work(*deployments)
    for count, deployment in enumerate(deployments, 1):
        rig.seen.status(name_of(uid, deployment), {"replicas": count})
    rig.delete_work(uid)
    rig.seen.gone(*(name_of(uid, d) for d in deployments))


def test_works_of_others_and_kinds_without_status_are_left_out(rig: Rig) -> None:
    others, ours = rig.deployment({"replicas": 1}), rig.deployment({"replicas": 1})
    left_out = [
        {
            "version": "v1",
            "resource": "configmaps",
            "namespace": "kube-system",
            "name": "kube-apiserver-legacy-x",
        },
        {
            "group": "rbac.authorization.k8s.io",
            "version": "v1",
            "resource": "clusterroles",
            "name": "admin",
        },
    ]
    namespace = {"version": "v1", "resource": "namespaces", "name": "default"}
    rig.work(others, labels={"other": "manager"})
    uid = rig.work(
        ours, extra=[{"group": "", "uid": "u", **entry} for entry in (*left_out, namespace)]
    )
    wanted = {name_of(uid, ours), f"{uid}-v1-namespace--default"}
    found = rig.seen.wait("two", lambda objects: set(objects) if len(objects) >= 2 else None)
    assert found == wanted
    last = rig.deployment({"replicas": 9})
    wanted.add(name := name_of(rig.work(last), last))
    rig.seen.status(name, {"replicas": 9})
    assert set(rig.seen.wait("all", lambda objects: set(objects))) == wanted


def test_a_kind_that_comes_later(rig: Rig) -> None:
    plural, group = "things", f"{rig.cluster}.example.io"
    uid = rig.work(
        extra=[
            {
                "group": group,
                "version": "v1",
                "resource": plural,
                "namespace": "default",
                "name": "it",
                "uid": "u",
            }
        ]
    )
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    rig.wec.request(
        "POST",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        {
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {
                "group": group,
                "scope": "Namespaced",
                "names": {"plural": plural, "kind": "Thing", "listKind": "Odd"},
                "versions": [
                    {
                        "name": "v1",
                        "served": True,
                        "storage": True,
                        "schema": {"openAPIV3Schema": schema},
                    }
                ],
            },
        },
    )
    things = Resource(group, "v1", plural, "default")
    served = Seen(rig.wec, things)
    served.wait("the kind served", lambda _: not _refused(rig.wec, things))
    served.close()
    thing = {
        "apiVersion": f"{group}/v1",
        "kind": "Thing",
        "metadata": {"name": "it"},
        "status": {"is": "here"},
    }
    rig.wec.request("POST", things.path(), thing)
    rig.seen.status(f"{uid}-{group}v1-thing-default-it", {"is": "here"})


def _refused(connection: Connection, resource: Resource) -> bool:
    try:
        connection.request("GET", resource.path())
    except (Refused, Unreachable):
        return True
    return False


def test_twenty_objects_created_deleted_and_created_again(rig: Rig) -> None:
    names = [f"{rig.cluster}-burst-{n}" for n in range(20)]
    uid = rig.work(*names)

    def create(name: str) -> None:
        rig.deployment(name=name)

    def delete(name: str) -> None:
        rig.wec.request("DELETE", DEPLOYMENTS.path(name))

    for act in (create, delete, create):
        for name in names:
            act(name)
    for number, name in enumerate(names):
        rig.set_status(name, {"replicas": number})
    for number, name in enumerate(names):
        rig.seen.status(name_of(uid, name), {"replicas": number} if number else {})


def test_heals_after_the_its_was_away(rig: Rig) -> None:
    changed, removed = rig.deployment({"replicas": 1}), rig.deployment({"replicas": 1})
    uid = rig.work(changed, removed)
    for deployment in (changed, removed):
        rig.seen.status(name_of(uid, deployment), {"replicas": 1})
    rig.its_server.stop()
    rig.set_status(changed, {"replicas": 2})
    rig.wec.request("DELETE", DEPLOYMENTS.path(removed))
    rig.its_server.start()
    rig.seen.status(name_of(uid, changed), {"replicas": 2})
    rig.seen.gone(name_of(uid, removed))


def test_heals_after_the_wec_was_away(rig: Rig) -> None:
    deployment = rig.deployment({"replicas": 1})
    uid = rig.work(deployment)
    rig.seen.status(name_of(uid, deployment), {"replicas": 1})
    rig.wec_server.stop()
    rig.wec_server.start()
    assert rig.seen.status(name_of(uid, deployment), {"replicas": 1})
    rig.set_status(deployment, {"replicas": 2})
    rig.seen.status(name_of(uid, deployment), {"replicas": 2})
    rig.wec.request("DELETE", DEPLOYMENTS.path(deployment))
    rig.seen.gone(name_of(uid, deployment))


def test_heals_what_happened_while_it_did_not_run(rig: Rig) -> None:
    changed, removed = rig.deployment({"replicas": 1}), rig.deployment({"replicas": 1})
    kept, gone = rig.work(changed), rig.work(removed)
    rig.seen.status(name_of(kept, changed), {"replicas": 1})
    rig.seen.status(name_of(gone, removed), {"replicas": 1})
    rig.end()
    rig.set_status(changed, {"replicas": 2})
    rig.delete_work(gone)
    rig.start()
    rig.seen.status(name_of(kept, changed), {"replicas": 2})
    rig.seen.gone(name_of(gone, removed))


def test_ready_when_both_sides_are_listed(rig: Rig) -> None:
    deployment = rig.deployment({"replicas": 1})
    rig.seen.status(name_of(rig.work(deployment), deployment), {"replicas": 1})
    assert rig.ready_file.exists()
    rig.end()
    rig.its_server.stop()
    try:
        rig.start()
        rig.log.wait("manifestworks", "cannot be followed, retrying")
        assert not rig.ready_file.exists()  # neither now nor of the run before
    finally:
        rig.its_server.start()
    rig.log.wait("ready: both sides listed")
    assert rig.ready_file.exists()


def test_ends_at_once_though_the_servers_do_not_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(SECONDS)
        kubeconfig = tmp_path / "silent.kubeconfig"
        server = f"https://127.0.0.1:{silent.getsockname()[1]}"
        kubeconfig.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "c",
                    "users": [{"name": "u", "user": {}}],
                    "clusters": [
                        {
                            "name": "c",
                            "cluster": {"server": server, "insecure-skip-tls-verify": True},
                        }
                    ],
                    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                }
            )
        )
        with subprocess.Popen(
            [
                sys.executable,
                "-m",
                "kubestellar_conformance.status_reporter",
                "--cluster-name",
                "cluster1",
                "--wec-kubeconfig",
                str(kubeconfig),
                "--its-kubeconfig",
                str(kubeconfig),
            ],
        ) as process:
            silent.accept()
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0
            assert time.monotonic() - began < 5  # the request would wait for 10 s


def test_a_status_is_returned_within_50_milliseconds(rig: Rig) -> None:
    deployment = rig.deployment({"replicas": 1})
    name = name_of(rig.work(deployment), deployment)
    rig.seen.status(name, {"replicas": 1})

    def median() -> float:
        taken = []
        for _ in range(11):
            replicas = next(numbers)
            began = time.monotonic()
            rig.set_status(deployment, {"replicas": replicas})
            rig.seen.status(name, {"replicas": replicas})
            taken.append(time.monotonic() - began)
        return sorted(taken)[5]

    calm_round(median, at_most=0.05)


def test_bad_arguments_get_one_line(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.kubeconfig")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "kubestellar_conformance.status_reporter",
            "--cluster-name",
            "cluster1",
            "--wec-kubeconfig",
            missing,
            "--its-kubeconfig",
            missing,
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert missing in done.stderr.splitlines()[-1]
