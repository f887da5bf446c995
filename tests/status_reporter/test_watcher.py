"""A watch of the status reporter ends whenever it is told to, also while it is being begun."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from kubestellar_conformance.status_reporter.connection import Connection
from kubestellar_conformance.status_reporter.resource import Resource
from kubestellar_conformance.status_reporter.watcher import Watcher


class Silent:
    """An answer to a watch that says nothing until it is shut down."""

    def __init__(self) -> None:
        self._shut = threading.Event()

    def shutdown(self) -> None:
        self._shut.set()

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        assert self._shut.wait(30), "nobody shut it down"
        return iter(())


class Server:
    """Lists nothing; a watch is answered when ``meanwhile`` is over."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self.meanwhile, self.watched = meanwhile, threading.Event()

    def request(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {"kind": "ConfigMapList", "metadata": {"resourceVersion": "1"}, "items": []}

    @contextmanager
    def stream(self, *_: Any, **__: Any) -> Iterator[Silent]:
        self.meanwhile()
        self.watched.set()
        yield Silent()


def watcher_of(server: Server) -> Watcher:
    resource = Resource("", "v1", "configmaps", namespace="default")
    connection = cast(Connection, server)
    return Watcher(connection, resource, "test", listed=lambda _: None, seen=lambda *_: None)


def test_told_to_stop_in_the_middle_of_a_watch() -> None:
    server = Server(lambda: None)
    watcher = watcher_of(server)
    watcher.start()
    assert server.watched.wait(5)
    watcher.stop()
    assert watcher.join(5)


def test_told_to_stop_while_the_watch_is_asked_for() -> None:
    server = Server(lambda: watcher.stop())
    watcher = watcher_of(server)
    watcher.start()
    assert watcher.join(5)
