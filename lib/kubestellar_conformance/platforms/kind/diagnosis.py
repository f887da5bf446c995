"""Describes a cluster that does not come up: pods that are not ready, warnings, last lines of
logs.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.platforms.kind.kubectl import Kubectl
from kubestellar_conformance.spaces.pods import ready, why

EVENTS, LINES = 6, 8


def look(clusters: Iterable[Kubectl]) -> str:
    """A short description of these clusters, for the message of a failure."""
    return "\n".join(line for cluster in clusters for line in _cluster(cluster))


def _cluster(cluster: Kubectl) -> list[str]:
    try:
        pods = [pod for pod in cluster.listed("pods") if not ready(pod)]
        events = [event for event in cluster.listed("events") if event.get("type") == "Warning"]
    except Broken as error:
        return [f"{cluster.name}: cannot be read: {error}"]
    lines = [f"{cluster.name}: {len(pods)} pods not ready"]
    for pod in pods:
        name, space = pod["metadata"]["name"], pod["metadata"]["namespace"]
        lines.append(f"  pod {space}/{name}: {why(pod)}")
        lines += [f"    {line}" for line in _log(cluster, name, space)]
    events.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    for event in events[-EVENTS:]:
        about, said = event["involvedObject"], event.get("message", "")[:200]
        lines.append(f"  {about.get('kind')} {about.get('name')}: {event.get('reason')}: {said}")
    return lines


def _log(cluster: Kubectl, pod: str, namespace: str) -> list[str]:
    try:
        given = ("--all-containers", f"--tail={LINES}", f"--namespace={namespace}")
        return cluster.run("logs", pod, *given, seconds=10).splitlines()[-LINES:]
    except Broken:
        return []  # no container of it has run, and the pod's own state has the reason
