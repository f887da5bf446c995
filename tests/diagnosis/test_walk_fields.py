"""The walk of fields that an object must not have in a WEC: the first hop that has one is to blame."""

from __future__ import annotations

import pytest

from kubestellar_conformance.conditions import has, lacks, not_labelled
from kubestellar_conformance.spaces import Workload
from kubestellar_conformance.spaces.refs import CRD, Ref
from tests.support.three_spaces import ByHand, ThreeSpaces
from tests.support.walks import AGENT, MANAGER, TRANSPORT, all_the_way, failed, job, seen, stop

PAUSED = "spec.paused"


@pytest.fixture
def bare(three: ThreeSpaces, hand: ByHand, nginx: Workload) -> ByHand:
    """A Deployment that has a field in the WDS which a CustomTransform removes, and a label."""
    three.wds.apply(nginx)
    three.wds.patch(
        hand.ref, {"metadata": {"labels": {"example.com/own": "a"}}, "spec": {"paused": True}}
    )
    return hand


def test_a_field_that_the_manifest_has(three: ThreeSpaces, bare: ByHand, nginx: Workload) -> None:
    all_the_way(bare, nginx)
    seen(three.its, bare.work_ref)
    message = failed(three, lacks(bare.ref, "spec.replicas", PAUSED))
    assert stop(message).startswith(
        f"STOP ManifestWork its1 cluster1/{bare.work} carries it with spec.replicas: 1, last wri"
    )
    assert job(message) == TRANSPORT


def test_a_label_that_the_manifest_has(three: ThreeSpaces, bare: ByHand, nginx: Workload) -> None:
    all_the_way(bare, nginx)
    label = "app.kubernetes.io/name"
    message = failed(three, not_labelled(bare.ref, label))
    assert f"carries it with metadata.labels[{label}]: " in stop(message)
    assert job(message) == TRANSPORT


def test_a_field_that_the_wec_s_object_alone_has(
    three: ThreeSpaces, bare: ByHand, nginx: Workload
) -> None:
    all_the_way(bare, nginx)
    three.wec.eventually(has(bare.ref), within="restart")
    three.wec.patch(bare.ref, {"spec": {"minReadySeconds": 7}}, force=True)
    seen(three.wec, bare.ref)
    message = failed(three, lacks(bare.ref, "spec.minReadySeconds"))
    assert stop(message) == (
        "STOP WEC object cluster1 has spec.minReadySeconds: 7, which no ManifestWork does"
    )
    assert job(message) == AGENT


def test_a_field_that_a_create_only_object_has_kept(
    three: ThreeSpaces, bare: ByHand, nginx: Workload
) -> None:
    all_the_way(bare, nginx)
    three.wec.eventually(has(bare.ref), within="restart")
    bare.wrap(create_only=True)
    seen(three.its, bare.work_ref)
    three.wec.patch(bare.ref, {"spec": {"minReadySeconds": 7}}, force=True)
    seen(three.wec, bare.ref)
    message = failed(three, lacks(bare.ref, "spec.minReadySeconds"))
    assert "still has spec.minReadySeconds: 7, under the update strategy CreateOnly" in message
    assert job(message).startswith("no component; an object that exists is not updated")


def test_a_definition_that_the_controller_manager_installs(three: ThreeSpaces) -> None:
    definition = Ref(CRD, "", "bindings.control.kubestellar.io")
    message = failed(three, lacks(definition, "spec.names.plural"), "wds1")
    assert "is not as released" in stop(message)
    assert job(message) == MANAGER
