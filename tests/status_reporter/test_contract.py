"""The contract of the OCM status add-on's agent: names, owners, what a WorkStatus holds."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.status_reporter import contract
from kubestellar_conformance.status_reporter.contract import AppliedManifestWork, ManifestWork
from kubestellar_conformance.status_reporter.resource import Json, Resource

UID = "3f9f2d6c-8a53-4c62-9c39-2f5f7f4a9f10"
KS_LABELS = {
    "transport.kubestellar.io/originOwnerReferenceBindingKey": "nginx-bpolicy",
    "transport.kubestellar.io/originWdsName": "wds1",
}
WORK = ManifestWork("mw", "cluster1", "mw-uid", {**KS_LABELS, "other": "label"})


def thing(api_version: str = "apps/v1", kind: str = "Deployment", **meta: Any) -> Json:
    meta = meta or {"namespace": "nginx", "name": "nginx-deployment"}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, "status": {"replicas": 1}}


def owner(name: str, kind: str = "AppliedManifestWork", api: str = contract.WORK_API) -> Json:
    return {"apiVersion": api, "kind": kind, "name": name, "uid": f"{name}-uid"}


def applied(*entries: Json) -> AppliedManifestWork:
    return AppliedManifestWork.of(
        {
            "metadata": {"name": "hash-mw", "uid": UID},
            "spec": {"manifestWorkName": "mw"},
            "status": {"appliedResources": list(entries)},
        }
    )


@pytest.mark.parametrize(
    ("group", "plural", "watched"),
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
def test_1_resources_that_a_work_has_watched(group: str, plural: str, watched: bool) -> None:
    entry = {"group": group, "version": "v1", "resource": plural, "name": "x", "uid": "u"}
    wanted = frozenset({Resource(group, "v1", plural)} if watched else ())
    assert applied(entry).resources == wanted


def test_1_reading_an_applied_manifest_work() -> None:
    deployment = {"group": "apps", "version": "v1", "resource": "deployments"}
    namespace = {"version": "v1", "resource": "namespaces"}  # the core group may be absent
    resources = {Resource("apps", "v1", "deployments"), Resource("", "v1", "namespaces")}
    work = applied(deployment, deployment, namespace)
    assert work == AppliedManifestWork("hash-mw", UID, "mw", frozenset(resources))
    assert applied().resources is None  # lists nothing yet
    fresh = {"metadata": {"name": "w", "uid": UID}, "spec": {"manifestWorkName": "mw"}}
    assert AppliedManifestWork.of(fresh).resources is None


@pytest.mark.parametrize(
    ("owners", "first"),
    [
        ([owner("a"), owner("b")], "a"),
        ([owner("b"), owner("a")], "b"),
        ([owner("rs", "ReplicaSet", "apps/v1"), owner("a")], "a"),
        ([owner("a", api="work.open-cluster-management.io/v1alpha1")], None),
        ([owner("mw", "ManifestWork")], None),
        ([], None),
    ],
)
def test_2_the_first_owner_of_its_kind(owners: list[Json], first: str | None) -> None:
    assert contract.first_owner(thing(name="x", ownerReferences=owners)) == first


def test_2_an_object_without_owners() -> None:
    assert contract.first_owner(thing(name="x")) is None


@pytest.mark.parametrize(
    ("made", "tail"),
    [
        (thing(), "appsv1-deployment-nginx-nginx-deployment"),
        (thing("v1", "Service", namespace="nginx", name="web"), "v1-service-nginx-web"),
        (thing("v1", "Namespace", name="nginx"), "v1-namespace--nginx"),
        (
            thing("work.Example.io/v1beta1", "AppWrapper", namespace="ns", name="name"),
            "work.example.iov1beta1-appwrapper-ns-name",
        ),
    ],
)
def test_3_name(made: Json, tail: str) -> None:
    assert contract.work_status_name(made, UID) == f"{UID}-{tail}"


def test_3_name_is_cut_at_253_characters() -> None:
    name = contract.work_status_name(thing(namespace="n" * 63, name="d" * 253), UID)
    assert len(name) == 253
    assert name.startswith(f"{UID}-appsv1-deployment-{'n' * 63}-ddd")


@pytest.mark.parametrize(
    ("labels", "from_kubestellar"),
    [
        (KS_LABELS, True),
        ({"managed-by.kubestellar.io/something": "true"}, True),
        ({}, False),
        ({"app.kubernetes.io/name": "transport.kubestellar.io"}, False),
    ],
)
def test_4_which_works_are_kubestellars(labels: dict[str, str], from_kubestellar: bool) -> None:
    assert ManifestWork("mw", "cluster1", "uid", labels).from_kubestellar is from_kubestellar


def test_4_reading_a_manifest_work() -> None:
    meta = {"name": "mw", "namespace": "cluster1", "uid": "mw-uid", "labels": dict(WORK.labels)}
    assert ManifestWork.of({"metadata": meta}) == WORK
    del meta["labels"]
    assert ManifestWork.of({"metadata": meta}).labels == {}


def test_4_labels_owner_and_mailbox() -> None:
    made = contract.work_status(thing(), "deployments", work_uid=UID, manifest_work=WORK)
    meta = made["metadata"]
    assert meta["name"] == f"{UID}-appsv1-deployment-nginx-nginx-deployment"
    assert meta["namespace"] == "cluster1"
    assert meta["labels"] == WORK.labels
    (reference,) = meta["ownerReferences"]
    assert (reference["apiVersion"], reference["kind"]) == (contract.WORK_API, "ManifestWork")
    assert (reference["name"], reference["uid"]) == ("mw", "mw-uid")
    assert reference["controller"] is True


def test_4_the_object_s_singleton_label_is_copied_too() -> None:
    labeled = thing(name="d", labels={contract.SINGLETON_LABEL: "true", "a": "b"})
    made = contract.work_status(labeled, "deployments", work_uid=UID, manifest_work=WORK)
    assert made["metadata"]["labels"] == {**WORK.labels, contract.SINGLETON_LABEL: "true"}


def test_5_source_ref_and_status_details() -> None:
    made = contract.work_status(thing(), "deployments", work_uid=UID, manifest_work=WORK)
    assert made["spec"]["sourceRef"] == {
        "group": "apps",
        "version": "v1",
        "resource": "deployments",
        "kind": "Deployment",
        "name": "nginx-deployment",
        "namespace": "nginx",
    }
    assert made["statusDetails"] == {
        "lastGeneration": 0,
        "lastGenerationIsApplied": False,
        "lastCurrencyUpdateTime": "1970-01-01T00:00:00Z",
    }


def test_5_source_ref_of_a_cluster_scoped_object_has_all_strings() -> None:
    namespace = thing("v1", "Namespace", name="nginx")
    made = contract.work_status(namespace, "namespaces", work_uid=UID, manifest_work=WORK)
    assert made["spec"]["sourceRef"]["group"] == ""
    assert made["spec"]["sourceRef"]["version"] == "v1"
    assert made["spec"]["sourceRef"]["namespace"] == ""


def test_6_the_status_is_written_after_the_creation() -> None:
    made = contract.work_status(thing(), "deployments", work_uid=UID, manifest_work=WORK)
    assert "status" not in made
    assert contract.status_of(thing()) == {"replicas": 1}
    assert contract.status_of({**thing(), "status": {}}) == {}
    assert contract.status_of({"metadata": {}}) is None
