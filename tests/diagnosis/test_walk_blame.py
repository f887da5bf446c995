"""Whom the walk holds responsible, and what it quotes of that part."""

from __future__ import annotations

import datetime
import re
import time

import pytest

from kubestellar_conformance.conditions import (
    bound_to,
    create_only,
    errors,
    gone,
    has,
    modulated,
    no_errors,
    selects,
)
from kubestellar_conformance.diagnosis.responsible import lines_on
from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.spaces import (
    Workload,
    binding,
    binding_policy,
    binding_policy_ref,
)
from kubestellar_conformance.spaces.refs import (
    MANIFEST_WORK,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
    Ref,
)
from tests.support.calm import busy
from tests.support.servers import ApiServer
from tests.support.three_spaces import ByHand, ThreeSpaces, config_map
from tests.support.walks import (
    MANAGER,
    TRANSPORT,
    a_cluster,
    all_the_way,
    failed,
    job,
    policy_of,
    stop,
)


def test_a_paused_api_server_is_the_hop_and_does_not_hang_the_walk(
    three: ThreeSpaces, hand: ByHand, nginx: Workload, its_server: ApiServer
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    three.parts.states["its1/kube-apiserver"] = "paused"
    its_server.pause()
    began = time.monotonic()
    try:
        with pytest.raises(Broken) as caught:
            three.wec.eventually(has(hand.ref))
    finally:
        its_server.resume()
    assert time.monotonic() - began < 5 * busy()
    message = str(caught.value)
    assert stop(message).startswith(
        "STOP manifest work its1 cannot be seen: API server of its1: no answer in time"
    )
    assert job(message) == "its1/kube-apiserver (paused)"


def test_a_part_that_cannot_reach_its_api_server_is_not_blamed(
    three: ThreeSpaces, hand: ByHand, nginx: Workload, its_server: ApiServer
) -> None:
    """No Binding without the ITS, which has the inventory; but a WEC that is away has nothing to do
    with it.
    """
    three.wds.apply(
        nginx, binding_policy(hand.policy, clusters={"name": "cluster1"}, objects=nginx)
    )
    its_server.pause()
    try:
        with pytest.raises(Broken) as caught:
            three.wec.eventually(has(hand.ref))
    finally:
        its_server.resume()
    assert stop(str(caught.value)).startswith("STOP Binding wds1 none lists it, although it is ")
    assert stop(str(caught.value)).endswith(
        "; API server of its1: no answer in time (it may be paused)"
    )
    assert job(str(caught.value)) == "its1/kube-apiserver (running)"
    three.servers["cluster1"].pause()
    try:
        message = failed(three, has(hand.ref))
    finally:
        three.servers["cluster1"].resume()
    assert job(message) == MANAGER


def test_parts_that_cannot_be_looked_at(three: ThreeSpaces, hand: ByHand) -> None:
    def unknown(name: str) -> object:
        raise KeyError(name)

    three.parts.component = unknown  # type: ignore[assignment, method-assign]
    message = failed(three, has(hand.ref))
    assert "STOP" in message
    hand.three.wds.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": hand.ref.namespace}}
    )
    message = failed(three, has(Ref(hand.ref.kind, "", "x")))
    assert "is absent" in message


def test_a_policy_that_does_not_select_the_object_is_the_test_s_own(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx, policy_of(hand, nginx, objects={"tier": "none"}))
    message = failed(three, has(hand.ref))
    assert stop(message).startswith(
        "STOP Binding wds1 none lists it, as no BindingPolicy selects it; "
    )
    label = nginx.objects[1]["metadata"]["labels"]["app.kubernetes.io/name"]
    assert (
        f"{hand.policy}: its objectSelectors (tier=none) do not match the object's labels "
        f"(app.kubernetes.io/name={label})"
    ) in message
    assert job(message) == "no component; the BindingPolicy does not ask for it"


def test_a_policy_for_other_clusters_is_the_test_s_own(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    a_cluster(three, zone="a")
    three.wds.apply(nginx, policy_of(hand, nginx, clusters={"name": "cluster2"}))
    hand.bind("cluster2")
    message = failed(three, has(hand.ref))
    assert stop(message) == (
        f"STOP Binding wds1 {hand.policy} lists it for cluster2; its clusterSelectors "
        "(name=cluster2) do not match cluster1 (name=cluster1, zone=a)"
    )
    assert job(message) == "no component; the BindingPolicy does not ask for it"
    three.wds.apply(policy_of(hand, nginx))
    message = failed(three, has(hand.ref))
    assert stop(message).endswith(
        "not for cluster1, although its BindingPolicy's clusterSelectors match it"
    )
    assert job(message) == MANAGER
    three.wds.delete(binding_policy_ref(hand.policy))


def test_a_manifest_work_that_is_labelled_for_another_wds(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    hand.wrap()
    work = Ref(MANIFEST_WORK, "cluster1", hand.work)
    three.its.patch(work, {"metadata": {"labels": {ORIGIN_WDS_LABEL: "wds9"}}})
    message = failed(three, has(hand.ref))
    assert stop(message) == (
        "STOP ManifestWork its1 none that is labelled for WDS wds1 carries it; "
        f"cluster1/{hand.work} does, labelled for WDS wds9"
    )
    assert job(message) == TRANSPORT
    three.its.patch(work, {"metadata": {"labels": {ORIGIN_WDS_LABEL: None}}})
    assert stop(failed(three, has(hand.ref))).endswith(f"does, without {ORIGIN_WDS_LABEL}")
    hand.deliver()
    three.wds.delete(binding(hand.policy), nginx.deployment)
    message = failed(three, gone(hand.ref))
    assert stop(message).endswith("still carries it, labelled for none")
    assert job(message) == TRANSPORT


def test_a_manifest_work_of_another_binding_is_noted(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1", createOnly=True)
    hand.wrap()
    work = Ref(MANIFEST_WORK, "cluster1", hand.work)
    three.its.patch(work, {"metadata": {"labels": {ORIGIN_BINDING_LABEL: "another"}}})
    message = failed(three, has(hand.ref))
    assert "it is labelled for Binding another, which does not list it" in message
    assert "its update strategy is not CreateOnly, though a Binding asks for that" in message


def test_a_manifest_work_without_the_update_strategy_that_its_binding_asks_for(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1", createOnly=True)
    hand.wrap()
    so = create_only(hand.policy, [three.wec], hand.ref)
    for message in (failed(three, has(hand.ref)), failed(three, so, "its1")):
        assert stop(message) == (
            f"STOP ManifestWork its1 cluster1/{hand.work} carries it; "
            "its update strategy is not CreateOnly, though a Binding asks for that"
        )
        assert job(message) == TRANSPORT


def test_an_object_under_create_only_is_not_stale(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    three.wds.scale(nginx.deployment, 2)
    hand.bind("cluster1", createOnly=True)
    hand.wrap(create_only=True)
    message = failed(three, has(hand.ref))
    assert "carries it, under the update strategy CreateOnly" in message
    assert stop(message) == (
        "STOP WEC object cluster1 differs, under the update strategy CreateOnly: "
        "spec.replicas: 1, the WDS has 2"
    )
    assert job(message) == (
        "no component; an object that exists is not updated under the update strategy CreateOnly"
    )


def test_a_binding_that_names_other_clusters_than_the_policy_selects(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    a_cluster(three)
    asked = bound_to(hand.policy, [three.wec])
    message = failed(three, asked, "wds1")
    assert stop(message) == (
        f"STOP BindingPolicy wds1 {hand.policy} is absent: never applied, or deleted"
    )
    assert job(message) == "no component; the test itself creates the BindingPolicy"
    three.wds.apply(nginx, policy_of(hand, nginx))
    message = failed(three, asked, "wds1")
    assert "the clusterSelectors (name=cluster1) match cluster1" in message
    assert stop(message) == f"STOP Binding wds1 {hand.policy} is absent"
    assert job(message) == MANAGER
    hand.bind("cluster2")
    message = failed(three, asked, "wds1")
    assert stop(message) == (
        f"STOP Binding wds1 {hand.policy} names cluster2; the policy selects others"
    )
    assert job(message) == MANAGER
    three.wds.delete(binding_policy_ref(hand.policy))


def test_a_binding_that_lists_other_objects_than_the_policy_selects(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    other = config_map()
    three.wds.apply(nginx, other, policy_of(hand, nginx))
    hand.bind("cluster1")
    message = failed(three, selects(hand.policy, nginx), "wds1")
    assert stop(message) == (
        f"STOP Binding wds1 the policy selects {nginx.namespace}, but {hand.policy} does not list it"
    )
    assert job(message) == MANAGER
    message = failed(three, selects(hand.policy, hand.ref, other), "wds1")
    assert f"the policy does not select {Ref.of(other)}: its objectSelectors" in stop(message)
    assert job(message) == "no component; the BindingPolicy does not ask for it"
    three.wds.apply(policy_of(hand, nginx, objects={"tier": "none"}))
    deployments = selects(hand.policy)
    message = failed(three, modulated(hand.policy, hand.ref, create_only=True), "wds1")
    assert f"{hand.policy} lists {hand.ref}, which the policy does not select: " in stop(message)
    assert job(message) == MANAGER
    assert "is listed too" in failed(three, deployments, "wds1")
    three.wds.delete(binding_policy_ref(hand.policy))


def test_a_binding_that_modulates_otherwise_than_the_policy(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx, policy_of(hand, nginx))
    hand.bind("cluster1", createOnly=True)
    message = failed(three, modulated(hand.policy, hand.ref), "wds1")
    assert stop(message) == (
        f"STOP Binding wds1 the policy selects {hand.ref}, and {hand.policy} lists it with "
        "createOnly"
    )
    assert job(message) == MANAGER
    message = failed(three, modulated(hand.policy, hand.ref, status_collectors=["x"]), "wds1")
    assert job(message) == MANAGER
    hand.bind("cluster1", statusCollectors=["y"])
    assert stop(failed(three, modulated(hand.policy, hand.ref), "wds1")).endswith(
        "lists it with the statusCollectors [y]"
    )
    hand.bind("cluster1", resource_version="1")
    listed = selects(hand.policy, hand.ref, at_live_version=True)
    assert "lists it at resourceVersion 1, its own is " in stop(failed(three, listed, "wds1"))
    hand.bind("cluster1")
    asks_more = modulated(hand.policy, hand.ref, create_only=True)
    assert "every hop is in order now" in failed(three, asks_more, "wds1")
    three.wds.delete(binding_policy_ref(hand.policy))


def test_a_binding_that_lists_an_object_of_a_kind_that_nobody_named(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    a_cluster(three)
    three.wds.apply(nginx, policy_of(hand, nginx, objects={"tier": "none"}))
    hand.bind("cluster1")
    message = failed(three, selects(hand.policy), "wds1")
    assert ", which the policy does not select: its objectSelectors (tier=none)" in stop(message)
    assert job(message) == MANAGER
    three.wds.delete(binding_policy_ref(hand.policy))


def test_a_binding_that_lists_an_object_which_was_deleted(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    a_cluster(three)
    three.wds.apply(nginx, policy_of(hand, nginx))
    hand.bind("cluster1")
    three.wds.delete(hand.ref)
    three.wds.eventually(gone(hand.ref))
    for wrong in (selects(hand.policy), modulated(hand.policy, hand.ref, create_only=True)):
        message = failed(three, wrong, "wds1")
        assert stop(message).startswith(f"STOP Binding wds1 {hand.policy} lists ")
        assert stop(message).endswith(f"/{hand.ref.name}, which does not exist")
        assert job(message) == MANAGER
    three.wds.delete(binding_policy_ref(hand.policy))


def test_what_a_controller_reports_names_the_controller(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(policy_of(hand, nginx))
    ref = binding_policy_ref(hand.policy)
    message = failed(three, errors(ref, matching="x"), "wds1")
    assert stop(message) == (
        f"STOP BindingPolicy wds1 {hand.policy}: no observedGeneration; the generation is 1; no "
        "errors"
    )
    assert job(message) == MANAGER
    three.wds.update_status(ref, {"observedGeneration": 1, "errors": ["bad thing"]})
    message = failed(three, no_errors(ref), "wds1")
    assert stop(message).endswith("the generation is 1; errors: bad thing")
    three.wds.delete(ref)
    assert "is absent: never applied" in stop(failed(three, no_errors(ref), "wds1"))


def test_the_log_lines_are_those_that_name_the_object_or_what_carries_it(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    now = datetime.datetime.now() + datetime.timedelta(hours=0)
    stamp = f"{now:%m%d %H:%M:%S.%f}"
    long = f'I{stamp} 1 x.go:1] "Synced" binding="{hand.policy}" {"x" * 500}'
    others = [f"I{stamp} 1 x.go:1] another {n}" for n in range(50)]
    error = f'E{stamp} 1 x.go:1] "failed" object="{hand.ref.namespace}/{hand.ref.name}"'
    three.parts.logs["wds1/transport-controller"] = [long, error, *others]
    with pytest.raises(Deviation) as caught:
        three.wec.eventually(has(hand.ref))
    message = str(caught.value)
    assert "its log /logs/wds1-transport-controller.log mentions it:" in message.splitlines()
    assert f"  | {long}" in message.splitlines()
    assert f"  | {error}" in message.splitlines()
    assert "another" not in message
    assert job(message) == "wds1/transport-controller (running, and it logs errors of it)"


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (41, ", but it has logged nothing for 4\\d s, since before the wait began"),
        (-1, ""),
    ],
)
def test_a_part_that_hangs_says_since_when(
    three: ThreeSpaces, hand: ByHand, nginx: Workload, age: float, told: str
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    at = datetime.datetime.now() - datetime.timedelta(seconds=age)
    three.parts.logs["wds1/transport-controller"] = [f"I{at:%m%d %H:%M:%S.%f} 1 x.go:1] last"]
    message = failed(three, has(hand.ref))
    assert re.fullmatch(rf"wds1/transport-controller \(running{told}\)", job(message))


def test_a_part_that_hangs_in_the_middle_of_a_wait_says_since_when(three: ThreeSpaces) -> None:
    now = time.time()
    at = datetime.datetime.fromtimestamp(now - 12)
    three.parts.logs["wds1/transport-controller"] = [f"I{at:%m%d %H:%M:%S.%f} 1 x.go:1] last"]
    head, *_ = lines_on("wds1/transport-controller", three.parts, ["it"], since=now - 30)
    assert re.fullmatch(
        r"responsible: wds1/transport-controller \(running, but it has logged nothing for \d+ s\)",
        head,
    )


def test_a_part_that_goes_on_and_leaves_the_object_out_says_since_when(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    now = datetime.datetime.now()
    then = now - datetime.timedelta(seconds=41)
    three.parts.logs["wds1/transport-controller"] = [
        f'I{then:%m%d %H:%M:%S.%f} 1 x.go:1] "Synced" binding="{hand.policy}"',
        f"I{now + datetime.timedelta(seconds=2):%m%d %H:%M:%S.%f} 1 x.go:1] another",
    ]
    message = failed(three, has(hand.ref))
    assert re.search(r"but it has logged nothing of it for 4\d s, since before", job(message))
