"""One kind of object in one space, listed and then watched by a thread of its own.

A feed always has the latest state that the API server has reported, and passes it event by event to
its `Record`. API servers come and go during a test: the thread connects again as soon as one is
back, lists anew, and reports the changes in between, including deletions and re-creations (another
UID under the same name).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.spaces.client import SHORT, USUAL, Client, Refused, UnknownKind
from kubestellar_conformance.spaces.contents import Contents
from kubestellar_conformance.spaces.discovery import Timeout, serves
from kubestellar_conformance.spaces.refs import (
    CRD,
    DEFAULT_NAMESPACE,
    Kind,
    Obj,
    resource_version,
    uid,
)
from kubestellar_conformance.watching import EXPIRED, Watch, WatchFailed, watch_query

if TYPE_CHECKING:
    from kubestellar_conformance.spaces.record import EventLog

WATCH_SECONDS = 60
"""How long one watch request lasts, in seconds; the socket gives up a little later than that."""
NOT_LISTED = "not listed yet"
BACK_OFF = (0.05, 0.5)
"""Seconds between attempts to reach an API server that is away: first, and at most."""
GRACE = 5.0
"""Seconds that a watch has to report a change which a list shows; on an idle machine it takes
milliseconds.
"""


class Feed:
    """The latest known objects of one kind in one space. Use it through `Space.watch`.

    All its contents are guarded by the record's lock. A subclass says where they come from.
    """

    def __init__(self, record: EventLog, space: str, kind: Kind) -> None:
        self.space = space
        self.kind = kind
        self.live = False
        """Whether the contents follow the API server at present. A paused server cannot be
        distinguished from a quiet one.
        """
        self.synced = False
        """Whether the objects were listed at least once."""
        self.problem: str | None = NOT_LISTED
        self.plural = f"{kind.name.lower()}s"
        """The resource name, as Bindings list it; a guess until the objects were listed."""
        self._contents = Contents(
            kind,
            lambda verb, obj, missed: record.happened(self, verb, obj, missed),
            lambda obj: record.seen(self.space, kind, obj),
        )
        self._record = record
        self._closed = threading.Event()

    def get(self, namespace: str, name: str) -> Obj | None:
        """The latest known state of an object, not to be changed by the caller. Without a
        namespace also one in ``default``, where requests without one go.
        """
        with self._record.changed:
            found = self._contents.get((namespace, name))
            return found if found or namespace else self._contents.get((DEFAULT_NAMESPACE, name))

    def objects(
        self, namespace: str | None = None, where: Callable[[Obj], bool] | None = None
    ) -> list[Obj]:
        with self._record.changed:
            return [
                obj
                for (ns, _), obj in self._contents.items()
                if (namespace is None or ns == namespace) and (where is None or where(obj))
            ]

    def ready(self, seconds: float) -> bool:
        """Wait until the objects were listed; whether they were, within ``seconds``."""
        with self._record.changed:
            return (
                self._record.changed.wait_for(lambda: self.synced or self._closed.is_set(), seconds)
                and self.synced
            )

    def note(self, obj: Obj) -> None:
        """Take in what the API server answered to a request, so that a reader sees what its own
        process wrote or read. A first listing under way may be older.
        """
        with self._record.changed:
            self._contents.store(obj)

    def note_deleted(self, namespace: str, name: str, gone_uid: str) -> None:
        """Take in that the API server has said that this very object is gone."""
        with self._record.changed:
            held = self.get(namespace, name)
            if held is not None and uid(held) == gone_uid:
                self._contents.remove(held)

    def refresh(self, namespace: str | None = None) -> None:
        """Take in what the source lists now, in one namespace or in all. The contents stay as they
        are where that cannot be read.
        """

    def relist(self) -> list[str]:
        """Compare with the source once more, and return the differences from what the feed was
        given, one line each.
        """
        return []

    def close(self) -> None:
        self._closed.set()


class WatchedFeed(Feed):
    """The objects as the space's API server lists them, and tells them in a watch."""

    def __init__(self, record: EventLog, client: Client, kind: Kind) -> None:
        super().__init__(record, client.space, kind)
        self._client = client
        self._reading = Watch(self._closed)
        self._thread = threading.Thread(
            target=self._run, name=f"watch {self.space} {kind.name}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def relist(self) -> list[str]:
        """List once more, and return the changes that an API server has withheld from its watches,
        one line each.

        The list is the state from then on. An API server that does not answer, or not now, adds no
        line.
        """
        if not self.live:
            return []
        try:
            items, version = self._listing(SHORT)
        except (Broken, Refused):
            return []
        with self._record.changed:
            self._record.changed.wait_for(
                lambda: not self.live or not self._contents.unreported(items, version), GRACE
            )
            if not self.live:
                return []
            found = self._contents.unreported(items, version)
            self._contents.accept(items, version, missed=True)
        return found

    def refresh(self, namespace: str | None = None) -> None:
        with suppress(Broken, Refused):
            items, version = self._listing(USUAL, namespace)
            with self._record.changed:
                self._contents.accept(items, version, missed=False, namespace=namespace)

    def close(self) -> None:
        super().close()
        self._reading.end()

    # The thread.

    def _run(self) -> None:
        pause = BACK_OFF[0]
        while not self._closed.is_set():
            try:
                version = self._list()
                pause = BACK_OFF[0]
                while not self._closed.is_set():
                    version = self._watch(version)
            except UnknownKind as problem:
                self._absent_kind(str(problem))
            # Whatever the socket or the TLS layer says when a server dies.
            except Exception as problem:
                if _too_old(problem):
                    self._away("its watch has expired")  # nobody judges by half of a new listing
                    continue
                self._client.forget(self.kind)  # its CRD may have gone
                known = isinstance(problem, Broken | Refused)
                self._away(str(problem) if known else f"{type(problem).__name__}: {problem}")
                self._closed.wait(pause * random.uniform(0.8, 1.0))
                pause = min(pause * 2, BACK_OFF[1])

    def _list(self) -> str:
        items, version = self._listing((2.0, 10.0))
        with self._record.changed:
            self._contents.accept(items, version, missed=self.synced)
            # Only now, so that nobody judges by half a listing.
            self.live, self.synced, self.problem = True, True, None
            self._record.feed_changed(self)
        return str(version)

    def _listing(self, timeout: Timeout, namespace: str | None = None) -> tuple[list[Obj], int]:
        served = self._client.served(self.kind, timeout)
        self.plural = served.plural
        answer = self._client.request(
            "get", served.path(namespace), doing=f"list of {self.kind.name}", timeout=timeout
        )
        return answer.get("items") or [], resource_version(answer)

    def _watch(self, version: str) -> str:
        path = self._client.served(self.kind).path()
        query = watch_query(version, WATCH_SECONDS)
        response = self._client.stream(path, query, timeout=(2.0, WATCH_SECONDS + 5.0))
        with self._reading.reading(response) as events:
            for verb, obj in events:
                self._take(verb, obj)
                version = str(obj["metadata"]["resourceVersion"])
        return version

    def _take(self, verb: str, obj: Obj) -> None:
        if verb != "BOOKMARK":
            with self._record.changed:
                if verb == "DELETED":
                    self._contents.remove(obj)
                else:
                    self._contents.store(obj)

    def _absent_kind(self, why: str) -> None:
        """No such kind here, so none of its objects either; a CRD's event tells when to look
        again.
        """
        self._client.forget(self.kind)
        crds = self._record.feed(self._client, CRD)
        with self._record.changed:
            self._contents.clear()
            self.live, self.synced, self.problem = crds.synced, crds.synced, why
            self._record.feed_changed(self)
        if crds is self or not self.kind.group:
            self._closed.wait(BACK_OFF[1])
            return
        self._record.wait_for(
            lambda: (
                self._closed.is_set()
                or (crds.synced and not self.synced)
                or any(serves(crd, self.kind) for crd in crds.objects())
            ),
            (crds, self),
        )
        # Established is said a moment before the group is served: the next attempt may still not
        # find it.
        self._closed.wait(BACK_OFF[0])

    def _away(self, why: str) -> None:
        with self._record.changed:
            self.live, self.problem = False, why
            self._record.feed_changed(self)


def _too_old(problem: Exception) -> bool:
    """Whether the API server no longer has the version that a watch wants to start from."""
    code = problem.code if isinstance(problem, WatchFailed) else getattr(problem, "status", 0)
    return bool(code == EXPIRED)
