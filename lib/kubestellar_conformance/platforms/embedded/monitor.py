"""Notices at once when a component of the platform exits unexpectedly.

One thread waits on one pidfd per process. Another process of the run (a pytest-xdist worker) may
use the verbs, so the list of watched processes is read again from the run folder when a process has
exited and when a caller asks.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Iterable

from kubestellar_conformance.platforms.common.pidfd import open_pidfd
from kubestellar_conformance.platforms.embedded.process import Process


class Monitor:
    """Watches the processes of a platform. Its thread calls ``on_death`` once per unexpected
    exit.
    """

    def __init__(self, on_death: Callable[[Process], None]) -> None:
        self._on_death = on_death
        self._watched: dict[int, tuple[Process, tuple[int, int]]] = {}
        self._dead: list[Process] = []
        self._told: set[tuple[int, int]] = set()
        self._lock = threading.Lock()
        self._wake_read, self._wake_write = os.pipe()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="component-monitor", daemon=True)
        self._thread.start()

    def watch(self, processes: Iterable[Process]) -> None:
        """Watch the processes that run, except those that are already watched or reported."""
        found = []
        with self._lock:
            if self._closed:
                return
            known = {identity for _, identity in self._watched.values()} | self._told
            for process in processes:
                identity = process.identity()
                if identity is None or identity in known:
                    continue
                descriptor = open_pidfd(*identity)
                if descriptor is None:
                    if _unasked(process, identity):
                        self._told.add(identity)
                        self._dead.append(process)
                        found.append(process)
                    continue
                self._watched[descriptor] = (process, identity)
            os.write(self._wake_write, b".")
        for process in found:
            self._on_death(process)

    @property
    def dead(self) -> list[Process]:
        """The processes that exited by themselves, in the order noticed."""
        with self._lock:
            return list(self._dead)

    def close(self) -> None:
        """Stop watching. May be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            os.close(self._wake_write)  # the thread's poll sees the other end hang up
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._closed:
            poll = select.poll()
            poll.register(self._wake_read, select.POLLIN)
            with self._lock:
                for descriptor in self._watched:
                    poll.register(descriptor, select.POLLIN)
            for descriptor, _ in poll.poll():
                if descriptor == self._wake_read:
                    os.read(self._wake_read, 4096)
                else:
                    self._ended(descriptor)
        for descriptor in (*self._watched, self._wake_read):
            os.close(descriptor)

    def _ended(self, descriptor: int) -> None:
        with self._lock:
            process, identity = self._watched.pop(descriptor)
            os.close(descriptor)
            self._told.add(identity)
            process.reap()
            # An intended stop may have been followed by another start; only the process started
            # last counts.
            unasked = _unasked(process, identity)
            if unasked:
                self._dead.append(process)
        if unasked:
            self._on_death(process)


def _unasked(process: Process, identity: tuple[int, int]) -> bool:
    """Whether the exit of that process is unexpected: a stop is written down before it is done. A
    process that is still starting is started again.
    """
    last, intended = process.noted()
    return intended not in ("stopped", "starting") and last == identity
