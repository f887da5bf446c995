"""Reads the watches of an API server: one answer after another, event by event, until another
thread ends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock
from typing import Any

from kubestellar_conformance.errors import Broken

EXPIRED = 410
"""Code of a watch that asks for a version which the API server no longer has: list anew."""
_Event = tuple[str, dict[str, Any]]
"""``ADDED``, ``MODIFIED``, ``DELETED`` or ``BOOKMARK``, and the object (of a bookmark: its version
alone).
"""


class WatchFailed(Broken):
    """The API server ended a watch with an error; ``code`` is like an HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"the watch ended: {message}")
        self.code = code


def watch_query(version: str, seconds: int) -> dict[str, str]:
    """The query of a watch from that version on, which the API server ends after ``seconds``."""
    return {
        "watch": "true",
        "resourceVersion": version,
        "allowWatchBookmarks": "true",
        "timeoutSeconds": str(seconds),
    }


def lines(response: Any) -> Iterator[bytes]:
    """The complete lines of a streamed answer (urllib3's), each as soon as its last byte is
    here.
    """
    rest = b""
    for part in response.stream(amt=None, decode_content=False):
        *whole, rest = (rest + part).split(b"\n")
        yield from whole


class Watch:
    """The watches that one thread reads, one at a time, and that any thread can end for good.

    ``ended`` is set then, and may be shared with others that end with it.
    """

    def __init__(self, ended: Event | None = None) -> None:
        self._ended = ended or Event()
        self._lock = Lock()
        self._response: Any = None

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    def pause(self, seconds: float) -> None:
        """Wait so many seconds, or until the end."""
        self._ended.wait(seconds)

    def end(self) -> None:
        """End the read under way, and let no other begin. Does not wait for the reading thread."""
        self._ended.set()
        with self._lock:
            if self._response is not None:
                # Closing would wait for the read; shutting the socket down ends it.
                with suppress(Exception):
                    self._response.shutdown()

    @contextmanager
    def reading(self, response: Any) -> Iterator[Iterator[_Event]]:
        """The events of an answer, which is closed afterwards. They raise `WatchFailed` for an
        error that the API server reports, and what the connection raises.
        """
        with self._lock:
            self._response = response
        try:
            yield self._events(response)
        finally:
            with self._lock:
                self._response = None
            with suppress(Exception):
                response.close()

    def _events(self, response: Any) -> Iterator[_Event]:
        if self.ended:  # `end` came before there was an answer to shut down
            return
        for line in filter(None, lines(response)):
            if self.ended:
                return
            try:
                event = json.loads(line)
            except ValueError as problem:
                raise WatchFailed(0, f"an event is not JSON: {problem}") from None
            verb, obj = event["type"], event["object"]
            if verb == "ERROR":
                raise WatchFailed(int(obj.get("code") or 0), str(obj.get("message")))
            yield verb, obj
