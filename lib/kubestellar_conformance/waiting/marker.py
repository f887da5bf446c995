"""A marker: an object of the harness's own that shows that what came before it has had its chance
to come through.

"Nothing happens" is known only after something that was sent later has arrived. A marker is a
ConfigMap with a BindingPolicy of its own; sending it again changes the ConfigMap, and the change
goes through the same hops.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Sequence

from kubestellar_conformance.errors import HarnessError
from kubestellar_conformance.spaces.policy import binding_policy
from kubestellar_conformance.spaces.refs import (
    BINDING_POLICY,
    CONFIG_MAP,
    DEFAULT_NAMESPACE,
    MARKER_PREFIX,
    Obj,
    Ref,
)
from kubestellar_conformance.spaces.space import Space

LABEL = "kubestellar-conformance/marker"


class Marker:
    """The marker of this process from one WDS to some WECs; at most one of each is kept."""

    def __init__(self, wds: Space, wecs: Sequence[Space]) -> None:
        self.name = f"{MARKER_PREFIX}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self.ref = Ref(CONFIG_MAP, DEFAULT_NAMESPACE, self.name)
        self._wds = wds
        self._policy = binding_policy(
            self.name,
            clusters=[wec.selector for wec in wecs],
            objects={LABEL: self.name},
            apiGroup="",
            resources=["configmaps"],
        )
        self._sent, self._has_policy = 0, False

    def send(self) -> tuple[Ref, dict[str, str]]:
        """Send it (again): the object, and what it has to contain where it has arrived."""
        self._sent += 1
        data = {"sent": str(self._sent)}
        marker: Obj = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "data": data,
            "metadata": {
                "name": self.name,
                "namespace": DEFAULT_NAMESPACE,
                "labels": {LABEL: self.name},
            },
        }
        self._wds.apply(marker, *([] if self._has_policy else [self._policy]))
        self._has_policy = True
        return self.ref, data

    def remove(self) -> None:
        """Remove the policy and the object from the WDS; the objects in the WECs go with them."""
        for ref in (Ref(BINDING_POLICY, "", self.name), self.ref):
            self._wds.delete(ref)


class Markers:
    """The markers of a process, by where they go from and to."""

    def __init__(self) -> None:
        self._markers: dict[tuple[str, ...], Marker] = {}
        self._lock = threading.Lock()

    def of(self, wds: Space, wecs: Sequence[Space]) -> Marker:
        key = (wds.name, *(wec.name for wec in wecs))
        with self._lock:
            return self._markers.setdefault(key, Marker(wds, wecs))

    def remove(self, space: str | None = None) -> list[str]:
        """Remove all, or those that go from or to ``space``; the names of those that could not be,
        since their WDS does not answer.
        """
        with self._lock:
            keys = [key for key in self._markers if space is None or space in key]
            markers = [self._markers.pop(key) for key in keys]
        left = []
        for marker in markers:
            try:
                marker.remove()
            except HarnessError:
                left.append(marker.name)
        return left
