"""Detects crashed containers: the cluster restarts them, so only the restart count shows a crash.

A file of the run has the number of crashes already reported, so that its processes together report
each crash once.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from kubestellar_conformance.files import locked, write_private_json
from kubestellar_conformance.platforms.workloads.known_parts import KnownPart
from kubestellar_conformance.spaces.feed import Feed
from kubestellar_conformance.spaces.pods import POD, log
from kubestellar_conformance.spaces.refs import Obj
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System

LIST_SECONDS = 10.0
_TOLD_TO_END = (137, 143)
"""Exit statuses after SIGKILL and SIGTERM, to which a failed probe leads, for example of a paused
container.
"""


class Crashes:
    """Watches the pods of all parts. Crashes before the first such object of a run do not count."""

    def __init__(self, system: System, parts: Mapping[str, KnownPart], run_dir: Path) -> None:
        self._system, self._file = system, run_dir / "state" / "crashes.json"
        self._parts: Mapping[str, KnownPart] = {}
        self._feeds: dict[str, Feed] = {}
        self._read: tuple[tuple[int, int], Mapping[str, int]] | None = None
        with locked(self._file):
            self._watch_spaces(parts)
            if not self._file.exists():
                write_private_json(self._file, _ends_of(self._pods(parts)))
            self._parts = parts

    def add(self, parts: Mapping[str, KnownPart]) -> None:
        """Watch further parts. Crashes during their start do not count."""
        with locked(self._file):
            self._watch_spaces(parts)
            write_private_json(self._file, {**self._known(), **_ends_of(self._pods(parts))})
            # Last, since the waits of other threads call `found` at any moment.
            self._parts = {**self._parts, **parts}

    def drop(self, parts: Mapping[str, KnownPart]) -> None:
        """Stop watching parts that are about to be removed."""
        self._parts = {name: part for name, part in self._parts.items() if name not in parts}
        left = {part.space for part in self._parts.values()}
        self._feeds = {space: feed for space, feed in self._feeds.items() if space in left}

    def watches(self, part: str) -> bool:
        """Whether crashes of that part count at present."""
        return part in self._parts

    def _watch_spaces(self, parts: Mapping[str, KnownPart]) -> None:
        # A new collection, since `found` may be iterating over the old one at the same time.
        spaces = {part.space for part in parts.values()} - self._feeds.keys()
        self._feeds = {**self._feeds, **{name: self._system[name].watch(POD) for name in spaces}}
        for name in spaces:
            self._feeds[name].ready(LIST_SECONDS)

    def found(self) -> Iterator[tuple[str, Obj, int]]:
        """Each part that crashed, its pod, and the number of crashes since the last `told`."""
        parts = self._parts  # before the file, which has the crashes of their start by then
        known = self._known()
        for name, pod in self._pods(parts):
            if _by_itself(pod) and (more := ends(pod) - known.get(pod["metadata"]["uid"], 0)) > 0:
                yield name, pod, more

    def told(self, pod: Obj) -> None:
        """Note the crashes of that pod so far as reported, for every process of the run."""
        with locked(self._file):
            write_private_json(self._file, {**self._known(), pod["metadata"]["uid"]: ends(pod)})

    def _known(self) -> Mapping[str, int]:
        # Called at every event that wakes a wait, by several threads.
        read = self._read
        with contextlib.suppress(OSError):
            state = self._file.stat()
            version = state.st_mtime_ns, state.st_ino
            if read is None or read[0] != version:
                self._read = read = version, json.loads(self._file.read_text())
        return read[1] if read else {}

    def _pods(self, parts: Mapping[str, KnownPart]) -> Iterator[tuple[str, Obj]]:
        feeds = self._feeds
        for name, part in parts.items():
            feed = feeds.get(part.space)
            for ref in part.refs if feed else ():
                for pod in feed.objects(ref.namespace) if feed else ():
                    if _workload(pod) == ref.name:
                        yield name, pod


def _ends_of(pods: Iterator[tuple[str, Obj]]) -> dict[str, int]:
    return {pod["metadata"]["uid"]: ends(pod) for _, pod in pods}


def ends(pod: Obj) -> int:
    """The number of restarts of the pod's containers."""
    return sum(one.get("restartCount", 0) for one in _containers(pod))


def _by_itself(pod: Obj) -> bool:
    """Whether a container's last exit was a crash: nobody stopped it, or it took too much
    memory.
    """
    last = [((one.get("lastState") or {}).get("terminated") or {}) for one in _containers(pod)]
    return any(
        end and (end.get("exitCode") not in _TOLD_TO_END or end.get("reason") == "OOMKilled")
        for end in last
    )


def _containers(pod: Obj) -> list[Obj]:
    return (pod.get("status") or {}).get("containerStatuses") or []


def _workload(pod: Obj) -> str:
    """The Deployment (by its ReplicaSet's name) or the StatefulSet to which a pod belongs."""
    owners = {one["kind"]: one["name"] for one in pod["metadata"].get("ownerReferences") or []}
    return str(owners.get("StatefulSet") or owners.get("ReplicaSet", "").rpartition("-")[0])


def last_words(space: Space, pod: Obj, lines: int) -> list[str]:
    """The last lines of the log of the crashed container: of the pod's container that exited
    last.
    """
    ended = [one for one in _containers(pod) if (one.get("lastState") or {}).get("terminated")]
    if not ended:
        return []
    return log(space, pod, ended[-1]["name"], lines, previous=True)
