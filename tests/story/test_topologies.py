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


@pytest.mark.parametrize(
    ("problem", "tried"),
    [
        pytest.param(
            pytest.fail.Exception("Timeout (>600.0s)"), ["cluster1", "its1"], id="failure"
        ),
        pytest.param(KeyboardInterrupt(), ["cluster1"], id="interrupt"),
    ],
)
def test_a_removal_that_fails_keeps_no_other_space_and_an_interrupt_ends_all(
    builder: TopologyBuilder,
    monkeypatch: pytest.MonkeyPatch,
    problem: BaseException,
    tried: list[str],
) -> None:
    removed = []

    def remove(name: str) -> None:
        removed.append(name)
        if name == "cluster1":
            raise problem

    monkeypatch.setattr(builder._platform, "remove", remove)
    builder.added = ["cluster1", "its1"]
    with pytest.raises(type(problem)) as raised:
        builder.take_away()
    assert raised.value is problem
    assert removed == tried


def test_a_space_can_be_the_first_of_its_role(three: ThreeSpaces) -> None:
    second = three.system["wds1"]
    three.system.put_first("cluster1")
    assert three.system.spaces.names == ["cluster1", "its1", "wds1"]
    assert three.system.wds is second
