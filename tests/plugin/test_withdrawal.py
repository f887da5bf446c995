"""Before the clean-up KubeStellar is given time to follow; a failed test's ManifestWorks go."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from kubestellar_conformance.errors import LeftBehind
from kubestellar_conformance.plugin.undo import Touched
from kubestellar_conformance.plugin.withdrawal import (
    remove_left_works,
    until_followed,
    until_withdrawn,
)
from kubestellar_conformance.plugin.writes import Writes, noting
from kubestellar_conformance.spaces import Kind, Obj, Ref, Space, System, UnknownKind
from kubestellar_conformance.spaces.refs import (
    BINDING,
    BINDING_POLICY,
    MANIFEST_WORK,
    ORIGIN_WDS_LABEL,
)
from kubestellar_conformance.waiting import contracts
from tests.support.calm import busy
from tests.support.servers import NAMED
from tests.support.three_spaces import ByHand, ThreeSpaces, config_map, unique


def policy(name: str, **spec: Any) -> Obj:
    return {
        "apiVersion": BINDING_POLICY.api_version,
        "kind": BINDING_POLICY.name,
        "metadata": {"name": name},
        "spec": spec,
    }


def written(three: ThreeSpaces, *objects: Obj) -> list[Touched]:
    """The journal of a test that applies these, one after the other."""
    writes = Writes(lambda _: None)
    with noting(three.system, writes):
        for obj in objects:
            three.wds.apply(obj)
    return writes.touched()


def observe(three: ThreeSpaces, ref: Ref) -> None:
    """As KubeStellar does: the present generation is observed."""
    live = three.wds.get(ref)
    assert live is not None
    seen = {"status": {"observedGeneration": live["metadata"]["generation"]}}
    three.wds.patch(ref, seen, subresource="status", force=True)


def seconds_of(touched: list[Touched]) -> float:
    began = time.monotonic()
    until_followed(touched)
    return time.monotonic() - began


@pytest.mark.parametrize("late", ["policy", "binding"])
def test_a_changed_policy_is_followed_first(three: ThreeSpaces, late: str) -> None:
    thing = config_map()
    three.wds.apply(thing)
    hand = ByHand(three, Ref.of(thing), "configmaps")
    hand.bind()
    names = {
        "policy": Ref(BINDING_POLICY, "", hand.policy),
        "binding": Ref(BINDING, "", hand.policy),
    }
    touched = written(three, policy(hand.policy), policy(hand.policy, clusterSelectors=[{}]))
    [early] = set(names) - {late}
    observe(three, names[early])
    timer, began = threading.Timer(0.6, observe, (three, names[late])), time.monotonic()
    timer.start()
    until_followed(touched)
    assert 0.5 < time.monotonic() - began < contracts.seconds("binding")
    timer.join()


def test_a_policy_that_was_not_changed_is_not_waited_for(three: ThreeSpaces) -> None:
    took = seconds_of(written(three, policy(f"policy-{unique()}")))
    assert took < contracts.seconds("binding") / 2


def test_nobody_waits_for_ever(three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts, "_factor", 0.05)
    name = f"policy-{unique()}"
    touched = written(three, policy(name), policy(name, clusterSelectors=[{}]))
    assert 0.4 < seconds_of(touched) < 5 * busy()


@pytest.mark.parametrize("labels", [{}, {"example.com/run": "one"}], ids=["own", "existing"])
def test_the_works_that_a_failed_test_has_left_are_deleted(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch, labels: dict[str, str]
) -> None:
    """Also where every other object that lacks the run's label is left alone."""
    monkeypatch.setattr(contracts, "_factor", 0.05)
    thing = config_map()
    three.wds.apply(thing)
    left, bound, foreign = (ByHand(three, Ref.of(thing), "configmaps") for _ in range(3))
    for hand in (left, bound, foreign):
        hand.wrap()
    bound.bind()
    elsewhere = ByHand(three, Ref.of(thing), "configmaps")
    elsewhere.policy = left.policy
    elsewhere.wrap()
    of_another = {"metadata": {"labels": {ORIGIN_WDS_LABEL: "wds9"}}}
    three.its.patch(elsewhere.work_ref, of_another)
    touched = written(three, policy(left.policy), policy(bound.policy))
    spaces = [
        Space(name, NAMED[name][0], server.kubeconfig, name)
        for name, server in three.servers.items()
    ]
    system = System(spaces, labels=labels)
    assert system.wds.watch(BINDING).ready(60)  # else its first list may come after the contract
    remove_left_works(system, touched)
    system.close()
    works = {work["metadata"]["name"] for work in three.its.list(MANIFEST_WORK)}
    others = {bound.work, foreign.work, elsewhere.work}
    assert works & {left.work, *others} == others


def test_an_object_is_looked_for_in_each_wec_that_serves_its_kind(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contracts, "_factor", 0.05)
    thing, name = config_map(), f"policy-{unique()}"
    touched = written(three, thing, policy(name))
    assert all(one.made for one in touched)
    three.wds.delete(*(one.ref for one in touched))
    three.wec.apply(thing)
    other = Space("cluster2", "wec", three.servers["cluster1"].kubeconfig, "cluster1")

    def lacks(kind: Kind, *_: object) -> None:
        raise UnknownKind("cluster2", kind)

    monkeypatch.setattr(other.client, "served", lacks)
    three.system.add(other)
    with pytest.raises(LeftBehind, match=thing["metadata"]["name"]):
        until_withdrawn(three.system, touched)
