"""The hops of one test's objects in order of time: WDS, Binding, ManifestWork, WEC, WorkStatus, and
back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from kubestellar_conformance.plugin.writes import Writes
from kubestellar_conformance.spaces import Event, Feed, Kind, Space, System
from kubestellar_conformance.spaces.refs import (
    APPLIED_MANIFEST_WORK,
    BINDING,
    MANIFEST_WORK,
    ORIGIN_BINDING_LABEL,
    WORK_STATUS,
)

LONGEST = 2000
"""Events kept for one test; a story has a few dozen."""


class Timeline:
    """Collects, in the feeds' threads, the events of the objects that a test has written.

    ``left_out`` counts the events beyond the number that is kept.
    """

    def __init__(self, writes: Writes) -> None:
        self._writes = writes
        self._begun = time.monotonic()
        self._events: list[Event] = []
        self.left_out = 0
        self._works: set[str] = set()
        self._uids: set[str] = set()

    def on(self, event: Event | None, feed: Feed) -> None:
        """The record's observer."""
        if event is None or not self._concerns(event, feed):
            return
        self._uids.add(event.uid)
        if len(self._events) < LONGEST:
            self._events.append(event)
        else:
            self.left_out += 1

    def _concerns(self, event: Event, feed: Feed) -> bool:
        kind, name = event.ref.kind, event.ref.name
        if event.uid in self._uids or event.ref in self._writes.refs:
            return True
        if kind == BINDING:
            return name in self._writes.policies
        if kind == APPLIED_MANIFEST_WORK:
            return name.partition("-")[2] in self._works  # <hash of the hub>-<ManifestWork>
        if kind in (MANIFEST_WORK, WORK_STATUS):
            live = feed.get(*event.ref.key) or {}
            ours = ((live.get("metadata") or {}).get("labels") or {}).get(
                ORIGIN_BINDING_LABEL
            ) in self._writes.policies
            if ours and kind == MANIFEST_WORK:
                self._works.add(name)
            return ours
        return False

    def to_list(self) -> list[dict[str, Any]]:
        return [
            {
                "at": datetime.fromtimestamp(event.wall, UTC).isoformat(timespec="milliseconds"),
                "seconds": round(event.at - self._begun, 3),
                "space": event.space,
                "verb": event.verb,
                "object": str(event.ref),
                "uid": event.uid,
                "generation": event.generation,
                "missed": event.missed,
            }
            for event in self._events
        ]


def _hops(system: System) -> Iterator[tuple[Space, Kind]]:
    yield from ((wds, BINDING) for wds in system.wdses)
    yield from ((its, kind) for its in system.itses for kind in (MANIFEST_WORK, WORK_STATUS))
    yield from ((wec, APPLIED_MANIFEST_WORK) for wec in system.wecs)


@contextmanager
def following(system: System, writes: Writes) -> Iterator[Timeline]:
    """Follow the objects written inside along the whole path."""
    timeline = Timeline(writes)
    system.record.observe(timeline.on)
    for space, kind in _hops(system):
        space.watch(kind)
    try:
        yield timeline
    finally:
        system.record.forget(timeline.on)
