"""Lists and watches one resource until it is stopped, through every outage of its API server."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Thread

from kubestellar_conformance.errors import HarnessError
from kubestellar_conformance.status_reporter.connection import Connection
from kubestellar_conformance.status_reporter.resource import Json, Resource
from kubestellar_conformance.watching import Watch, watch_query

log = logging.getLogger(__name__)

BACKOFF_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.5)
WATCH_SECONDS = 120
SILENCE_SECONDS = WATCH_SECONDS + 10.0


class Watcher:
    """A thread that calls ``listed`` with all objects at first and after every outage, and ``seen``
    with each change between.

    An outage is anything that breaks the sequence: the server stopped, the resource is not served
    (yet), a watch is too old. An object that was deleted meanwhile is absent from the next list.
    """

    def __init__(
        self,
        connection: Connection,
        resource: Resource,
        side: str,
        *,
        listed: Callable[[list[Json]], None],
        seen: Callable[[str, Json], None],
    ) -> None:
        self._connection = connection
        self._resource = resource
        self._name = f"{resource} of {side}"
        self._listed = listed
        self._seen = seen
        self._watch = Watch()
        self._thread = Thread(target=self._run, name=f"watch {self._name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the watch without waiting for it; no call follows the one in progress."""
        self._watch.end()

    def join(self, seconds: float) -> bool:
        """Wait ``seconds`` for the thread to finish after `stop`; whether it has finished."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        failures = 0
        while not self._watch.ended:
            try:
                version = self._list()
                if failures:
                    log.info("%s listed again", self._name)
                failures = 0
                while not self._watch.ended:
                    version = self._watched(version)
            except HarnessError as problem:
                if self._watch.ended:
                    return
                if not failures:
                    log.info("%s cannot be watched, retrying: %s", self._name, problem)
                self._watch.pause(BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)])
                failures += 1

    def _list(self) -> str:
        answer = self._connection.request("GET", self._resource.path())
        kind = str(answer.get("kind", "")).removesuffix("List")
        items: list[Json] = answer.get("items") or []
        for item in items:  # of a built-in resource, it names neither
            item.setdefault("apiVersion", self._resource.api_version)
            item.setdefault("kind", kind)
        if not self._watch.ended:
            self._listed(items)
        return str(answer["metadata"]["resourceVersion"])

    def _watched(self, version: str) -> str:
        """Watch until the server ends the watch in its time; the version to go on from."""
        path, query = self._resource.path(), watch_query(version, WATCH_SECONDS)
        with (
            self._connection.stream(path, query=query, silence=SILENCE_SECONDS) as response,
            self._watch.reading(response) as events,
        ):
            for verb, thing in events:
                version = thing["metadata"]["resourceVersion"]
                if verb != "BOOKMARK":
                    self._seen(verb, thing)
        return version
