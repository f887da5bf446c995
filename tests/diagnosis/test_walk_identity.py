"""The walk of an object that was replaced in a WEC: the first hop that was replaced is to blame."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.conditions import gone, has, same_uids
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Workload, binding
from kubestellar_conformance.spaces.refs import BINDING, MANIFEST_WORK, Ref
from tests.support.three_spaces import ByHand, ThreeSpaces
from tests.support.walks import AGENT, MANAGER, TRANSPORT, all_the_way, job, stop


@pytest.fixture(autouse=True)
def _followed(three: ThreeSpaces) -> None:
    """The feeds that a run has open."""
    assert three.wds.watch(BINDING).ready(10)
    assert three.its.watch(MANIFEST_WORK).ready(10)


def in_the_wec(hand: ByHand) -> None:
    hand.three.wec.delete(hand.ref)
    hand.three.wec.eventually(gone(hand.ref), within="withdrawal")
    hand.deliver()
    hand.three.wec.eventually(has(hand.ref), within="restart")


def in_the_mailbox(hand: ByHand) -> None:
    work = Ref(MANIFEST_WORK, "cluster1", hand.work)
    hand.three.its.delete(work)
    hand.three.its.eventually(gone(work), within="withdrawal")
    hand.wrap()


def in_the_binding(hand: ByHand) -> None:
    hand.three.wds.delete(binding(hand.policy))
    hand.three.wds.eventually(gone(binding(hand.policy)), within="withdrawal")
    hand.bind("cluster1")


@pytest.mark.parametrize(
    ("replaced", "where", "whose"),
    [
        ([in_the_wec], "WEC object cluster1 uid", AGENT),
        ([in_the_mailbox, in_the_wec], "ManifestWork its1 cluster1/", TRANSPORT),
        ([in_the_binding, in_the_mailbox, in_the_wec], "Binding wds1 ", MANAGER),
    ],
    ids=["the object alone", "the ManifestWork", "the Binding"],
)
def test_the_first_hop_that_was_replaced_is_named(
    three: ThreeSpaces,
    hand: ByHand,
    nginx: Workload,
    replaced: list[Callable[[ByHand], None]],
    where: str,
    whose: str,
) -> None:
    all_the_way(hand, nginx)
    three.wec.eventually(has(hand.ref), within="restart")

    def replace() -> None:
        with three.wec.hold(same_uids(hand.ref)):
            for one in replaced:
                one(hand)

    with pytest.raises(Deviation) as caught:
        replace()
    message = str(caught.value)
    assert stop(message).startswith(f"STOP {where}"), message
    assert job(message) == whose


def test_what_the_test_has_replaced_itself_is_nobody_s_fault(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    three.wec.eventually(has(hand.ref), within="restart")

    def replace() -> None:
        with three.wec.hold(same_uids(hand.ref)):
            three.wds.delete(nginx.deployment)
            three.wds.eventually(gone(nginx.deployment), within="withdrawal")
            three.wds.apply(nginx)
            in_the_wec(hand)

    with pytest.raises(Deviation) as caught:
        replace()
    assert "was deleted, and created again" in stop(str(caught.value))
    assert job(str(caught.value)).startswith("no component; the test itself")
