"""What happened in the spaces, as one process saw it: the feeds, and a timeline of their events.

Waits do not poll. An observer is called for each event, in the feed's thread and under the record's
lock, so it sees every state, also one that lasts a millisecond. A waiting thread sleeps on a
`bell`, which rings for the events that concern it: in a shared space most events are of other
tests.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from kubestellar_conformance.spaces.client import Client
from kubestellar_conformance.spaces.contents import Verb
from kubestellar_conformance.spaces.feed import Feed, WatchedFeed
from kubestellar_conformance.spaces.memory import NEVER, Memory, Paths
from kubestellar_conformance.spaces.refs import Kind, Obj, Ref

TIMELINE_LENGTH = 200_000
ASKED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one object. ``missed``: found by comparing two listings, so it happened earlier
    than ``at``.
    """

    at: float
    """Seconds of the monotonic clock."""
    wall: float
    """Seconds since the epoch."""
    space: str
    verb: Verb
    ref: Ref
    uid: str
    resource_version: str
    generation: int
    missed: bool = False


def wall_time(monotonic: float) -> float:
    """A time of the monotonic clock in seconds since the epoch."""
    return time.time() - (time.monotonic() - monotonic)


Observer = Callable[[Event | None, Feed], None]
"""Called with an event and its feed, or with None when the feed came to life or was cut off."""
Interest = Callable[[Event | None, Feed], bool]
"""Whether a waiting thread has to look again; asked as an `Observer` is called."""


class EventLog:
    """Shared by all the spaces of a process. `close` ends its threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.changed = threading.Condition(self._lock)
        """Guards the record, and is notified of every event. A wait of more than a moment uses a
        `bell`.
        """
        self._bells: dict[threading.Condition, Interest] = {}
        self._feeds: dict[tuple[str, Kind], Feed] = {}
        self._memories: dict[str, Memory] = {}
        self._observers: list[Observer] = []
        self._timeline: deque[Event] = deque(maxlen=TIMELINE_LENGTH)
        self._wakes = 0
        self._closed = False

    def feed(self, client: Client, kind: Kind) -> Feed:
        """The feed of a kind in the client's space, started at its first use."""
        with self.changed:
            feed = self._feeds.get((client.space, kind))
            if feed is None:
                watched = WatchedFeed(self, client, kind)
                feed = self._feeds[client.space, kind] = watched
                if not self._closed:
                    watched.start()
            return feed

    def adopt(self, feed: Feed) -> None:
        """Take in a feed that watches nothing itself: its objects come out of another feed's."""
        with self.changed:
            self._feeds[feed.space, feed.kind] = feed

    def existing(self, space: str, kind: Kind) -> Feed | None:
        with self.changed:
            return self._feeds.get((space, kind))

    def remember(self, space: str) -> None:
        """Keep in memory from now on what the objects of that space hold."""
        with self.changed:
            self._memories.setdefault(space, Memory())

    def seen(self, space: str, kind: Kind, obj: Obj) -> None:
        """Take in a state of an object: an event, an item of a listing, or the answer to a write,
        which comes also where no feed of the kind exists yet.
        """
        with self.changed:
            if (memory := self._memories.get(space)) is not None:
                metadata = obj["metadata"]
                ref = Ref(kind, metadata.get("namespace") or "", metadata["name"])
                memory.take(ref, obj)

    def held(self, space: str, ref: Ref, found: Obj) -> Paths:
        """The paths at which ``found``, an object in another space, may have something that its
        original in ``space`` has ever held.
        """
        with self.changed:
            memory = self._memories.get(space)
            return memory.held(ref, found) if memory is not None else NEVER

    def relist(self) -> list[str]:
        """The changes that the API servers list and their watches have not reported, one line each
        (see `Feed.relist`).
        """
        with self.changed:
            feeds = list(self._feeds.values())
        with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
            return [
                f"{feed.space}: {line}"
                for feed, lines in zip(
                    feeds, pool.map(lambda feed: feed.relist(), feeds), strict=True
                )
                for line in lines
            ]

    def observe(self, observer: Observer) -> None:
        with self.changed:
            self._observers.append(observer)

    def forget(self, observer: Observer) -> None:
        with self.changed:
            self._observers.remove(observer)

    def timeline(self, since: float = 0.0, *, refs: set[Ref] | None = None) -> list[Event]:
        """Events from ``since`` (monotonic clock, seconds) on, in the order seen; of ``refs`` only,
        if given.
        """
        with self.changed:
            return [
                event
                for event in self._timeline
                if event.at >= since and (refs is None or event.ref in refs)
            ]

    @contextmanager
    def bell(self, interest: Interest) -> Iterator[threading.Condition]:
        """A condition, with the lock of `changed`, that is notified of the events in which there is
        ``interest``, after all observers were called, and by `wake`.
        """
        bell = threading.Condition(self._lock)
        with self._lock:
            self._bells[bell] = interest
        try:
            yield bell
        finally:
            with self._lock:
                del self._bells[bell]

    def wait_for(
        self, holds: Callable[[], bool], feeds: Collection[Feed], seconds: float | None = None
    ) -> bool:
        """Sleep until ``holds()``, called with the lock held after each event of these feeds;
        whether it came true within ``seconds``.
        """
        with self.bell(lambda _, feed: feed in feeds) as bell, bell:
            return bell.wait_for(holds, seconds)

    @property
    def wakes(self) -> int:
        """How often `wake` was called; compare two readings to know whether it was."""
        return self._wakes

    def wake(self) -> None:
        """Make every wait look again at once, at what is not an event of a space (a part that
        died).
        """
        with self._lock:
            self._wakes += 1
            for bell in [self.changed, *self._bells]:
                bell.notify_all()

    def close(self) -> None:
        with self.changed:
            self._closed = True
            feeds = list(self._feeds.values())
        for feed in feeds:
            feed.close()
        self.wake()

    def drop(self, space: str, kind: Kind | None = None) -> None:
        """End the watches of a space that goes away, or of a kind that goes there. What was seen
        stays in the timeline.
        """
        with self.changed:
            feeds = [
                self._feeds.pop(key)
                for key in list(self._feeds)
                if key[0] == space and kind in (None, key[1])
            ]
            if kind is None:
                self._memories.pop(space, None)
        for feed in feeds:
            feed.close()
        self.wake()  # a feed of a kind that is not served waits for its CRD

    # Called by the feeds, with the lock held.

    def happened(self, feed: Feed, verb: Verb, obj: Obj, missed: bool) -> None:
        metadata = obj["metadata"]
        event = Event(
            time.monotonic(),
            time.time(),
            feed.space,
            verb,
            Ref(feed.kind, metadata.get("namespace") or "", metadata["name"]),
            metadata.get("uid") or "",
            metadata.get("resourceVersion") or "",
            metadata.get("generation") or 0,
            missed,
        )
        self._timeline.append(event)
        self._tell(event, feed)

    def feed_changed(self, feed: Feed) -> None:
        self._tell(None, feed)

    def _tell(self, event: Event | None, feed: Feed) -> None:
        for observer in list(self._observers):
            observer(event, feed)
        for bell, interest in self._bells.items():
            if interest(event, feed):
                bell.notify_all()
        self.changed.notify_all()
