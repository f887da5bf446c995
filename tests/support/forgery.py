"""What another hand does behind the product's back: schemas that admit all, ManifestWorks that nobody
asked for, reports that no WEC made.

Used by sabotages. All of it is taken back at the end, and none of it is noted as a test's write.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Event, Feed, Obj, Ref, Space, System
from kubestellar_conformance.spaces.refs import CONFIG_MAP, CRD, MANIFEST_WORK, WORK_STATUS, Kind
from kubestellar_conformance.story.schema import would_accept

ALL = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
MERGE = "application/merge-patch+json"
GROUP = "control.kubestellar.io"
SECONDS = 60.0
FORGED = {"availableReplicas": 77}


@contextmanager
def admitting_all(wds: Space, plural: str) -> Iterator[None]:
    """The CRD of one of KubeStellar's kinds has a schema that every object fits."""
    path = wds.client.path(Ref(CRD, "", f"{plural}.{GROUP}"))
    versions = wds.client.request("get", path, doing="get of a CRD")["spec"]["versions"]
    open_for_all = [{**one, "schema": {"openAPIV3Schema": ALL}} for one in versions]
    _write_versions(wds, path, open_for_all)
    try:
        _until(lambda: _admits(wds, plural, versions[0]["name"]))
        yield
    finally:
        _write_versions(wds, path, versions)
        _until(lambda: not _admits(wds, plural, versions[0]["name"]))


def _write_versions(wds: Space, path: str, versions: list[Obj]) -> None:
    body = {"spec": {"versions": versions}}
    wds.client.request("patch", path, doing="patch of a CRD", body=body, content_type=MERGE)


def _admits(wds: Space, plural: str, version: str) -> bool:
    kind = wds.client.request("get", f"/apis/{GROUP}/{version}", doing="discovery")
    name = next(one["kind"] for one in kind["resources"] if one["name"] == plural)
    junk = {
        "apiVersion": f"{GROUP}/{version}",
        "kind": name,
        "metadata": {"name": "junk"},
        "spec": {"junk": 1},
    }
    try:
        would_accept(wds, junk)
    except Deviation:
        return False
    return True


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "the API server goes on with the CRD's old schema"
        time.sleep(0.05)


@contextmanager
def stray_works(system: System, wds: Space) -> Iterator[None]:
    """Each ConfigMap that comes into being in the WDS gets, in the mailbox of every virtual WEC, a
    ManifestWork without labels that carries it.
    """
    made: list[Ref] = []

    def forge(ref: Ref) -> None:
        manifest = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": ref.name, "namespace": ref.namespace},
        }
        for wec in system.virtual_wecs:
            work = Ref(MANIFEST_WORK, wec.name, f"stray-{ref.name}")
            body = {
                "apiVersion": MANIFEST_WORK.api_version,
                "kind": MANIFEST_WORK.name,
                "metadata": {"name": work.name, "namespace": work.namespace},
                "spec": {"workload": {"manifests": [manifest]}},
            }
            path = system.its.client.path(work).rpartition("/")[0]
            system.its.client.request("post", path, doing="a forgery", body=body)
            made.append(work)

    with _each_new(wds, CONFIG_MAP, forge):
        try:
            yield
        finally:
            for work in made:
                system.its.client.request("delete", system.its.client.path(work), doing="its end")


@contextmanager
def other_reports(system: System) -> Iterator[None]:
    """Each WorkStatus that comes into being gets a status that no WEC has reported."""
    its = system.its

    def forge(ref: Ref) -> None:
        time.sleep(0.2)  # after whoever has made it
        path = its.client.path(ref, "status")
        body = [{"op": "add", "path": "/status", "value": FORGED}]
        how = "application/json-patch+json"
        its.client.request("patch", path, doing="a forgery", body=body, content_type=how)

    with _each_new(its, WORK_STATUS, forge):
        yield


@contextmanager
def _each_new(space: Space, kind: Kind, act: Callable[[Ref], None]) -> Iterator[None]:
    """Act on each object of the kind that is new from now on, in a thread of its own."""
    new: SimpleQueue[Ref | None] = SimpleQueue()
    failed: list[Exception] = []

    def seen(event: Event | None, feed: Feed) -> None:
        if event and event.verb == "ADDED" and (feed.space, feed.kind) == (space.name, kind):
            new.put(event.ref)

    def work() -> None:
        while (ref := new.get()) is not None:
            try:
                act(ref)
            except Exception as problem:
                failed.append(problem)

    assert space.watch(kind).ready(SECONDS)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    space.record.observe(seen)
    try:
        yield
    finally:
        space.record.forget(seen)
        new.put(None)
        thread.join(SECONDS)
    assert not failed, failed
