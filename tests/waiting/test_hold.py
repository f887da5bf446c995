"""`hold`, on real API servers."""

from __future__ import annotations

import time

import pytest

from kubestellar_conformance.conditions import contains, meets, same_uids, unwritten
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Obj, Space
from kubestellar_conformance.spaces.feed import WatchedFeed
from kubestellar_conformance.spaces.refs import CONFIG_MAP, uid
from tests.support.servers import ApiServer
from tests.support.three_spaces import ThreeSpaces, config_map


def test_hold_passes_across_an_outage_of_others(three: ThreeSpaces, wds_server: ApiServer) -> None:
    made = config_map()
    three.wec.apply(made)
    with three.wec.hold(same_uids(made)):
        wds_server.stop()
        wds_server.start()
        three.wec.patch(made, {"data": {"changed": "meanwhile"}})
    assert three.waits.told()[-1].outcome == "held"


def test_hold_begins_with_what_the_api_server_has_though_the_watch_lags(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, take = config_map(), WatchedFeed._take

    def late(feed: WatchedFeed, verb: str, obj: Obj) -> None:
        if obj["metadata"].get("name") == made["metadata"]["name"]:
            time.sleep(2)
        take(feed, verb, obj)

    assert three.wec.watch(CONFIG_MAP).ready(10)
    monkeypatch.setattr(WatchedFeed, "_take", late)
    Space("cluster1", "wec", three.servers["cluster1"].kubeconfig).apply(made)
    with three.wec.hold(same_uids(made)):
        pass


def test_hold_begins_without_what_has_gone_though_the_watch_lags(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    [made] = three.wec.apply(config_map(a="1"))
    there = contains(made, {"data": {"a": "1"}})
    three.wec.eventually(there)
    unheard(three, monkeypatch)
    Space("cluster1", "wec", three.servers["cluster1"].kubeconfig).delete(made)
    with (
        pytest.raises(Deviation, match=r"throughout; not so at \+0.0 s"),
        three.wec.hold(there),
    ):
        pytest.fail("it begins all the same")


@pytest.mark.parametrize(
    ("named", "change"),
    [(True, "edited"), (True, "deleted"), (False, "created"), (False, "deleted")],
    ids=lambda value: {True: "of a named object", False: "of a kind"}.get(value, value),
)
def test_hold_ends_with_what_the_api_server_has_though_the_watch_lags(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch, named: bool, change: str
) -> None:
    [made] = three.wec.apply(config_map(a="1"))
    unchanged = contains(made, {"data": {"a": "1"}})
    three.wec.eventually(unchanged)
    elsewhere = Space("cluster1", "wec", three.servers["cluster1"].kubeconfig)

    def act() -> None:
        unheard(three, monkeypatch)
        if change == "edited":
            elsewhere.patch(made, {"data": {"a": "2"}})
        elif change == "created":
            elsewhere.apply(config_map())
        else:
            elsewhere.delete(made)

    with (
        pytest.raises(Deviation, match="throughout; no longer so at"),
        three.wec.hold(unchanged if named else unwritten(CONFIG_MAP)),
    ):
        act()


def unheard(three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no event of the WEC's ConfigMaps arrives."""
    monkeypatch.setattr(three.wec.watch(CONFIG_MAP), "_take", lambda _verb, _obj: None)


def test_hold_notices_what_was_different_for_a_moment(three: ThreeSpaces) -> None:
    made = config_map()
    elsewhere = Space("cluster1", "wec", three.servers["cluster1"].kubeconfig)
    elsewhere.apply(made)

    def recreate() -> None:
        elsewhere.delete(made)
        elsewhere.apply(made)
        three.wec.eventually(
            meets(made, "to be new", lambda obj: uid(obj) != before), within="restart"
        )

    before = uid(three.wec.get(made) or {})
    with (
        pytest.raises(
            Deviation, match=r"to be the same object .*, by UID throughout; no longer so at"
        ),
        three.wec.hold(same_uids(made)),
    ):
        recreate()


def test_hold_looks_again_when_the_wec_itself_was_away(
    three: ThreeSpaces, wec_server: ApiServer
) -> None:
    made, kept = config_map(), config_map()
    three.wec.apply(made, kept)
    twin = wec_server.twin()
    other = Space("cluster1", "wec", twin.kubeconfig)

    def away() -> None:
        wec_server.stop()
        other.delete(made)
        other.apply(made)
        twin.stop()
        wec_server.start()

    with (
        pytest.raises(Deviation, match="to be the same object"),
        three.wec.hold(same_uids(made, kept)),
    ):
        away()
    with three.wec.hold(same_uids(made, kept)):
        wec_server.stop()
        wec_server.start()


def test_an_error_inside_a_hold_is_not_masked(three: ThreeSpaces) -> None:
    made = config_map()
    three.wec.apply(made)

    def fail() -> None:
        three.wec.delete(made)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"), three.wec.hold(same_uids(made)):
        fail()
