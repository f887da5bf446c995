"""The walk of what has to go: which hop still holds it."""

from __future__ import annotations

from kubestellar_conformance.conditions import (
    gone,
    no_combined_status,
    no_manifest_works,
    no_status,
    no_work_statuses,
    none_of,
)
from kubestellar_conformance.conditions.base import Walk
from kubestellar_conformance.spaces import (
    Workload,
    binding,
    binding_policy_ref,
)
from kubestellar_conformance.spaces.refs import (
    APPLIED_MANIFEST_WORK,
    COMBINED_STATUS,
    MANIFEST_WORK,
    ORIGIN_WDS_LABEL,
    WORK_STATUS,
    Ref,
    uid,
)
from tests.support.three_spaces import ByHand, ThreeSpaces
from tests.support.walks import (
    AGENT,
    MANAGER,
    STATUS,
    TRANSPORT,
    a_cluster,
    all_the_way,
    failed,
    job,
    policy_of,
    stop,
)


def test_withdrawal_that_nobody_has_begun(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    message = failed(three, gone(hand.ref))
    assert stop(message) == (
        f"STOP Binding wds1 {hand.policy} still lists it for cluster1, although its "
        "BindingPolicy is gone"
    )
    assert job(message) == MANAGER


def test_withdrawal_stops_at_the_manifest_work(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    three.wds.delete(binding(hand.policy), nginx.deployment)
    message = failed(three, gone(hand.ref))
    assert stop(message) == f"STOP ManifestWork its1 cluster1/{hand.work} still carries it"
    assert job(message) == TRANSPORT


def test_withdrawal_stops_at_the_agent(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    three.wds.delete(binding(hand.policy), nginx.deployment)
    three.its.delete(Ref(MANIFEST_WORK, "cluster1", hand.work))
    message = failed(three, gone(hand.ref))
    assert stop(message) == f"STOP AppliedManifestWork cluster1 hash-{hand.work} still lists it"
    assert job(message) == AGENT
    three.wec.delete(Ref(APPLIED_MANIFEST_WORK, "", f"hash-{hand.work}"))
    message = failed(three, gone(hand.ref))
    assert stop(message) == (
        "STOP WEC object cluster1 still exists; no AppliedManifestWork owns it"
    )
    assert job(message) == AGENT


def test_withdrawal_stops_at_the_owners_of_the_object(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    three.wds.delete(binding(hand.policy), nginx.deployment)
    three.its.delete(Ref(MANIFEST_WORK, "cluster1", hand.work))
    applied = Ref(APPLIED_MANIFEST_WORK, "", f"hash-{hand.work}")
    owner = {
        "apiVersion": "work.open-cluster-management.io/v1",
        "kind": "AppliedManifestWork",
        "name": applied.name,
        "uid": uid(three.wec.get(applied) or {}),
    }
    three.wec.patch(hand.ref, {"metadata": {"ownerReferences": [owner]}})
    three.wec.update_status(applied, {"appliedResources": []})
    message = failed(three, gone(hand.ref))
    assert stop(message) == (
        f"STOP WEC object cluster1 still exists; its owner {applied.name} exists and does not list it"
    )
    assert job(message) == AGENT
    three.wec.patch(hand.ref, {"metadata": {"ownerReferences": [{**owner, "uid": "another"}]}})
    message = failed(three, gone(hand.ref))
    assert stop(message) == (
        f"STOP WEC object cluster1 still exists; its owner {applied.name} is gone, garbage "
        "collection is due"
    )
    assert job(message) == "cluster1/kube-controller-manager (running)"


def test_withdrawal_stops_at_the_object(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    three.wec.patch(hand.ref, {"metadata": {"finalizers": ["test/hold"]}})
    three.wds.delete(binding(hand.policy), nginx.deployment)
    three.its.delete(Ref(MANIFEST_WORK, "cluster1", hand.work))
    three.wec.delete(Ref(APPLIED_MANIFEST_WORK, "", f"hash-{hand.work}"), hand.ref)
    message = failed(three, gone(hand.ref))
    assert stop(message).endswith("held by test/hold")
    assert job(message) == "cluster1/kube-controller-manager (running)"
    three.wec.patch(hand.ref, {"metadata": {"finalizers": None}})


def test_a_binding_that_stays(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    message = failed(three, gone(binding(hand.policy)), "wds1")
    assert stop(message) == "STOP Binding wds1 still exists, and its deletion was not requested"
    assert job(message) == MANAGER
    three.wds.patch(
        binding(hand.policy),
        {"metadata": {"finalizers": ["transport.kubestellar.io/object-cleanup"]}},
    )
    three.wds.delete(binding(hand.policy))
    message = failed(three, gone(binding(hand.policy)), "wds1")
    assert "held by transport.kubestellar.io/object-cleanup" in stop(message)
    assert job(message) == TRANSPORT
    three.wds.patch(binding(hand.policy), {"metadata": {"finalizers": None}})


def test_manifest_works_left_in_a_mailbox(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    hand.wrap(finalizers=["test/hold"])
    nothing_left = no_manifest_works(hand.policy)
    assert (
        stop(failed(three, nothing_left, "its1"))
        == f"STOP Binding wds1 {hand.policy} exists and names cluster1"
    )
    three.wds.delete(binding(hand.policy))
    message = failed(three, nothing_left, "its1")
    assert (
        stop(message)
        == f"STOP ManifestWork its1 cluster1/{hand.work} still exists, and its deletion was not requested"
    )
    assert job(message) == TRANSPORT
    work = Ref(MANIFEST_WORK, "cluster1", hand.work)
    three.its.patch(work, {"metadata": {"labels": {ORIGIN_WDS_LABEL: "wds9"}}})
    message = failed(three, nothing_left, "its1")
    assert "the ManifestWork is labelled for WDS wds9, which does not exist" in message
    assert job(message) == TRANSPORT
    three.its.delete(work)
    message = failed(three, nothing_left, "its1")
    assert stop(message).endswith("held by test/hold")
    assert job(message) == AGENT
    three.its.patch(work, {"metadata": {"finalizers": None}})
    three.its.eventually(nothing_left)


def test_a_status_that_is_left_in_the_wds(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    a_cluster(three)
    three.wds.apply(nginx, policy_of(hand, nginx))
    three.wds.update_status(hand.ref, STATUS)
    hand.bind("cluster1")
    hand.report(STATUS)
    message = failed(three, no_status(hand.ref), "wds1")
    assert "ok    Binding     wds1  none asks for a status of it" in message
    assert f"ok    WorkStatus  its1  cluster1/ws-{hand.work}" in message
    assert stop(message).startswith(
        "STOP WDS status wds1 still has availableReplicas, observedGeneration, readyReplicas"
    )
    assert job(message) == MANAGER
    hand.bind("cluster1", "cluster2", wantSingletonReportedState=True)
    message = failed(three, no_status(hand.ref), "wds1")
    assert f"{hand.policy} asks for its status, which comes from exactly one WEC, not 2" in message
    assert job(message) == MANAGER
    hand.bind("cluster1", wantSingletonReportedState=True)
    message = failed(three, no_status(hand.ref), "wds1")
    assert stop(message) == (
        f"STOP Binding wds1 {hand.policy} asks for its status, from cluster1, although no "
        "BindingPolicy asks for that"
    )
    assert job(message) == MANAGER
    three.wds.apply(policy_of(hand, nginx, want_singleton_status=True))
    message = failed(three, no_status(hand.ref), "wds1")
    assert job(message) == "no component; the test's own policy still asks for it"
    three.wds.delete(binding_policy_ref(hand.policy))


def test_a_combined_status_that_is_left(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1", statusCollectors=["c"])
    hand.combine({"name": "c", "columnNames": ["n"]})
    nothing = no_combined_status(hand.ref, hand.policy)
    message = failed(three, nothing, "wds1")
    assert stop(message) == (
        f"STOP Binding wds1 {hand.policy} names c for it, although no BindingPolicy asks for that"
    )
    assert job(message) == MANAGER
    hand.bind("cluster1")
    message = failed(three, nothing, "wds1")
    assert stop(message).endswith("still has results of c")
    assert job(message) == MANAGER
    ours = f"{hand.work}.x"
    called = none_of(
        COMBINED_STATUS, lambda one: one["metadata"]["name"] == ours, "x", walk=Walk.WITHDRAWAL
    )
    message = failed(three, called, "wds1")
    assert stop(message) == f"STOP CombinedStatus wds1 {ours} still exists"
    assert job(message) == MANAGER


def test_a_work_status_that_is_left(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    hand.report(STATUS)
    nothing = no_work_statuses(hand.ref)
    message = failed(three, nothing, "its1")
    assert stop(message) == (
        f"STOP WEC object cluster1 {hand.ref} still exists, so its status is due"
    )
    assert job(message) == AGENT
    three.wec.delete(hand.ref)
    message = failed(three, nothing, "its1")
    assert stop(message) == f"STOP WorkStatus its1 cluster1/ws-{hand.work} still exists"
    assert job(message) == "cluster1/status-agent (running)"


def test_a_work_status_in_a_mailbox_that_is_no_wec_of_this_process(three: ThreeSpaces) -> None:
    elsewhere = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "elsewhere"}}
    kind = {"apiVersion": WORK_STATUS.api_version, "kind": "WorkStatus"}
    left = {**kind, "metadata": {"name": "left", "namespace": "elsewhere"}}
    three.its.apply(elsewhere, left)
    message = failed(three, gone(Ref.of(left)), "its1")
    assert stop(message) == "STOP WorkStatus its1 elsewhere/left still exists"
    assert job(message).startswith("elsewhere/status-agent")
