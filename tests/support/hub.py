"""What OCM's registration controller and Kubernetes' namespace controller do in an ITS for virtual
WECs: it accepts ManagedClusters, and lets them and namespaces go.

If ``waits_for_works``, a ManagedCluster stays while its mailbox has ManifestWorks. OCM looks at it
again after a pause that doubles with each failure, to 1000 s, or when it changes; this hub only
when it changes.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from kubestellar_conformance.spaces import Event, Obj, Refused, Space
from kubestellar_conformance.spaces.refs import MANAGED_CLUSTER, MANIFEST_WORK, NAMESPACE, Ref
from tests.support.working import Worker

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
        self._its, self.accepts = its, True
        self.waits_for_works, self.waits = False, threading.Event()
        self.empties_in = 0.0
        """Seconds that it takes for a mailbox that goes."""
        self._works = its.watch(MANIFEST_WORK)
        for kind in (MANAGED_CLUSTER, NAMESPACE, MANIFEST_WORK):
            assert its.watch(kind).ready(10)
        self._worker = Worker(its.record, self._concerns, self._work)

    def _concerns(self, event: Event) -> bool:
        if event.space != self._its.name:
            return False
        cluster = event.ref.kind == MANAGED_CLUSTER and self.accepts
        return cluster or event.ref.kind == NAMESPACE

    def _work(self, ref: Ref) -> None:
        # What is refused is gone, or changed meanwhile: then its event comes too.
        with suppress(Refused):
            if (live := self._its.get(ref)) is None:
                return
            going = "deletionTimestamp" in live["metadata"]
            if ref.kind == MANAGED_CLUSTER and not going:
                self._accept(ref, live)
            elif self.waits_for_works and going and self._works.objects(ref.name):
                self.waits.set()
            elif going and ref.kind == MANAGED_CLUSTER:
                self._its.patch(ref, {"metadata": {"finalizers": None}})
            elif going:
                time.sleep(self.empties_in)
                live["spec"]["finalizers"] = []
                path = self._its.client.path(ref, "finalize")
                self._its.client.request("put", path, body=live, doing=f"finalize {ref}")

    def _accept(self, ref: Ref, live: Obj) -> None:
        if (live.get("status") or {}).get("conditions"):
            return
        self._its.patch(ref, {"metadata": {"finalizers": [FINALIZER]}})
        self._its.update_status(ref, {"conditions": [ACCEPTED]})

    def close(self) -> None:
        self._worker.close()
