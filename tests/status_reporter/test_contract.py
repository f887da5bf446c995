"""The contract of the status reporter with the ITS: names, what is left out, what a WorkStatus
holds.
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.status_reporter import contract
from kubestellar_conformance.status_reporter.contract import Applied, Owner, WecObject, Work

UID = "3f9f2d6c-8a53-4c62-9c39-2f5f7f4a9f10"
DEPLOYMENT = Applied("apps", "v1", "deployments", "nginx", "nginx-deployment")
KS_LABELS = {
    "transport.kubestellar.io/originOwnerReferenceBindingKey": "nginx-bpolicy",
    "transport.kubestellar.io/originWdsName": "wds1",
}


@pytest.mark.parametrize(
    ("applied", "kind", "tail"),
    [
        (DEPLOYMENT, "Deployment", "appsv1-deployment-nginx-nginx-deployment"),
        (Applied("", "v1", "services", "nginx", "web"), "Service", "v1-service-nginx-web"),
        (Applied("", "v1", "namespaces", "", "nginx"), "Namespace", "v1-namespace--nginx"),
        (
            Applied("Work.Example.io", "v1beta1", "appWrappers", "ns", "name"),
            "AppWrapper",
            "work.example.iov1beta1-appwrapper-ns-name",
        ),
    ],
)
def test_name(applied: Applied, kind: str, tail: str) -> None:
    assert contract.workstatus_name(UID, applied, kind) == f"{UID}-{tail}"


def test_name_is_cut_at_253_characters() -> None:
    applied = Applied("apps", "v1", "deployments", "n" * 63, "d" * 253)
    name = contract.workstatus_name(UID, applied, "Deployment")
    assert len(name) == 253
    assert name.startswith(f"{UID}-appsv1-deployment-{'n' * 63}-ddd")


@pytest.mark.parametrize(
    ("group", "resource", "reported"),
    [
        ("", "configmaps", False),
        ("", "secrets", False),
        ("", "serviceaccounts", False),
        ("rbac.authorization.k8s.io", "roles", False),
        ("rbac.authorization.k8s.io", "rolebindings", False),
        ("rbac.authorization.k8s.io", "clusterroles", False),
        ("rbac.authorization.k8s.io", "clusterrolebindings", False),
        ("", "namespaces", True),
        ("", "services", True),
        ("apps", "deployments", True),
        ("example.io", "configmaps", True),
    ],
)
def test_kinds_left_out(group: str, resource: str, reported: bool) -> None:
    assert Applied(group, "v1", resource, "ns", "name").reported is reported


@pytest.mark.parametrize(
    ("labels", "kubestellars"),
    [
        (KS_LABELS, True),
        ({"managed-by.kubestellar.io/something": "true"}, True),
        ({}, False),
        ({"app.kubernetes.io/name": "transport.kubestellar.io"}, False),
    ],
)
def test_whose_work_it_is(labels: dict[str, str], kubestellars: bool) -> None:
    assert Owner("work", "uid", labels).kubestellars is kubestellars


def test_workstatus() -> None:
    owner = Owner("mw", "owner-uid", {**KS_LABELS, "other": "label"})
    made = contract.workstatus(
        Work(UID, "mw", (DEPLOYMENT,)),
        DEPLOYMENT,
        owner,
        WecObject("Deployment", {"replicas": 1}, None),
    )
    assert made["metadata"]["labels"] == owner.labels
    (reference,) = made["metadata"]["ownerReferences"]
    assert (reference["kind"], reference["name"], reference["uid"]) == (
        "ManifestWork",
        "mw",
        "owner-uid",
    )
    assert made["spec"]["sourceRef"] == {
        "group": "apps",
        "version": "v1",
        "resource": "deployments",
        "kind": "Deployment",
        "name": "nginx-deployment",
        "namespace": "nginx",
    }
    assert made["status"] == {"replicas": 1}
    assert made["statusDetails"]["lastGeneration"] == 0
    assert made["statusDetails"]["lastGenerationIsApplied"] is False


def test_source_ref_of_a_cluster_scoped_object_says_so() -> None:
    # KubeStellar's controller refuses a sourceRef in which a string is missing rather than empty.
    applied = Applied("", "v1", "namespaces", "", "nginx")
    made = contract.workstatus(
        Work(UID, "mw", (applied,)), applied, Owner("mw", "u"), WecObject("Namespace", {}, None)
    )
    assert made["spec"]["sourceRef"]["group"] == ""
    assert made["spec"]["sourceRef"]["namespace"] == ""


def test_the_object_s_singleton_label_is_copied_too() -> None:
    thing = contract.wec_object_of(
        {
            "kind": "Deployment",
            "metadata": {"name": "d", "labels": {contract.SINGLETON_LABEL: "true", "a": "b"}},
        }
    )
    made = contract.workstatus(
        Work(UID, "mw", (DEPLOYMENT,)), DEPLOYMENT, Owner("mw", "u", KS_LABELS), thing
    )
    assert made["metadata"]["labels"] == {**KS_LABELS, contract.SINGLETON_LABEL: "true"}
    assert "status" not in made


def test_reading_an_applied_manifest_work() -> None:
    work = contract.work_of(
        {
            "metadata": {"name": "hash-mw", "uid": UID},
            "spec": {"manifestWorkName": "mw"},
            "status": {
                "appliedResources": [
                    {
                        "group": "apps",
                        "version": "v1",
                        "resource": "deployments",
                        "namespace": "nginx",
                        "name": "nginx-deployment",
                        "uid": "x",
                    },
                    {"version": "v1", "resource": "namespaces", "name": "nginx", "uid": "y"},
                ]
            },
        }
    )
    assert work == Work(UID, "mw", (DEPLOYMENT, Applied("", "v1", "namespaces", "", "nginx")))
    assert (
        contract.work_of({"metadata": {"uid": UID}, "spec": {"manifestWorkName": "mw"}}).applied
        == ()
    )
