"""ManagedClusters and mailboxes in an ITS: requests for many at once, and waits for the outcome.

OCM's registration controller on the hub makes the mailbox namespace of a ManagedCluster that is
accepted, and the rights of its agents, for one cluster after the other. A mailbox that exists it
uses as it is, so the mailboxes are made here, side by side. When the ManagedCluster goes, the hub
removes the rights and keeps the namespace.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import TypeVar

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.fleet.mailbox import AGENT_FINALIZER
from kubestellar_conformance.spaces.client import FIELD_MANAGER, Refused, Unreachable
from kubestellar_conformance.spaces.feed import Feed
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import (
    BINDING,
    CLUSTER_LABEL,
    MANAGED_CLUSTER,
    MANIFEST_WORK,
    NAMESPACE,
    Kind,
    Obj,
    Ref,
)
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.waiting import contracts

T = TypeVar("T")
AT_ONCE = 8
"""Requests side by side."""
REGISTRATION, WITHDRAWAL, RECOVERY = "registration", "withdrawal", "recovery"
"""The time contracts under which virtual WECs appear and go."""
CLUSTER_SET = {"cluster.open-cluster-management.io/clusterset": "default"}
"""The label that OCM's webhook adds, if the webhook is installed."""
_ACCEPTED = "HubAcceptedManagedCluster"
"""The condition that the registration controller sets when it has made all its objects."""
_NOT_FOUND = 404
_LOOK = "kubestellar-conformance/look"
"""An annotation whose change makes the hub look at a ManagedCluster."""
_PAUSES = (2.0, 4.0, 8.0)
"""Seconds between such changes, the first after a time in which KubeStellar would have made a
ManifestWork again.
"""


class Inventory:
    """Makes and removes ManagedClusters and mailboxes. Not for stories: it bypasses the verbs of
    the space, since its objects do not belong to a test.
    """

    def __init__(self, its: Space) -> None:
        self.its = its
        self.clusters = its.watch(MANAGED_CLUSTER)
        self.namespaces = its.watch(NAMESPACE)
        self.works = its.watch(MANIFEST_WORK)
        self.given_up = False
        """Whether all waits were given up."""
        self._pool = ThreadPoolExecutor(AT_ONCE, "inventory")

    def create(
        self, clusters: Mapping[str, Mapping[str, str]], mailboxes: Mapping[str, str]
    ) -> None:
        """Create ManagedClusters with these labels, by name, each after a mailbox with the labels
        ``mailboxes``. Returns when the watches show all of them.
        """

        def create(name: str) -> None:
            self._create(NAMESPACE, name, {**mailboxes, CLUSTER_LABEL: name}, {})
            accepted = {"hubAcceptsClient": True}
            self._create(MANAGED_CLUSTER, name, {**clusters[name], **CLUSTER_SET}, accepted)

        self._all(create, clusters)
        self._until_shown(self.namespaces, list(clusters))
        self._until_shown(self.clusters, list(clusters))

    def _create(self, kind: Kind, name: str, labels: Mapping[str, str], spec: Obj) -> None:
        obj: Obj = {
            "apiVersion": kind.api_version,
            "kind": kind.name,
            "metadata": {"name": name, "labels": dict(labels)},
            "spec": spec,
        }
        self.its.client.request(
            "post",
            self.its.client.served(kind).path(),
            body=obj,
            doing=f"create of {Ref.of(obj)}",
            field_manager=FIELD_MANAGER,
        )

    def _until_shown(self, feed: Feed, names: list[str]) -> None:
        self.until(
            feed,
            lambda: [name for name in names if not feed.get("", name)],
            REGISTRATION,
            f"{self.its.name} does not show, after its creation, {feed.kind}",
        )

    def delete(self, kind: Kind, names: Iterable[str]) -> None:
        """Request the deletion; an object that does not exist counts as deleted."""
        self._delete(Ref(kind, "", name) for name in names)

    def delete_works(self, works: Iterable[Obj]) -> None:
        """Request the deletion of these ManifestWorks."""
        self._delete(Ref.of(work) for work in works)

    def release_soon(self, work: Obj) -> None:
        """Take the agent's finalizer off a ManifestWork, in another thread."""
        with suppress(RuntimeError):  # closed: nobody waits for a mailbox any more
            self._pool.submit(self._release, work)

    def _release(self, work: Obj) -> None:
        metadata, ref = work["metadata"], Ref.of(work)
        rest = [name for name in metadata["finalizers"] if name != AGENT_FINALIZER]
        deadline = time.monotonic() + contracts.in_full(RECOVERY)
        while not self.given_up:
            try:
                released = {"uid": metadata["uid"], "finalizers": rest}
                self._patch(ref, released, doing=f"release of {ref}")
            except Refused:
                pass  # it is gone, or another under its name is there
            except Unreachable:
                if time.monotonic() < deadline:
                    time.sleep(1)
                    continue
            return

    def hurry_soon(self, wec: str) -> None:
        """Have the hub look at a ManagedCluster that is being deleted, in another thread, if its
        mailbox stays empty.

        OCM keeps it while there are ManifestWorks, and looks again after a pause that doubles with
        each look, to 1000 s, or when the ManagedCluster changes. A policy that selects it on
        (KD-0.30.0-SETUP-2) makes many looks.
        """
        if self._goes(wec):
            with suppress(RuntimeError):  # closed
                self._pool.submit(self._hurry, wec)

    def _hurry(self, wec: str) -> None:
        ref = Ref(MANAGED_CLUSTER, "", wec)

        def concerned(event: Event | None, feed: Feed) -> bool:
            about = feed in (self.clusters, self.works)
            return about and (event is None or wec in (event.ref.name, event.ref.namespace))

        for pause in _PAUSES:
            with self.its.record.bell(concerned) as bell, bell:
                if bell.wait_for(lambda: self.given_up or not self._goes(wec), pause):
                    return
            with suppress(Refused, Unreachable):  # the next one tries again
                look = {"annotations": {_LOOK: str(time.time())}}
                self._patch(ref, look, doing=f"annotation of {ref}")

    def _goes(self, wec: str) -> bool:
        """Whether a ManagedCluster is being deleted and its mailbox is empty."""
        cluster = self.clusters.get("", wec)
        going = cluster is not None and "deletionTimestamp" in cluster["metadata"]
        return going and not self.works.objects(wec)

    def _patch(self, ref: Ref, metadata: Obj, *, doing: str) -> None:
        self.its.client.request(
            "patch",
            self.its.client.served(ref.kind).path(ref.namespace or None, ref.name),
            body={"metadata": metadata},
            doing=doing,
            field_manager=FIELD_MANAGER,
            content_type="application/merge-patch+json",
        )

    def _delete(self, refs: Iterable[Ref]) -> None:
        def delete(ref: Ref) -> None:
            path = self.its.client.served(ref.kind).path(ref.namespace or None, ref.name)
            try:
                self.its.client.request("delete", path, doing=f"delete of {ref}")
            except Refused as problem:
                if problem.status != _NOT_FOUND:
                    raise

        self._all(delete, refs)

    def until_complete(self, names: list[str]) -> None:
        """Wait until the hub has made the rights of all these clusters: rights that it makes for a
        cluster after its removal would stay.
        """
        self.until(
            self.clusters,
            lambda: [name for name in names if not self._is_complete(name)],
            REGISTRATION,
            "not accepted by the hub: ManagedCluster",
        )

    def _is_complete(self, name: str) -> bool:
        cluster = self.clusters.get("", name)
        if cluster is None or cluster["metadata"].get("deletionTimestamp"):
            return True
        conditions = (cluster.get("status") or {}).get("conditions") or []
        accepted = any(one["type"] == _ACCEPTED and one["status"] == "True" for one in conditions)
        return accepted and bool(cluster["metadata"].get("finalizers"))

    def until_gone(self, feed: Feed, names: list[str]) -> None:
        """Wait until the clusters or namespaces with these names are gone. That is the work of OCM
        and Kubernetes: KubeStellar's withdrawal is over before.
        """
        self.until(
            feed,
            lambda: [name for name in names if feed.get("", name)],
            REGISTRATION,
            f"still there after its deletion: {feed.kind}",
        )

    def until(
        self, feed: Feed, left: Callable[[], list[str]], contract: str, complaint: str
    ) -> None:
        """Sleep until ``left()``, called after each event of the feed and of Bindings, names
        nothing. `Broken`, with the complaint and the names, if that takes longer than the contract.
        A test that has the platform alone may take the ITS down meanwhile: then the contract
        ``recovery`` counts, for the outage and again for what the hub does after it.

        It is not a wait of a test, so no test's evidence has it.
        """
        record, deadline = self.its.record, time.monotonic() + contracts.in_full(contract)
        seen = True
        with record.bell(lambda _, about: about is feed or about.kind == BINDING) as bell, bell:
            while not (feed.synced and feed.live) or left():
                if seen != feed.live:
                    seen = feed.live
                    deadline = max(deadline, time.monotonic() + contracts.in_full(RECOVERY))
                seconds = deadline - time.monotonic()
                if seconds <= 0 or self.given_up:
                    what = ", ".join(left()[:3]) if feed.live else f"(not known: {feed.problem})"
                    raise Broken(f"{complaint} {what}")
                bell.wait(seconds)

    def give_up(self) -> None:
        """End all waits."""
        self.given_up = True
        self.its.record.wake()

    def close(self) -> None:
        self._pool.shutdown()

    def _all(self, do: Callable[[T], object], each: Iterable[T]) -> None:
        """Do it for each, side by side. A failure, or an interruption, is raised when nothing is
        under way any more: what is removed after it must not be made still.
        """
        asked: list[Future[object]] = []
        try:
            for one in each:
                asked.append(self._pool.submit(do, one))
            for future in asked:
                future.result()
        finally:
            wait([future for future in asked if not future.cancel()])
