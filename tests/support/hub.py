"""What OCM's registration controller and Kubernetes' namespace controller do in an ITS for virtual
WECs: mailboxes come with ManagedClusters, and namespaces go.
"""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue

from kubestellar_conformance.spaces import (
    Event,
    Feed,
    Obj,
    Refused,
    Space,
    UnknownKind,
    Unreachable,
)
from kubestellar_conformance.spaces.refs import MANAGED_CLUSTER, NAMESPACE, Ref

FINALIZER = "cluster.open-cluster-management.io/api-resource-cleanup"
ACCEPTED = {
    "type": "HubAcceptedManagedCluster",
    "status": "True",
    "reason": "HubClusterAdminAccepted",
    "message": "Accepted by hub cluster admin",
    "lastTransitionTime": "2025-01-01T00:00:00Z",
}


class Hub:
    """Works in a thread of its own until it is closed."""

    def __init__(self, its: Space) -> None:
        self._its, self.makes_mailboxes = its, True
        self._queue: SimpleQueue[Ref | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        for kind in (MANAGED_CLUSTER, NAMESPACE):
            assert its.watch(kind).ready(10)
        its.record.observe(self._on)
        self._thread.start()

    def _on(self, event: Event | None, feed: Feed) -> None:
        if event is None or feed.space != self._its.name or event.verb == "DELETED":
            return
        if (feed.kind == MANAGED_CLUSTER and self.makes_mailboxes) or feed.kind == NAMESPACE:
            self._queue.put(event.ref)

    def _run(self) -> None:
        while (ref := self._queue.get()) is not None:
            try:
                if (live := self._its.get(ref)) is None:
                    continue
                going = "deletionTimestamp" in live["metadata"]
                if ref.kind == MANAGED_CLUSTER and not going:
                    self._accept(ref, live)
                elif going and ref.kind == MANAGED_CLUSTER:
                    self._its.patch(ref, {"metadata": {"finalizers": None}})
                elif going:
                    live["spec"]["finalizers"] = []
                    path = self._its.client.path(ref, "finalize")
                    self._its.client.request("put", path, body=live, doing=f"finalize {ref}")
            except Refused:
                continue  # it is gone, or changed meanwhile: then its event comes too
            except (Unreachable, UnknownKind):
                time.sleep(0.1)
                self._queue.put(ref)

    def _accept(self, ref: Ref, live: Obj) -> None:
        if (live.get("status") or {}).get("conditions"):
            return
        self._its.patch(ref, {"metadata": {"finalizers": [FINALIZER]}})
        name = {"name": ref.name}
        self._its.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": name})
        self._its.update_status(ref, {"conditions": [ACCEPTED]})

    def close(self) -> None:
        self._its.record.forget(self._on)
        self._queue.put(None)
        self._thread.join(10)
