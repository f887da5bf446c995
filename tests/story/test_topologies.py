"""A WDS that goes leaves nothing behind in its ITS."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kubestellar_conformance.spaces import Ref
from kubestellar_conformance.spaces.refs import ORIGIN_WDS_LABEL
from kubestellar_conformance.story.topologies import TopologyBuilder
from tests.support.three_spaces import ThreeSpaces, unique


@pytest.fixture
def builder(three: ThreeSpaces) -> TopologyBuilder:
    platform: Any = SimpleNamespace(system=three.system, remove=three.system.remove)
    made = TopologyBuilder(platform, "x")
    made.added = ["wds1"]
    return made


def work(three: ThreeSpaces, wds: str) -> Ref:
    """As the transport controller makes it."""
    mailbox = three.wec.name
    [_, made] = three.its.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": mailbox}},
        {
            "apiVersion": "work.open-cluster-management.io/v1",
            "kind": "ManifestWork",
            "metadata": {
                "name": f"work-{unique()}",
                "namespace": mailbox,
                "labels": {ORIGIN_WDS_LABEL: wds},
            },
            "spec": {"workload": {"manifests": []}},
        },
    )
    return Ref.of(made)


@pytest.mark.parametrize("at_once", [False, True])
def test_what_nobody_withdraws_is_removed_and_the_wds_goes(
    three: ThreeSpaces, builder: TopologyBuilder, at_once: bool
) -> None:
    three.terms.change("withdrawal", 0.3)
    mine, others = work(three, "wds1"), work(three, "wds2")
    builder.take_away(at_once=at_once)
    assert "wds1" not in three.system
    assert three.its.get(others) is not None
    assert (three.its.get(mine) is None) is not at_once
    three.its.delete(mine, others)


def test_the_markers_of_the_wds_go_first(three: ThreeSpaces, builder: TopologyBuilder) -> None:
    marker = three.waits._markers.of(three.wds, [three.wec])
    marker.send()
    wds = three.wds.client
    path, policy = wds.path(marker.ref), three.wds.get(marker.ref)
    assert policy is not None
    builder.take_away()
    assert three.its.record.existing("wds1", marker.ref.kind) is None
    with pytest.raises(AssertionError, match="404"):
        wds.request("get", path, doing="look")


def test_a_removal_that_fails_keeps_no_other_space(
    builder: TopologyBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = []

    def remove(name: str) -> None:
        removed.append(name)
        if name == "cluster1":
            pytest.fail("Timeout (>600.0s)")

    monkeypatch.setattr(builder._platform, "remove", remove)
    builder.added = ["cluster1", "its1"]
    with pytest.raises(pytest.fail.Exception, match="Timeout"):
        builder.take_away()
    assert removed == ["cluster1", "its1"]


def test_an_interrupt_ends_the_removals(
    builder: TopologyBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = []

    def remove(name: str) -> None:
        removed.append(name)
        raise KeyboardInterrupt

    monkeypatch.setattr(builder._platform, "remove", remove)
    builder.added = ["cluster1", "its1"]
    with pytest.raises(KeyboardInterrupt):
        builder.take_away()
    assert removed == ["cluster1"]


def test_a_space_can_be_the_first_of_its_role(three: ThreeSpaces) -> None:
    second = three.system["wds1"]
    three.system.put_first("cluster1")
    assert three.system.spaces.names == ["cluster1", "its1", "wds1"]
    assert three.system.wds is second
