"""What of an object has to arrive, and how a difference is said; no API server."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.conditions.cleaning import cleaned
from kubestellar_conformance.conditions.comparing import delivered


def made(kind: str, spec: Any = None, **metadata: Any) -> dict[str, Any]:
    api_version = {"Job": "batch/v1", "Deployment": "apps/v1"}.get(kind, "v1")
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "x", "namespace": "n", **metadata},
        **({"spec": spec} if spec is not None else {}),
    }


def test_what_the_documentation_lists_need_not_arrive() -> None:
    wds = made(
        "Deployment",
        {"replicas": 1},
        uid="a",
        resourceVersion="1",
        generation=3,
        finalizers=["f"],
        generateName="g",
        ownerReferences=[{}],
        managedFields=[{}],
        labels={"l": "1"},
        annotations={"kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "yes"},
    )
    wds["status"] = {"replicas": 1}
    wec = made(
        "Deployment",
        {"replicas": 1},
        uid="b",
        labels={"l": "1", "more": "2"},
        annotations={"kept": "yes"},
    )
    assert delivered(wds, wec) == []


def test_what_kubestellar_keeps_on_the_object_in_the_wds_need_not_arrive() -> None:
    labels = {
        "managed-by.kubestellar.io/singletonstatus": "true",
        "kubestellar.io/executing-count": "1",
    }
    assert delivered(made("ConfigMap", labels=labels), made("ConfigMap")) == []


@pytest.mark.parametrize(
    ("wds", "wec", "said"),
    [
        (
            made("Deployment", {"replicas": 2}),
            made("Deployment", {"replicas": 1}),
            "spec.replicas: 1, the WDS has 2",
        ),
        (made("Deployment", {"a": 1}), made("Deployment", {}), "spec.a: (absent), the WDS has 1"),
        (
            made("Deployment", {"c": [{"image": "x"}]}),
            made("Deployment", {"c": [{"image": "y"}]}),
            "spec.c[0].image: y, the WDS has x",
        ),
        (
            made("Deployment", {}, labels={"a": "1"}),
            made("Deployment", {}),
            "metadata.labels[a]: (absent), the WDS has 1",
        ),
        (
            made("Deployment", {}, annotations={"a": "1"}),
            made("Deployment", {}, annotations={"a": "2"}),
            "metadata.annotations[a]: 2, the WDS has 1",
        ),
        (
            {**made("ConfigMap"), "data": {"k": "1"}},
            {**made("ConfigMap"), "data": {"k": "2"}},
            "data.k: 2, the WDS has 1",
        ),
        (
            {**made("ConfigMap"), "data": {"k": "1"}},
            made("ConfigMap"),
            "data: (absent), the WDS has {'k': '1'}",
        ),
    ],
)
def test_any_other_difference_is_said(wds: dict[str, Any], wec: dict[str, Any], said: str) -> None:
    assert delivered(wds, wec) == [said]


def test_a_service_of_another_cluster() -> None:
    wds = made(
        "Service",
        {
            "clusterIP": "10.0.0.1",
            "clusterIPs": ["10.0.0.1"],
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "sessionAffinity": "None",
            "internalTrafficPolicy": "Cluster",
            "externalTrafficPolicy": "Cluster",
            "type": "NodePort",
            "ports": [{"port": 80, "nodePort": 30001}],
        },
    )
    wec = made(
        "Service",
        {
            "clusterIP": "10.1.1.1",
            "clusterIPs": ["10.1.1.1"],
            "ipFamilies": ["IPv6"],
            "type": "NodePort",
            "ports": [{"port": 80, "nodePort": 31111}],
        },
    )
    assert delivered(wds, wec) == []
    wec["spec"]["type"] = "ClusterIP"
    assert delivered(wds, wec) == ["spec.type: ClusterIP, the WDS has NodePort"]


def test_a_headless_service_stays_headless() -> None:
    wds = made("Service", {"clusterIP": "None", "clusterIPs": ["None"]})
    assert (
        delivered(wds, made("Service", {"clusterIP": "10.1.1.1", "clusterIPs": ["10.1.1.1"]})) != []
    )
    assert delivered(wds, made("Service", {"clusterIP": "None", "clusterIPs": ["None"]})) == []


def test_a_node_port_to_be_preserved_has_to_arrive() -> None:
    keep = {"control.kubestellar.io/preserve": "nodeport"}
    wds = made("Service", {"ports": [{"port": 80, "nodePort": 30001}]}, annotations=keep)
    wec = made("Service", {"ports": [{"port": 80, "nodePort": 31111}]}, annotations=keep)
    assert delivered(wds, wec) == ["spec.ports[0].nodePort: 31111, the WDS has 30001"]


def test_a_job_of_another_cluster() -> None:
    def job(uid: str, suspend: bool) -> dict[str, Any]:
        labels = {"controller-uid": uid, "batch.kubernetes.io/controller-uid": uid}
        return made(
            "Job",
            {
                "selector": {"matchLabels": labels},
                "suspend": suspend,
                "completions": 1,
                "template": {"metadata": {"labels": {**labels, "app": "x"}}},
            },
            labels=labels,
            annotations={"batch.kubernetes.io/job-tracking": ""} if suspend else {},
        )

    wds, wec = job("a", True), job("b", False)
    assert delivered(wds, wec) == []
    wec["spec"]["template"]["metadata"]["labels"]["app"] = "y"
    assert delivered(wds, wec) == ["spec.template.metadata.labels.app: y, the WDS has x"]


@pytest.mark.parametrize(
    ("wds", "wec"),
    [
        ({"type": "ExternalName", "externalName": "x.org"}, {}),
        (
            {"type": "ClusterIP", "clusterIPs": ["10.0.0.1", "fd00::1"]},
            {"clusterIPs": ["10.1.1.1"]},
        ),
        ({"type": "ClusterIP", "clusterIP": "10.96.0.77"}, {"clusterIP": "10.1.1.1"}),
    ],
    ids=["external-name", "dual-stack", "fixed"],
)
def test_each_cluster_has_cluster_ips_of_its_own(wds: dict[str, Any], wec: dict[str, Any]) -> None:
    wds, wec = made("Service", wds), made("Service", {**wds, "clusterIP": "10.1.1.1", **wec})
    assert delivered(wds, wec) == []


def test_an_unknown_value_of_preserve_keeps_nothing() -> None:
    asked = {"control.kubestellar.io/preserve": "clusterip"}
    wds = made(
        "Service",
        {"clusterIP": "10.96.0.77", "ports": [{"port": 80, "nodePort": 30077}]},
        annotations=asked,
    )
    wec = made(
        "Service",
        {"clusterIP": "10.1.1.1", "ports": [{"port": 80, "nodePort": 31111}]},
        annotations=asked,
    )
    assert delivered(wds, wec) == []


def test_the_wds_says_whether_node_ports_are_preserved() -> None:
    keep = {"control.kubestellar.io/preserve": "nodeport"}
    service = {"ports": [{"port": 80, "nodePort": 30001}]}
    wds, wec = (
        made("Service", {"ports": [{"port": 80}]}),
        made("Service", service, annotations=keep),
    )
    assert cleaned(wec, like=wds)["spec"] == {"ports": [{"port": 80}]}
    assert cleaned(wec)["spec"] == service


def test_cleaning_leaves_the_object_alone() -> None:
    service = made("Service", {"clusterIP": "10.0.0.1", "ports": [{"nodePort": 1}]})
    cleaned(service)
    assert service["spec"] == {"clusterIP": "10.0.0.1", "ports": [{"nodePort": 1}]}
