"""Pods of a Deployment or StatefulSet, why they are not ready, and what they log."""

from __future__ import annotations

import contextlib

from kubestellar_conformance.errors import Deviation, HarnessError
from kubestellar_conformance.spaces.discovery import Timeout
from kubestellar_conformance.spaces.refs import Kind, Obj
from kubestellar_conformance.spaces.space import Space

POD = Kind("", "v1", "Pod")
_LOG_TIMEOUT: Timeout = (3.0, 5.0)


def matches(pod: Obj, workload: Obj) -> bool:
    """Whether the workload's selector picks the pod. Those of the parts known here are labels
    alone.
    """
    metadata = pod["metadata"]
    wanted = workload["spec"]["selector"].get("matchLabels") or {}
    same = metadata.get("namespace") == workload["metadata"].get("namespace")
    return same and wanted.items() <= (metadata.get("labels") or {}).items()


def of(space: Space, workload: Obj) -> list[Obj]:
    """The pods that the labels of the workload's selector pick."""
    labels = workload["spec"]["selector"].get("matchLabels") or {}
    return space.list(POD, namespace=workload["metadata"]["namespace"], labels=labels)


def newest(space: Space, workload: Obj) -> Obj | None:
    """The pod that was created last, since an older one may be on its way out."""
    return max(
        of(space, workload), key=lambda pod: str(pod["metadata"]["creationTimestamp"]), default=None
    )


def last_lines(space: Space, pod: Obj, container: str, lines: int) -> list[str]:
    """The last lines of a container's log; of the one that ran before, if this one has not begun to
    say anything.
    """
    for previous in (False, True):
        # No container has run yet, or none has run before this one.
        with contextlib.suppress(HarnessError, Deviation):
            text = log(space, pod, container, lines, previous=previous)
            if text:
                return text
    return []


def log(space: Space, pod: Obj, container: str, lines: int, *, previous: bool) -> list[str]:
    """The last lines of a container's log, or (previous) of the one that ran before it. May raise
    `Refused`.
    """
    metadata = pod["metadata"]
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/log"
    query = {"container": container, "tailLines": str(lines), "previous": str(previous).lower()}
    answer = space.client.stream(path, query, _LOG_TIMEOUT)
    try:
        return answer.read().decode(errors="replace").splitlines()
    finally:
        answer.release_conn()


def ready(pod: Obj) -> bool:
    """Whether a pod is ready, or has done its work."""
    status = pod.get("status") or {}
    conditions = {one["type"]: one["status"] for one in status.get("conditions") or []}
    return status.get("phase") == "Succeeded" or conditions.get("Ready") == "True"


def why(pod: Obj) -> str:
    """Why a pod is not ready, from the state of its containers; from the scheduler if it has none
    yet.
    """
    status = pod.get("status") or {}
    found = []
    for one in _containers(pod):
        for state in ("waiting", "terminated"):
            if detail := (one.get("state") or {}).get(state):
                found.append(
                    f"{one['name']} "
                    f"{detail.get('reason', state)} {detail.get('message', '')}".strip()[:200]
                )
    for one in status.get("conditions") or []:
        if (one["type"], one["status"]) == ("PodScheduled", "False"):
            found.append(
                f"{one.get('reason', 'not scheduled')} {one.get('message', '')}".strip()[:200]
            )
    return "; ".join(found) or str(status.get("phase", "unknown"))


def failing(pod: Obj) -> str | None:
    """The container that keeps a pod from being ready by ending again and again."""
    for one in _containers(pod):
        state = one.get("state") or {}
        ended = state.get("terminated") or (
            state.get("waiting") and (one.get("lastState") or {}).get("terminated")
        )
        if ended and ended.get("exitCode"):
            return str(one["name"])
    return None


def _containers(pod: Obj) -> list[Obj]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
