"""How long objects take between spaces, by the record's timeline."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces import EventLog, Feed, Obj, Ref, Space
from kubestellar_conformance.spaces.client import Client
from kubestellar_conformance.spaces.refs import CONFIG_MAP, MANIFEST_WORK
from kubestellar_conformance.story import journeys, journeys_to_works, spread


def config_map(name: str, version: int) -> Obj:
    metadata = {"name": name, "namespace": "default", "uid": name, "resourceVersion": str(version)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


@pytest.fixture
def record() -> EventLog:
    return EventLog()


@pytest.fixture
def spaces(record: EventLog) -> tuple[Space, Space]:
    wds = Space("wds1", "wds", Path("none"), client=cast("Client", object()))
    wec = Space("wec1", "wec", Path("none"), client=cast("Client", object()))
    for space in (wds, wec):
        space.join(record, None)
        feed = Feed(record, space.name, CONFIG_MAP)
        feed.synced = True
        record.adopt(feed)
    return wds, wec


def show(space: Space, obj: Obj) -> None:
    feed = space.record.existing(space.name, CONFIG_MAP)
    assert feed is not None
    feed.note(obj)


def test_a_journey_is_from_first_event_to_first_event(spaces: tuple[Space, Space]) -> None:
    wds, wec = spaces
    show(wds, config_map("slow", 1))
    time.sleep(0.05)
    for space in (wds, wec):
        show(space, config_map("quick", 2))
    show(wec, config_map("slow", 3))
    show(wec, config_map("quick", 4))
    slow, quick = (Ref(CONFIG_MAP, "default", name) for name in ("slow", "quick"))
    taken = journeys(wds, wec, [slow, quick])
    assert taken[0] >= 0.05 > taken[1] >= 0
    assert journeys(wds, wec, [quick, slow]) == taken[::-1]


def test_an_object_that_has_not_arrived_has_no_journey(spaces: tuple[Space, Space]) -> None:
    wds, wec = spaces
    show(wds, config_map("lost", 1))
    with pytest.raises(UserError, match="wec1 has shown no event of ConfigMap default/lost"):
        journeys(wds, wec, [Ref(CONFIG_MAP, "default", "lost")])


def test_a_spread_is_median_and_95th_percentile() -> None:
    assert spread([number / 100 for number in range(101)]) == {
        "median": 0.5,
        "95th percentile": 0.95,
    }


def test_a_journey_to_a_manifest_work_is_that_of_its_only_object(
    spaces: tuple[Space, Space],
) -> None:
    wds, wec = spaces
    client = cast("Client", SimpleNamespace(space="its1"))
    its = Space("its1", "its", Path("none"), client=client)
    its.join(wds.record, None)
    feed = Feed(its.record, its.name, MANIFEST_WORK)
    feed.synced = True
    its.record.adopt(feed)
    one, two = (config_map(name, 1) for name in ("one", "two"))
    for obj in (one, two):
        show(wds, obj)
    time.sleep(0.05)
    for mailbox, name, carried in (
        ("wec1", "a", [one]),
        ("wec2", "b", [two]),
        ("wec1", "c", [two, one]),
    ):
        metadata = {"name": name, "namespace": mailbox, "uid": name, "resourceVersion": "2"}
        work = {"apiVersion": MANIFEST_WORK.api_version, "kind": MANIFEST_WORK.name}
        feed.note({**work, "metadata": metadata, "spec": {"workload": {"manifests": carried}}})
    assert journeys_to_works(wds, its, wec, [Ref.of(one)])[0] >= 0.05
    with pytest.raises(
        UserError, match="the mailbox of wec1 has no ManifestWork of ConfigMap defa"
    ):
        journeys_to_works(wds, its, wec, [Ref.of(two)])
