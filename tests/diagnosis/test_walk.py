"""The walk of the path, each hop made by hand: it names the first that is missing or stale, and
whose job it is.
"""

from __future__ import annotations

import datetime
import re
import time
from typing import Any

import pytest

from kubestellar_conformance.conditions import (
    available,
    bound_to,
    combined_status,
    contains,
    errors,
    gone,
    has,
    modulated,
    no_combined_status,
    no_errors,
    no_manifest_works,
    no_status,
    no_work_statuses,
    none_of,
    selects,
    that_of,
)
from kubestellar_conformance.conditions.base import Condition, Walk
from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.spaces import (
    Obj,
    Workload,
    binding,
    binding_policy,
    binding_policy_ref,
)
from kubestellar_conformance.spaces.refs import (
    APPLIED_MANIFEST_WORK,
    COMBINED_STATUS,
    MANAGED_CLUSTER,
    MANIFEST_WORK,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
    Ref,
)
from tests.support.servers import ApiServer
from tests.support.three_spaces import ByHand, ThreeSpaces, config_map

STATUS = {
    "replicas": 1,
    "updatedReplicas": 1,
    "readyReplicas": 1,
    "availableReplicas": 1,
    "observedGeneration": 1,
}
MANAGER = "wds1/kubestellar-controller-manager (running)"
TRANSPORT = "wds1/transport-controller (running)"
AGENT = "cluster1/klusterlet-agent (running)"


@pytest.fixture
def hand(three: ThreeSpaces, nginx: Workload) -> ByHand:
    three.terms.change("downsync", 0.1)
    return ByHand(three, nginx.deployment, "deployments")


def stop(message: str) -> str:
    """The line of the hop that it stopped at."""
    [line] = [line.strip() for line in message.splitlines() if line.strip().startswith("STOP")]
    return " ".join(line.split())


def job(message: str) -> str:
    """The first component that is responsible, and its state."""
    return next(
        line for line in message.splitlines() if line.startswith("responsible: ")
    ).removeprefix("responsible: ")


def failed(three: ThreeSpaces, condition: Condition, space: str = "cluster1") -> str:
    with pytest.raises(Deviation) as caught:
        three.system[space].eventually(condition)
    message = str(caught.value)
    assert len(message.splitlines()) <= 30
    assert max(len(line) for line in message.splitlines()) <= 300
    return message


def test_never_applied(three: ThreeSpaces, hand: ByHand) -> None:
    message = failed(three, has(hand.ref))
    assert stop(message) == f"STOP WDS object wds1 {hand.ref} is absent: never applied, or deleted"
    assert job(message) == "no component; the test itself creates the object in the WDS"


def test_no_binding(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(
        nginx, binding_policy(hand.policy, clusters={"name": "cluster1"}, objects=nginx)
    )
    message = failed(three, has(hand.ref))
    assert stop(message) == (
        f"STOP Binding wds1 none lists it, although it is selected by BindingPolicy {hand.policy}"
    )
    assert job(message) == MANAGER
    log = "/logs/wds1-kubestellar-controller-manager.log"
    assert f"its log {log} does not name it; its last lines:" in message.splitlines()
    assert "  | wds1/kubestellar-controller-manager line 19" in message.splitlines()
    three.wds.delete(binding_policy_ref(hand.policy))


def test_a_binding_for_others(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster2")
    message = failed(three, has(hand.ref))
    assert (
        stop(message) == f"STOP Binding wds1 {hand.policy} lists it for cluster2, not for cluster1"
    )
    assert job(message) == MANAGER


def test_a_binding_of_an_older_version(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    hand.wrap()
    live = three.wds.scale(nginx.deployment, 2)
    message = failed(three, has(hand.ref))
    assert stop(message).startswith(
        f"STOP Binding wds1 {hand.policy} lists it for cluster1, but at resourceVersion "
    )
    assert stop(message).endswith(f" and not {live['metadata']['resourceVersion']}: stale")
    assert job(message) == MANAGER


def test_an_older_version_with_the_same_content_is_in_order(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    hand.wrap()
    three.wds.update_status(nginx.deployment, STATUS)
    assert stop(failed(three, has(hand.ref))).startswith("STOP AppliedManifestWork")


def test_no_manifest_work(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    three.parts.states["wds1/transport-controller"] = "paused"
    message = failed(three, has(hand.ref))
    assert stop(message) == "STOP ManifestWork its1 none in namespace cluster1 carries it"
    assert job(message) == "wds1/transport-controller (paused)"


def test_a_stale_manifest_work(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.wrap()
    three.wds.scale(nginx.deployment, 2)
    hand.bind("cluster1")
    message = failed(three, has(hand.ref))
    stale = f"STOP ManifestWork its1 cluster1/{hand.work} is stale: spec.replicas: 1, the WDS has 2"
    assert re.fullmatch(rf"{re.escape(stale)}, last written \d+ s ago", stop(message))
    assert job(message) == TRANSPORT


def test_no_applied_manifest_work(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    hand.wrap()
    message = failed(three, has(hand.ref))
    assert stop(message) == f"STOP AppliedManifestWork cluster1 none for ManifestWork {hand.work}"
    assert job(message) == AGENT


def test_an_applied_manifest_work_that_lacks_it_and_what_the_agent_says(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    three.wds.apply(nginx)
    hand.bind("cluster1")
    hand.wrap()
    hand.note_applied(hand.entry(name="another"))
    now = "2024-01-01T00:00:00Z"
    meta = {
        "ordinal": 0,
        "group": "apps",
        "version": "v1",
        "kind": "Deployment",
        "resource": "deployments",
        "namespace": hand.ref.namespace,
        "name": hand.ref.name,
    }
    three.its.update_status(
        Ref(MANIFEST_WORK, "cluster1", hand.work),
        {
            "resourceStatus": {
                "manifests": [
                    {
                        "resourceMeta": meta,
                        "conditions": [
                            {
                                "type": "Applied",
                                "status": "False",
                                "reason": "AppliedManifestFailed",
                                "message": "deployments is forbidden",
                                "lastTransitionTime": now,
                            }
                        ],
                        "statusFeedback": {"values": []},
                    }
                ]
            }
        },
    )
    message = failed(three, has(hand.ref))
    assert "does not list it; the agent says: deployments is forbidden" in stop(message)
    assert job(message) == AGENT


def all_the_way(hand: ByHand, nginx: Workload) -> None:
    hand.three.wds.apply(nginx)
    hand.bind("cluster1", wantSingletonReportedState=True)
    hand.wrap()
    hand.note_applied()
    hand.deliver()


def test_absent_in_the_wec_although_noted_as_applied(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    three.wec.delete(nginx.deployment)
    message = failed(three, has(hand.ref))
    assert stop(message) == "STOP WEC object cluster1 absent"
    assert job(message) == AGENT


def test_a_stale_object_in_the_wec(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    three.wds.scale(nginx.deployment, 2)
    hand.bind("cluster1")
    hand.wrap()
    message = failed(three, has(hand.ref))
    assert stop(message) == "STOP WEC object cluster1 stale: spec.replicas: 1, the WDS has 2"
    assert job(message) == AGENT


def test_not_available(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    message = failed(three, available(hand.ref))
    assert stop(message) == "STOP availability cluster1 0 of 1 replicas available"
    jobs = [line for line in message.splitlines() if line.startswith("responsible: ")]
    assert [line.split()[1] for line in jobs] == [
        "cluster1/kube-controller-manager",
        "cluster1/kube-scheduler",
        "cluster1/kwok",
    ]


def test_not_available_names_the_pod_and_why(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    """Where workloads have real pods, these know more than the object that they are of."""
    all_the_way(hand, nginx)
    template = nginx.objects[1]["spec"]["template"]
    metadata = {**template["metadata"], "name": "nginx-1", "namespace": hand.ref.namespace}
    three.wec.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {**metadata, "name": "default"}}
    )
    [pod] = three.wec.apply(
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    )
    refused = {"reason": "ImagePullBackOff", "message": "no such image"}
    waits = {"name": "nginx", "image": "nginx", "imageID": "", "ready": False, "restartCount": 0}
    three.wec.update_status(pod, {"containerStatuses": [{**waits, "state": {"waiting": refused}}]})
    message = failed(three, available(hand.ref))
    assert stop(message) == "STOP availability cluster1 0 of 1 replicas available"
    assert "pod nginx-1: nginx ImagePullBackOff no such image" in message.splitlines()


def returned(three: ThreeSpaces, hand: ByHand) -> str:
    with pytest.raises(Deviation) as caught:
        three.wds.eventually(hand.ref, status=that_of(three.wec))
    return str(caught.value)


def test_no_work_status(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    three.wec.update_status(hand.ref, STATUS)
    message = returned(three, hand)
    assert stop(message) == "STOP WorkStatus its1 none in namespace cluster1 for it"
    assert job(message) == "cluster1/status-agent (running)"


def test_a_stale_work_status(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    hand.report({**STATUS, "replicas": 7})
    three.wec.update_status(hand.ref, STATUS)
    message = returned(three, hand)
    assert "is stale: status.replicas: 7, cluster1 has 1, last written " in stop(message)
    assert job(message) == "cluster1/status-agent (running)"


def test_a_status_that_did_not_come_into_the_wds(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    three.wec.update_status(hand.ref, STATUS)
    hand.report(STATUS)
    message = returned(three, hand)
    assert stop(message).startswith(
        "STOP WDS status wds1 status.availableReplicas: (absent), the WorkStatus has 1"
    )
    assert "no Binding asks" not in message
    assert job(message) == MANAGER
    hand.bind("cluster1")
    assert "(no Binding asks for singleton status of it)" in returned(three, hand)
    three.wds.update_status(hand.ref, STATUS)
    three.wds.eventually(hand.ref, status=that_of(three.wec))


def test_a_status_by_fields_finds_its_wec_by_the_binding(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    with pytest.raises(Deviation) as caught:
        three.wds.eventually(hand.ref, status={"availableReplicas": 1})
    assert stop(str(caught.value)) == "STOP WorkStatus its1 none in namespace cluster1 for it"


def test_combined_status(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    all_the_way(hand, nginx)
    three.wec.update_status(hand.ref, STATUS)
    hand.report(STATUS)
    condition = combined_status(hand.ref, hand.policy, rows=1)
    message = failed(three, condition, "wds1")
    assert (
        stop(message)
        == "STOP CombinedStatus wds1 none for it (no Binding names a StatusCollector for it)"
    )
    assert job(message) == MANAGER
    hand.combine(
        {"name": "replicas", "columnNames": ["n"], "rows": [{"columns": [{"type": "Null"}]}]}
    )
    three.wds.eventually(condition)


def test_everything_in_order_is_said(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    """A thing that came just after time was up, or a condition that wants more than the path knows
    of.
    """
    all_the_way(hand, nginx)
    three.wec.patch(hand.ref, {"metadata": {"labels": {"extra": "1"}}})
    three.wec.eventually(has(hand.ref))
    with pytest.raises(Deviation, match="every hop is in order now"):
        three.wec.eventually(contains(hand.ref, {"metadata": {"labels": {"extra": "2"}}}))


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
    assert stop(message) == "STOP WEC object cluster1 still exists"
    assert job(message) == AGENT


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
    assert stop(message) == "STOP Binding wds1 still exists, and its deletion was not asked for"
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
    assert stop(message) == f"STOP ManifestWork its1 {hand.work} still exists"
    assert job(message) == TRANSPORT
    work = Ref(MANIFEST_WORK, "cluster1", hand.work)
    three.its.delete(work)
    message = failed(three, nothing_left, "its1")
    assert stop(message).endswith("held by test/hold")
    assert job(message) == AGENT
    three.its.patch(work, {"metadata": {"finalizers": None}})
    three.its.eventually(nothing_left)


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
    assert time.monotonic() - began < 5
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


def policy_of(hand: ByHand, nginx: Workload, **more: Any) -> Obj:
    """The test's own policy, which selects the workload for cluster1 unless told otherwise."""
    fields: dict[str, Any] = {"clusters": {"name": "cluster1"}, "objects": nginx, **more}
    return binding_policy(hand.policy, **fields)


def a_cluster(three: ThreeSpaces, **labels: str) -> None:
    made = {"apiVersion": MANAGED_CLUSTER.api_version, "kind": MANAGED_CLUSTER.name}
    metadata = {"name": "cluster1", "labels": {"name": "cluster1", **labels}}
    three.its.apply({**made, "metadata": metadata, "spec": {"hubAcceptsClient": True}})


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
    assert "its log /logs/wds1-transport-controller.log says of it:" in message.splitlines()
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
