"""The walk of the path, each hop made by hand: it names the first that is missing or stale, and
whose job it is.
"""

from __future__ import annotations

import re

import pytest

from kubestellar_conformance.conditions import (
    available,
    combined_status,
    contains,
    has,
    rows,
    that_of,
)
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import (
    Workload,
    binding,
    binding_policy,
    binding_policy_ref,
)
from kubestellar_conformance.spaces.refs import (
    MANIFEST_WORK,
    Ref,
)
from tests.support.three_spaces import ByHand, ThreeSpaces, config_map
from tests.support.walks import (
    AGENT,
    MANAGER,
    STATUS,
    TRANSPORT,
    all_the_way,
    failed,
    job,
    returned,
    stop,
)


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
    assert f"its log {log} does not mention it; its last lines:" in message.splitlines()
    assert "  | wds1/kubestellar-controller-manager line 19" in message.splitlines()
    three.wds.delete(binding_policy_ref(hand.policy))


def test_an_object_that_is_named_without_its_namespace(three: ThreeSpaces) -> None:
    made = config_map()
    hand = ByHand(three, Ref.of(three.wds.apply(made)[0]), "configmaps")
    hand.bind("cluster1")
    del made["metadata"]["namespace"]
    message = failed(three, has(made))
    assert stop(message).startswith("STOP ManifestWork its1 ")
    assert job(message) == TRANSPORT


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


def test_a_work_status_of_another_wds_is_not_that_of_the_object(
    three: ThreeSpaces, hand: ByHand, nginx: Workload
) -> None:
    all_the_way(hand, nginx)
    three.wec.update_status(hand.ref, STATUS)
    hand.report(STATUS, of_wds="another")
    assert "none in namespace cluster1 for it" in stop(returned(three, hand))
    hand.report(STATUS)
    assert stop(returned(three, hand)).startswith("STOP WDS status")


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


def test_rows_that_are_not_as_expected(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    """With all in order that they are made from, whoever makes them is responsible; else the hop
    that is not in order.
    """
    all_the_way(hand, nginx)
    three.wec.update_status(hand.ref, STATUS)
    hand.report(STATUS)
    cell = {"type": "Number", "float": "2"}
    hand.combine({"name": "count", "columnNames": ["n"], "rows": [{"columns": [cell]}]})
    condition = rows("count", hand.ref, hand.policy, [{"n": 1}])
    message = failed(three, condition, "wds1")
    assert stop(message) == (
        "STOP CombinedStatus wds1 count: 1 rows; not as expected: the row {n: 1} is missing; "
        "the row {n: 2} is not expected"
    )
    assert job(message) == MANAGER
    three.its.delete(Ref(MANIFEST_WORK, "cluster1", hand.work))
    message = failed(three, condition, "wds1")
    assert stop(message) == "STOP ManifestWork its1 none in namespace cluster1 carries it"
    assert job(message) == TRANSPORT
    three.wds.delete(binding(hand.policy))
    message = failed(three, condition, "wds1")
    assert stop(message).startswith("STOP Binding wds1 none lists it; BindingPolicy ")
    assert job(message) == "no component; the BindingPolicy does not ask for it"


def test_everything_in_order_is_said(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> None:
    """A thing that came just after time was up, or a condition that wants more than the path knows
    of.
    """
    all_the_way(hand, nginx)
    three.wec.patch(hand.ref, {"metadata": {"labels": {"extra": "1"}}})
    three.wec.eventually(has(hand.ref))
    with pytest.raises(Deviation, match="every hop is in order now"):
        three.wec.eventually(contains(hand.ref, {"metadata": {"labels": {"extra": "2"}}}))
