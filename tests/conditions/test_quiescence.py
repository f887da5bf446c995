"""Quiescence: it holds when nothing was written for a while, and never before."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kubestellar_conformance.conditions import (
    at_rest,
    gone,
    quiescent,
    quiescent_manifest_works,
    unwritten,
    unwritten_manifest_works,
)
from kubestellar_conformance.errors import Deviation, UserError
from kubestellar_conformance.spaces import Obj, Ref, Workload
from kubestellar_conformance.spaces.refs import MANIFEST_WORK
from tests.support.calm import busy
from tests.support.three_spaces import ByHand, ThreeSpaces, config_map


@contextmanager
def writing(three: ThreeSpaces, obj: Obj, times: int) -> Iterator[None]:
    """Somebody writes the object ten times a second."""
    ended = threading.Event()

    def write() -> None:
        for number in range(times):
            three.wds.patch(obj, {"data": {"number": str(number)}})
            if ended.wait(0.1):
                return

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_what_is_written_all_the_time_is_not_quiescent(three: ThreeSpaces) -> None:
    pause = min(8.0, 2 * busy())  # so long may a busy machine keep the writer from its next write
    three.terms.change("quiet", pause)
    three.terms.change("downsync", 2 * pause)
    one = config_map()
    three.wds.apply(one)
    with writing(three, one, 1000), pytest.raises(Deviation) as caught:
        three.wds.eventually(quiescent(one))
    message = str(caught.value)
    assert "expected to be quiescent (nothing written for the contract quiet) within" in message
    assert f"1 objects; the last write is of {Ref.of(one)}, resourceVersion " in message
    assert "more changes" in message


def test_what_is_at_rest_was_not_written_until_its_controller_looks_at_it_no_more(
    three: ThreeSpaces,
) -> None:
    pause = min(8.0, 2 * busy())
    three.terms.change("looked_again", pause)
    three.terms.change("downsync", 60 + 2 * pause)
    one = config_map()
    three.wds.apply(one)
    began = time.monotonic()
    with writing(three, one, 10):
        three.wds.eventually(at_rest(one))
        assert time.monotonic() - began > pause + 0.9
    three.terms.change("downsync", pause / 2)
    expected = r"to be at rest \(nothing written for the contract looked_again\) within"
    with writing(three, one, 1000), pytest.raises(Deviation, match=expected):
        three.wds.eventually(at_rest(one))


def test_quiescence_comes_when_the_writes_have_ended(three: ThreeSpaces) -> None:
    pause = min(8.0, 2 * busy())
    three.terms.change("quiet", pause)
    three.terms.change("downsync", 60 + 2 * pause)
    one, other = config_map(), config_map()
    three.wds.apply(one, other)
    began = time.monotonic()
    with writing(three, one, 10):
        three.wds.eventually(quiescent(one))
        assert time.monotonic() - began > pause + 0.9
    began = time.monotonic()
    with writing(three, other, 1000):
        three.wds.eventually(quiescent(one))
    assert time.monotonic() - began >= pause


def test_a_kind_is_quiescent_while_other_kinds_are_written(three: ThreeSpaces) -> None:
    pause = min(8.0, 2 * busy())
    three.terms.change("quiet", pause)
    three.terms.change("downsync", 2 * pause)
    one = config_map()
    three.wds.apply(one)
    with writing(three, one, 1000):
        three.wds.eventually(quiescent("v1/Secret"))
        with pytest.raises(Deviation, match="all of kind ConfigMap in wds1: expected to be quiesc"):
            three.wds.eventually(quiescent("v1/ConfigMap"))


def test_creation_and_deletion_are_writes(three: ThreeSpaces, nginx: Workload) -> None:
    three.terms.change("downsync", 60)  # a busy machine shows the writes late
    three.wds.apply(nginx)
    condition = quiescent("v1/Namespace", nginx.deployment)
    three.wds.eventually(condition)
    three.wds.delete(nginx.deployment)
    began = time.monotonic()
    three.wds.eventually(condition)
    assert time.monotonic() - began >= 0.3


def test_manifest_works_of_a_policy(three: ThreeSpaces, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand = ByHand(three, nginx.deployment, "deployments")
    hand.wrap()
    three.its.eventually(quiescent_manifest_works(hand.policy))
    [found] = three.its.eventually(quiescent_manifest_works(hand.policy))
    assert Ref.of(found) == Ref(MANIFEST_WORK, three.wec.name, hand.work)


def test_it_is_for_eventually_alone(three: ThreeSpaces) -> None:
    one = config_map()
    with pytest.raises(UserError, match="goes with eventually"):
        three.wds.stays(quiescent(one))
    with pytest.raises(UserError, match="goes with eventually"):
        three.wds.hold(quiescent(one))
    with pytest.raises(UserError, match="at least one object or kind"):
        quiescent()


def test_a_write_while_nothing_may_be_written_is_reported(three: ThreeSpaces) -> None:
    one, other = config_map(), config_map()
    three.wds.apply(one, other)
    with (
        pytest.raises(Deviation, match="expected to be written no more throughout"),
        three.wds.hold(unwritten(one)),
    ):
        three.wds.patch(one, {"data": {"number": "1"}})
    with three.wds.hold(unwritten(one)):
        three.wds.patch(other, {"data": {"number": "1"}})


def test_an_object_that_goes_and_comes_again_was_written(three: ThreeSpaces) -> None:
    one = config_map()

    def replace() -> None:
        three.wds.delete(one)
        three.wds.eventually(gone(one))
        three.wds.apply(one)

    three.wds.apply(one)
    with pytest.raises(Deviation, match="a write since then"), three.wds.hold(unwritten(one)):
        replace()


def test_manifest_works_of_a_policy_are_left_as_they_are(
    three: ThreeSpaces, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    hand = ByHand(three, nginx.deployment, "deployments")
    with three.its.hold(unwritten_manifest_works("another")):
        hand.wrap()
    with pytest.raises(Deviation), three.its.hold(unwritten_manifest_works(hand.policy)):
        hand.wrap()
    with pytest.raises(UserError, match="at least one object or kind"):
        unwritten()
