"""The walk of ManifestWorks that have to stay as they are: who made one again, or wrote it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.conditions import (
    bundled,
    gone,
    manifest_works,
    unwritten_manifest_works,
)
from kubestellar_conformance.conditions.base import Condition
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Obj, Workload, binding
from kubestellar_conformance.spaces.refs import BINDING, MANIFEST_WORK
from tests.support.three_spaces import ByHand, ThreeSpaces
from tests.support.walks import MANAGER, TRANSPORT, all_the_way, failed, job, seen, stop


@pytest.fixture(autouse=True)
def _followed(three: ThreeSpaces, hand: ByHand) -> None:
    """The feeds that a run has open."""
    assert three.wds.watch(hand.ref.kind).ready(10)
    assert three.wds.watch(BINDING).ready(10)
    assert three.its.watch(MANIFEST_WORK).ready(10)


def held(hand: ByHand, condition: Condition, *changes: Callable[[ByHand], None]) -> str:
    """The message of a condition on ManifestWorks that these changes contradict."""

    def hold() -> None:
        with hand.three.its.hold(condition):
            for change in changes:
                change(hand)

    with pytest.raises(Deviation) as caught:
        hold()
    return str(caught.value)


def as_it_is(hand: ByHand) -> Condition:
    work = hand.three.its.get(hand.work_ref)
    assert work is not None
    before = work["metadata"]

    def same(now: Obj) -> bool:
        return all(now["metadata"][key] == before[key] for key in ("uid", "generation"))

    wecs = [hand.three.wec]
    return manifest_works(hand.policy, wecs, "stay as it is", same, carrying=[hand.ref])


def made_again(hand: ByHand) -> None:
    work = hand.work_ref
    hand.three.its.delete(work)
    hand.three.its.eventually(gone(work), within="withdrawal")
    hand.wrap()
    seen(hand.three.its, work)


def rewritten(hand: ByHand) -> None:
    hand.wrap(create_only=True)
    seen(hand.three.its, hand.work_ref)


def bound_again(hand: ByHand) -> None:
    hand.three.wds.delete(binding(hand.policy))
    hand.three.wds.eventually(gone(binding(hand.policy)), within="withdrawal")
    hand.bind("cluster1")
    seen(hand.three.wds, binding(hand.policy))


def bound_otherwise(hand: ByHand) -> None:
    hand.bind("cluster1", createOnly=True)
    seen(hand.three.wds, binding(hand.policy))


def scaled(hand: ByHand) -> None:
    hand.three.wds.patch(hand.ref, {"spec": {"replicas": 3}})
    seen(hand.three.wds, hand.ref)


@pytest.mark.parametrize(
    ("changes", "where", "whose"),
    [
        ([made_again], "ManifestWork its1 cluster1/{work} was created again", TRANSPORT),
        ([rewritten], "ManifestWork its1 cluster1/{work} was written again", TRANSPORT),
        (
            [scaled, bound_otherwise, rewritten],
            "ManifestWork its1 cluster1/{work} was written again",
            TRANSPORT,
        ),
        (
            [bound_otherwise, rewritten],
            "Binding wds1 {policy} was written again, and nothing that it comes from was",
            MANAGER,
        ),
        (
            [bound_again, made_again],
            "Binding wds1 {policy} was deleted, and created again",
            MANAGER,
        ),
    ],
    ids=[
        "made again",
        "rewritten",
        "after a change of the object",
        "after a change of the Binding alone",
        "after its Binding was made again",
    ],
)
def test_who_changed_a_manifest_work_that_has_to_stay(
    hand: ByHand,
    nginx: Workload,
    changes: list[Callable[[ByHand], None]],
    where: str,
    whose: str,
) -> None:
    all_the_way(hand, nginx)
    seen(hand.three.wds, binding(hand.policy))
    seen(hand.three.its, hand.work_ref)
    message = held(hand, as_it_is(hand), *changes)
    assert stop(message).startswith(f"STOP {where.format(work=hand.work, policy=hand.policy)}")
    assert job(message) == whose


def test_a_manifest_work_that_was_away(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    """It was made again under another name, as when names are given otherwise."""
    all_the_way(hand, nginx)
    seen(three.its, hand.work_ref)
    carried = manifest_works(hand.policy, [three.wec], "carry it", bool, carrying=[hand.ref])

    def under_another_name(hand: ByHand) -> None:
        work = hand.work_ref
        three.its.delete(work)
        three.its.eventually(gone(work), within="withdrawal")
        hand.work = f"{hand.work}-x"

    message = held(hand, carried, under_another_name)
    assert stop(message).startswith("STOP ManifestWork its1 none in namespace cluster1 carries it")
    assert job(message) == TRANSPORT


def test_a_manifest_work_that_nobody_writes(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    seen(three.its, hand.work_ref)
    otherwise = manifest_works(hand.policy, [three.wec], "be otherwise", lambda _: False)
    message = failed(three, otherwise, "its1")
    assert stop(message).startswith(f"STOP ManifestWork its1 cluster1/{hand.work} is not as expect")
    assert job(message) == TRANSPORT


def test_works_that_are_to_be_written_no_more(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    """A write of the status alone is another part's, which the path does not know."""
    all_the_way(hand, nginx)
    seen(three.its, hand.work_ref)
    message = held(hand, unwritten_manifest_works(hand.policy), rewritten)
    assert job(message) == TRANSPORT
    work = hand.work_ref

    def reported(_: ByHand) -> None:
        three.its.update_status(work, {"conditions": [], "resourceStatus": {"manifests": []}})
        seen(three.its, work)

    message = held(hand, unwritten_manifest_works(hand.policy), reported)
    assert "expected to be written no more" in message
    assert "responsible" not in message


def test_objects_that_are_bundled_otherwise(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    """Whether too many or too few are carried is not for the bundles to say."""
    all_the_way(hand, nginx)
    for number in (1, 2):
        hand.work = f"{hand.work}-{number}"
        hand.wrap()
        seen(three.its, hand.work_ref)
    message = failed(three, bundled(hand.policy, [three.wec], objects=3, at_most=2), "its1")
    assert job(message) == TRANSPORT
    message = failed(three, bundled(hand.policy, [three.wec], objects=4, at_most=2), "its1")
    assert "responsible" not in message
