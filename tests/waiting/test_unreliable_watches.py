"""An API server that keeps events from its watches makes a wait broken, not a deviation."""

from __future__ import annotations

import pytest

from kubestellar_conformance.conditions import (
    gone,
    has,
)
from kubestellar_conformance.errors import Broken
from kubestellar_conformance.spaces import Obj, Space
from kubestellar_conformance.spaces.feed import WatchedFeed
from kubestellar_conformance.spaces.refs import CONFIG_MAP
from tests.support.three_spaces import ThreeSpaces, config_map


def test_an_api_server_that_keeps_an_event_from_a_watch_is_not_a_deviation(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The object was listed a moment too early, and its event came too late for the watch."""
    made = config_map(a="1")
    feed, name = three.wds.watch(CONFIG_MAP), made["metadata"]["name"]
    assert feed.ready(15)
    assert isinstance(feed, WatchedFeed)
    take = feed._take

    def without_it(verb: str, obj: Obj) -> None:
        if obj["metadata"].get("name") != name:
            take(verb, obj)

    monkeypatch.setattr(feed, "_take", without_it)
    Space("wds1", "wds", three.servers["wds1"].kubeconfig).apply(made)
    three.wec.apply(made)
    with pytest.raises(Broken) as caught:
        three.wec.eventually(has(made), within="downsync")
    first, *others = str(caught.value).splitlines()
    assert "keeps events from its watches" in first
    assert f"ConfigMap default/{name}" in first
    assert any(
        f"wds1: ConfigMap default/{name} is listed at" in line and "never reported" in line
        for line in others
    )
    assert three.waits.told()[-1].outcome == "broken"
    three.wec.eventually(has(made), within="downsync")  # what was listed is known from then on
    three.wds.delete(made)


def test_a_deletion_that_is_kept_from_a_watch_is_noticed(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    [made] = three.wds.apply(config_map(a="1"))
    feed, name = three.wds.watch(CONFIG_MAP), made["metadata"]["name"]
    assert feed.ready(15)
    three.wds.eventually(made, within="downsync")
    monkeypatch.setattr(feed, "_take", lambda _verb, _obj: None)
    Space("wds1", "wds", three.servers["wds1"].kubeconfig).delete(made)
    with pytest.raises(
        Broken, match=f"wds1: ConfigMap default/{name} is gone, and its deletion was not reported"
    ):
        three.wds.eventually(gone(made), within="downsync")
