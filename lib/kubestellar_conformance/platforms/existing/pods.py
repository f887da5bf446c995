"""Pods of a Deployment or StatefulSet, and what they log."""

from __future__ import annotations

import contextlib

from kubestellar_conformance.errors import Deviation, HarnessError
from kubestellar_conformance.spaces.client import Timeout
from kubestellar_conformance.spaces.refs import Kind, Obj
from kubestellar_conformance.spaces.space import Space

POD = Kind("", "v1", "Pod")
_LOG_TIMEOUT: Timeout = (3.0, 5.0)


def matches(pod: Obj, workload: Obj) -> bool:
    """Whether the workload's selector picks the pod. Those of the parts known here are labels alone."""
    metadata = pod["metadata"]
    wanted = workload["spec"]["selector"].get("matchLabels") or {}
    same = metadata.get("namespace") == workload["metadata"].get("namespace")
    return same and wanted.items() <= (metadata.get("labels") or {}).items()


def newest(space: Space, workload: Obj) -> Obj | None:
    """The pod that was created last, since an older one may be on its way out."""
    labels = workload["spec"]["selector"].get("matchLabels") or {}
    pods = space.list(POD, namespace=workload["metadata"]["namespace"], labels=labels)
    return max(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]), default=None)


def last_lines(space: Space, pod: Obj, container: str, lines: int) -> list[str]:
    """The last lines of a container's log; of the one that ran before, if this one has not begun to say anything."""
    for previous in ("false", "true"):
        with contextlib.suppress(HarnessError, Deviation):  # no container has run yet, or there was none before
            text = _log(space, pod, container, lines, previous)
            if text:
                return text
    return []


def _log(space: Space, pod: Obj, container: str, lines: int, previous: str) -> list[str]:
    metadata = pod["metadata"]
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/log"
    query = {"container": container, "tailLines": str(lines), "previous": previous}
    answer = space.client.stream(path, query, _LOG_TIMEOUT)
    try:
        return answer.read().decode(errors="replace").splitlines()
    finally:
        answer.release_conn()
