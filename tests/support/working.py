"""A thread that works objects off, as a controller does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from kubestellar_conformance.spaces import Event, EventLog, Feed, Ref, UnknownKind, Unreachable


class Worker:
    """Works off each object that ``wanted`` names among the record's changes, and an object again
    when its API server was away. ``work`` runs in a thread of its own until the worker is closed.
    """

    def __init__(
        self, record: EventLog, wanted: Callable[[Event], bool], work: Callable[[Ref], None]
    ) -> None:
        self._record, self._wanted, self._work = record, wanted, work
        self._queue: SimpleQueue[Ref | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        record.observe(self._on)
        self._thread.start()

    def _on(self, event: Event | None, _feed: Feed) -> None:
        if event is not None and event.verb != "DELETED" and self._wanted(event):
            self._queue.put(event.ref)

    def _run(self) -> None:
        while (ref := self._queue.get()) is not None:
            try:
                self._work(ref)
            except (Unreachable, UnknownKind):
                time.sleep(0.1)
                self._queue.put(ref)

    def close(self) -> None:
        self._record.forget(self._on)
        self._queue.put(None)
        self._thread.join(10)
