"""The record of events: complete across outages of an API server, and quick."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from kubestellar_conformance.conditions import without
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Event, Feed, Kind, Obj, Ref, Space, System
from kubestellar_conformance.spaces.client import Client
from kubestellar_conformance.spaces.feed import WatchedFeed
from kubestellar_conformance.spaces.memory import NEVER
from kubestellar_conformance.spaces.record import EventLog
from kubestellar_conformance.spaces.refs import CONFIG_MAP, uid
from kubestellar_conformance.waiting import bench
from tests.support.calm import busy, calm_round
from tests.support.embedded import in_thread
from tests.support.servers import ApiServer
from tests.support.three_spaces import ThreeSpaces, config_map

SECONDS = 60.0


def until(system: System, holds: Callable[[], object]) -> None:
    with system.record.changed:
        assert system.record.changed.wait_for(lambda: bool(holds()), SECONDS)


def told(three: ThreeSpaces, ref: Ref) -> list[tuple[str, bool]]:
    return [(event.verb, event.missed) for event in three.system.record.timeline(refs={ref})]


@pytest.fixture
def feed(three: ThreeSpaces) -> Feed:
    found = three.wds.watch(CONFIG_MAP)
    assert found.ready(SECONDS)
    return found


@pytest.fixture
def elsewhere(wds_server: ApiServer) -> Space:
    """The WDS as another process has it: what it writes comes to the record by events alone."""
    return Space("wds1", "wds", wds_server.kubeconfig)


def test_a_wait_looks_again_only_at_what_concerns_it(
    three: ThreeSpaces, feed: Feed, elsewhere: Space
) -> None:
    """Events of other kinds, of other tests say, do not wake it."""
    wanted, asked = config_map(), 0
    assert three.wds.watch(Kind.of("v1/Secret")).ready(SECONDS)

    def holds() -> bool:
        nonlocal asked
        asked += 1
        return feed.get(*Ref.of(wanted).key) is not None

    def work() -> None:
        others = [{**config_map(), "kind": "Secret", "data": {}} for _ in range(5)]
        for other in others:
            elsewhere.apply(other)
        until(three.system, lambda: all(told(three, Ref.of(other)) for other in others))
        elsewhere.apply(wanted)

    thread = in_thread(work)
    assert three.system.record.wait_for(holds, [feed], SECONDS)
    thread.join(SECONDS)
    assert asked <= 2, "at first, and at the event"


def test_events_are_reported_in_order(three: ThreeSpaces, feed: Feed, elsewhere: Space) -> None:
    made = config_map(a="1")
    ref = Ref.of(elsewhere.apply(made)[0])
    elsewhere.patch(ref, {"data": {"a": "2"}})
    elsewhere.delete(ref)
    until(three.system, lambda: len(told(three, ref)) == 3)
    assert told(three, ref) == [("ADDED", False), ("MODIFIED", False), ("DELETED", False)]
    first, second, _ = three.system.record.timeline(refs={ref})
    assert first.uid == second.uid
    assert int(first.resource_version) < int(second.resource_version)
    assert first.at <= second.at
    assert abs(first.wall - time.time()) < SECONDS
    assert feed.get(*ref.key) is None


def test_a_process_reads_what_it_wrote(three: ThreeSpaces, feed: Feed) -> None:
    [made] = three.wds.apply(config_map(a="1"))
    ref = Ref.of(made)
    held = feed.get(*ref.key)
    assert held is not None
    assert uid(held) == uid(made)
    assert "managedFields" not in held["metadata"]
    assert "managedFields" in made["metadata"], "what the caller got is left as it was"
    three.wds.delete(ref)
    assert feed.get(*ref.key) is None
    time.sleep(0.2)  # the events of the watch come now, and must not bring it back or be told twice
    assert feed.get(*ref.key) is None
    assert told(three, ref) == [("ADDED", False), ("DELETED", False)]


def test_what_was_written_during_the_first_listing_is_known(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    [made] = three.wds.apply(config_map(a="1"))
    listing, begun, written = WatchedFeed._listing, threading.Event(), threading.Event()

    def slow(feed: WatchedFeed, timeout: tuple[float, float]) -> tuple[list[Obj], int]:
        listed = listing(feed, timeout)
        begun.set()
        assert written.wait(SECONDS)
        return listed

    three.system.record.drop("wds1", CONFIG_MAP)
    monkeypatch.setattr(WatchedFeed, "_listing", slow)
    feed = three.wds.watch(CONFIG_MAP)
    assert begun.wait(SECONDS)
    monkeypatch.setattr(feed, "_take", lambda _verb, _obj: None)  # no event helps
    three.wds.patch(made, {"data": {"a": "2"}})
    written.set()
    assert feed.ready(SECONDS)
    assert (feed.get(*Ref.of(made).key) or {})["data"] == {"a": "2"}


def test_an_object_without_a_namespace_is_looked_for_where_requests_put_it(
    three: ThreeSpaces, feed: Feed
) -> None:
    made = config_map()
    del made["metadata"]["namespace"]
    three.wds.apply(made)
    until(three.system, lambda: feed.get(*Ref.of(made).key))
    with pytest.raises(Deviation, match="present"):
        three.wds.eventually(without(made), within="downsync")


@pytest.mark.usefixtures("feed")
def test_an_observer_sees_each_state(three: ThreeSpaces, elsewhere: Space) -> None:
    seen: list[str] = []
    made = config_map(n="0")

    def on(event: Event | None, source: Feed) -> None:
        if event is not None and event.ref.name == made["metadata"]["name"]:
            seen.append((source.get(*event.ref.key) or {"data": {"n": "gone"}})["data"]["n"])

    three.system.record.observe(on)
    ref = Ref.of(elsewhere.apply(made)[0])
    for n in range(1, 20):
        elsewhere.patch(ref, {"data": {"n": str(n)}})
    elsewhere.delete(ref)
    until(three.system, lambda: seen and seen[-1] == "gone")
    three.system.record.forget(on)
    assert seen == [*(str(n) for n in range(20)), "gone"]


def test_changes_during_an_outage_are_reported_after_it(
    three: ThreeSpaces, feed: Feed, wds_server: ApiServer
) -> None:
    """The server dies; its data changes by another server; it is back."""
    deleted, again, kept = (Ref.of(three.wds.apply(config_map(a="1"))[0]) for _ in range(3))
    before = uid(feed.get(*again.key) or {})
    twin = wds_server.twin()
    try:
        wds_server.stop()
        until(three.system, lambda: not feed.live)
        assert feed.problem
        assert feed.get(*kept.key) is not None, "what was known last stays known"
        other = Space("wds1", "wds", twin.kubeconfig)
        other.delete(deleted, again)
        other.apply(config_map(again.name, a="2"))
        other.close()
    finally:
        twin.stop()
        wds_server.start()
    began = time.monotonic()
    until(three.system, lambda: feed.live)
    assert time.monotonic() - began < 10 * busy(), "an API server that is back is noticed soon"
    assert feed.get(*deleted.key) is None
    assert uid(feed.get(*again.key) or {}) not in ("", before)
    assert told(three, deleted)[-1] == ("DELETED", True)
    assert told(three, again)[-2:] == [("DELETED", True), ("ADDED", True)]
    assert told(three, kept) == [("ADDED", False)]


def test_an_expired_version_leads_to_a_new_listing(
    three: ThreeSpaces, elsewhere: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """410: the watch wants to start from a version that the API server has forgotten."""
    asked: list[str] = []
    stream = Client.stream

    def from_long_ago(
        self: Client, path: str, query: dict[str, str], timeout: tuple[float, float]
    ) -> object:
        if path.endswith("/secrets"):
            asked.append(query["resourceVersion"])
            if len(asked) == 1:
                query = {**query, "resourceVersion": "1"}
        return stream(self, path, query, timeout)

    compact(three)
    monkeypatch.setattr(Client, "stream", from_long_ago)
    feed = three.wds.watch(Kind("", "v1", "Secret"))
    was_live: list[bool] = []

    def observe(event: Event | None, about: Feed) -> None:
        if about is feed and event is None:
            was_live.append(feed.live)

    three.system.record.observe(observe)
    until(three.system, lambda: len(asked) >= 2)
    assert was_live == [True, False, True], "nobody judges by half of the new listing"
    until(three.system, lambda: feed.live)
    name = "after-410"
    elsewhere.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}})
    until(three.system, lambda: feed.get("default", name))
    elsewhere.delete(Ref(Kind("", "v1", "Secret"), "default", name))


def compact(three: ThreeSpaces) -> None:
    """Make versions as old as 1 unknown: the watch cache holds only what came after its server's
    start.
    """
    three.servers["wds1"].stop()
    three.servers["wds1"].start()


def test_closing_ends_all_threads_soon(three: ThreeSpaces) -> None:
    before = threading.enumerate()  # a platform that this process is attached to has watches too
    for kind in (CONFIG_MAP, Kind("", "v1", "Namespace"), Kind("nothing.test", "v1", "Gadget")):
        assert three.wds.watch(kind).ready(SECONDS)
    threads = [
        thread
        for thread in set(threading.enumerate()) - set(before)
        if thread.name.startswith("watch wds1")
    ]
    assert len(threads) >= 3
    began = time.monotonic()
    three.system.close()
    for thread in threads:
        thread.join(60)
    assert [thread.name for thread in threads if thread.is_alive()] == []
    assert time.monotonic() - began < 5 * busy()  # a watch's own time-out is 65 s


def test_a_waiter_goes_on_within_the_promised_time(wds_server: ApiServer) -> None:
    calm_round(
        lambda: bench.measure(wds_server.kubeconfig, events=20).median, at_most=bench.PROMISED_MS
    )


def test_the_benchmark_says_its_figures(wds_server: ApiServer) -> None:
    said = str(bench.measure(wds_server.kubeconfig, events=5))
    assert said.startswith("event to waiter, 5 events: median ")


def test_a_kind_that_goes_leaves_the_memory_of_its_space() -> None:
    """`has` would no longer see what the WDS has removed, in all later tests of the process."""
    record, made = EventLog(), config_map(a="1")
    record.remember("wds1")
    record.seen("wds1", CONFIG_MAP, made)
    record.drop("wds1", Kind("example.com", "v1", "Widget"))
    record.seen("wds1", CONFIG_MAP, {**made, "data": {"b": "2"}})
    assert record.held("wds1", Ref.of(made), made) >= {"data.a", "data.b"}
    record.drop("wds1")
    assert record.held("wds1", Ref.of(made), made) == NEVER
