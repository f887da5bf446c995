"""What OCM's registration controller and Kubernetes' namespace controller do in an ITS for virtual
WECs: mailboxes come with ManagedClusters, and namespaces go.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue

from kubestellar_conformance.spaces import Event, Feed, Refused, Space
from kubestellar_conformance.spaces.refs import MANAGED_CLUSTER, NAMESPACE, Ref


class Hub:
    """Works in a thread of its own until it is closed."""

    def __init__(self, its: Space) -> None:
        self._its, self.makes_mailboxes = its, True
        self._queue: SimpleQueue[tuple[str, Ref] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        for kind in (MANAGED_CLUSTER, NAMESPACE):
            assert its.watch(kind).ready(10)
        its.record.observe(self._on)
        self._thread.start()

    def _on(self, event: Event | None, feed: Feed) -> None:
        if event is None or feed.space != self._its.name:
            return
        if feed.kind == MANAGED_CLUSTER and event.verb == "ADDED" and self.makes_mailboxes:
            self._queue.put(("make", event.ref))
        elif feed.kind == NAMESPACE and event.verb == "MODIFIED":
            self._queue.put(("finalize", event.ref))

    def _run(self) -> None:
        while (todo := self._queue.get()) is not None:
            verb, ref = todo
            if verb == "make":
                name = {"name": ref.name}
                self._its.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": name})
            else:
                self._finalize(ref)

    def _finalize(self, ref: Ref) -> None:
        live = self._its.get(ref)
        if live is None or "deletionTimestamp" not in live["metadata"]:
            return
        live["spec"]["finalizers"] = []
        path = self._its.client.path(ref, "finalize")
        try:
            self._its.client.request("put", path, body=live, doing=f"finalize {ref}")
        except Refused:
            return  # gone, or changed meanwhile: then its event comes too

    def close(self) -> None:
        self._its.record.forget(self._on)
        self._queue.put(None)
        self._thread.join(10)
