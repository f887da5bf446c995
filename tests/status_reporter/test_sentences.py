"""The contract of the add-on's agent, kept by the reporter as a process between real API servers.

The numbers in the names are those of the contract's sentences.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.status_reporter.connection import Connection, Refused, Unreachable
from kubestellar_conformance.status_reporter.contract import SINGLETON_LABEL
from kubestellar_conformance.status_reporter.resource import Json, Resource
from tests.support.reporter_rig import DEPLOYMENTS, KS_LABELS, MERGE, Rig, Seen, entry


def test_1_resources_without_status_are_not_watched(rig: Rig) -> None:
    never = [entry("configmaps"), entry("clusterroles", "rbac.authorization.k8s.io")]
    work = rig.work(*never, entry("namespaces"), entry("deployments", "apps"))
    config = {"metadata": {"name": work.applied, "ownerReferences": [work.owner]}}
    rig.wec.request("POST", "/api/v1/namespaces/default/configmaps", config)
    rig.wec.request("POST", "/api/v1/namespaces", config)
    namespace = f"{work.uid}-v1-namespace--{work.applied}"
    rig.seen.status(namespace, {"phase": "Active"})
    deployment = rig.deployment(work, status={"replicas": 1})
    rig.seen.status(work.status_of(deployment), {"replicas": 1})
    names = rig.seen.wait("all", lambda objects: set(objects))
    assert names == {namespace, work.status_of(deployment)}


def test_1_a_watch_ends_with_the_last_object_listed(rig: Rig) -> None:
    first, second = rig.work(), rig.work()
    deployment = rig.deployment(first, status={"replicas": 1})
    name = first.status_of(deployment)
    rig.seen.status(name, {"replicas": 1})
    rig.list_applied(first, entry("services"))
    rig.set_status(deployment, {"replicas": 2})  # which the second work's list keeps watched
    rig.seen.status(name, {"replicas": 2})
    rig.list_applied(second)  # OCM empties the list before it deletes the work's objects
    rig.set_status(deployment, {"replicas": 3})
    rig.seen.status(name, {"replicas": 3})
    rig.delete_applied(second)
    rig.log.wait("stop watching deployments.apps")
    rig.set_status(deployment, {"replicas": 4})
    third = rig.work(entry("namespaces"))
    owned = {"metadata": {"name": third.applied, "ownerReferences": [third.owner]}}
    rig.wec.request("POST", "/api/v1/namespaces", owned)
    rig.seen.status(f"{third.uid}-v1-namespace--{third.applied}", {"phase": "Active"})
    rig.seen.status(name, {"replicas": 3})  # still
    rig.work()
    rig.seen.status(name, {"replicas": 4})  # Deployments are watched again


def test_1_a_kind_that_is_served_later(rig: Rig) -> None:
    plural, group = "things", f"{rig.cluster}.example.io"
    work = rig.work(entry(plural, group))
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    rig.wec.request(
        "POST",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        {
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {
                "group": group,
                "scope": "Namespaced",
                "names": {"plural": plural, "kind": "Thing", "listKind": "Odd"},
                "versions": [version],
            },
        },
    )
    things = Resource(group, "v1", plural, "default")
    served = Seen(rig.wec, things)
    served.wait("the kind served", lambda _: not _refused(rig.wec, things))
    served.close()
    thing = {
        "apiVersion": f"{group}/v1",
        "kind": "Thing",
        "metadata": {"name": "it", "ownerReferences": [work.owner]},
        "status": {"is": "here"},
    }
    rig.wec.request("POST", things.path(), thing)
    rig.seen.status(f"{work.uid}-{group}v1-thing-default-it", {"is": "here"})


def _refused(connection: Connection, resource: Resource) -> bool:
    try:
        connection.request("GET", resource.path())
    except (Refused, Unreachable):
        return True
    return False


def test_2_an_object_of_two_works_has_one_workstatus(rig: Rig) -> None:
    deployment = f"{rig.cluster}-of-two"
    first, second = (rig.work(entry("deployments", "apps", deployment)) for _ in range(2))
    rig.deployment(second, first, status={"replicas": 1}, name=deployment)
    rig.seen.status(second.status_of(deployment), {"replicas": 1})
    rig.catch_up()
    names = rig.seen.wait("all", lambda objects: [name for name in objects if deployment in name])
    assert names == [second.status_of(deployment)]


def test_2_the_owner_decides_and_not_the_list(rig: Rig) -> None:
    listed = rig.deployment()
    work = rig.work(entry("deployments", "apps", listed))
    owned = rig.deployment(work, status={"replicas": 1})
    rig.seen.status(work.status_of(owned), {"replicas": 1})
    rig.set_status(listed, {"replicas": 2})
    rig.catch_up()
    assert work.status_of(listed) not in rig.seen.wait("all", lambda objects: set(objects))


def test_3_name_of_a_long_named_object(rig: Rig) -> None:
    work, long = rig.work(), "d" * 253
    deployment = rig.deployment(work, status={"replicas": 1}, name=long)
    name = work.status_of(deployment)[:253]
    assert rig.seen.status(name, {"replicas": 1})["spec"]["sourceRef"]["name"] == long


def test_4_labels_and_owner_of_a_workstatus(rig: Rig) -> None:
    work = rig.work()
    deployment = rig.deployment(work, status={"replicas": 1})
    made = rig.seen.status(work.status_of(deployment), {"replicas": 1})
    assert made["metadata"]["labels"] == KS_LABELS
    (owner,) = made["metadata"]["ownerReferences"]
    manifest_work = rig.its.request("GET", rig.manifest_works.path(work.manifest_work))
    assert owner["kind"] == "ManifestWork"
    assert owner["uid"] == manifest_work["metadata"]["uid"]
    assert owner["controller"] is True


def test_4_none_for_a_manifest_work_without_kubestellar_s_labels(rig: Rig) -> None:
    work = rig.work(labels={"other": "manager"})
    deployment = rig.deployment(work, status={"replicas": 1})
    rig.catch_up()
    patch = {"metadata": {"labels": KS_LABELS}}
    path = rig.manifest_works.path(work.manifest_work)
    rig.its.request("PATCH", path, patch, content_type=MERGE)
    rig.catch_up()
    assert work.status_of(deployment) not in rig.seen.wait("all", lambda objects: set(objects))
    rig.set_status(deployment, {"replicas": 2})  # the next change brings it
    rig.seen.status(work.status_of(deployment), {"replicas": 2})


def test_4_created_when_a_manifest_work_that_was_absent_exists(rig: Rig) -> None:
    work = rig.work(on_its=False)
    deployment = rig.deployment(work, status={"replicas": 1})
    rig.log.wait("trying again", work.manifest_work)
    rig.manifest_work(work.manifest_work, {"managed-by.kubestellar.io/legacy": "true"})
    made = rig.seen.status(work.status_of(deployment), {"replicas": 1})
    assert made["metadata"]["labels"] == {"managed-by.kubestellar.io/legacy": "true"}


def test_4_later_labels_of_the_manifest_work_are_not_copied(rig: Rig) -> None:
    work = rig.work()
    deployment = rig.deployment(work, status={"replicas": 1})
    rig.seen.status(work.status_of(deployment), {"replicas": 1})
    patch = {"metadata": {"labels": {"transport.kubestellar.io/originWdsName": "wds2"}}}
    path = rig.manifest_works.path(work.manifest_work)
    rig.its.request("PATCH", path, patch, content_type=MERGE)
    rig.set_status(deployment, {"replicas": 2})
    made = rig.seen.status(work.status_of(deployment), {"replicas": 2})
    assert made["metadata"]["labels"] == KS_LABELS


def test_4_the_singleton_label_is_added_later_and_never_removed(rig: Rig) -> None:
    work = rig.work()
    deployment = rig.deployment(work, status={"replicas": 1})
    name = work.status_of(deployment)
    rig.seen.status(name, {"replicas": 1})

    def labeled(value: str) -> Callable[[dict[str, Json]], bool]:
        wanted = {**KS_LABELS, SINGLETON_LABEL: value}
        return lambda objects: bool(objects[name]["metadata"]["labels"] == wanted)

    for value in ("true", "false"):
        rig.set_meta(deployment, {"labels": {SINGLETON_LABEL: value}})
        rig.seen.wait(f"the label with value {value}", labeled(value))
    rig.set_meta(deployment, {"labels": {SINGLETON_LABEL: None}})
    rig.set_status(deployment, {"replicas": 2})
    rig.seen.status(name, {"replicas": 2})
    rig.seen.wait("the label still", labeled("false"))


def test_5_source_ref_and_status_details(rig: Rig) -> None:
    work = rig.work()
    deployment = rig.deployment(work, status={"replicas": 1})
    made = rig.seen.status(work.status_of(deployment), {"replicas": 1})
    assert made["spec"]["sourceRef"] == {
        "group": "apps",
        "version": "v1",
        "resource": "deployments",
        "kind": "Deployment",
        "name": deployment,
        "namespace": "default",
    }
    assert made["statusDetails"] == {
        "lastGeneration": 0,
        "lastGenerationIsApplied": False,
        "lastCurrencyUpdateTime": "1970-01-01T00:00:00Z",
    }


def test_6_the_status_is_replaced_as_a_whole(rig: Rig) -> None:
    times = dict.fromkeys(("lastUpdateTime", "lastTransitionTime"), "2024-01-01T00:00:00Z")
    condition = {"type": "Available", "status": "True", **times}
    work, status = rig.work(), {"replicas": 1, "conditions": [condition], "observedGeneration": 1}
    deployment = rig.deployment(work, status=status)
    made = rig.seen.status(work.status_of(deployment), status)
    # KubeStellar dates a returned status by the managed fields of the status.
    fields = [e for e in made["metadata"]["managedFields"] if "f:status" in e["fieldsV1"]]
    assert [entry["subresource"] for entry in fields] == ["status"]
    rig.set_status(deployment, {"replicas": 2})
    rig.seen.status(work.status_of(deployment), {"replicas": 2})
    rig.set_status(deployment, {})
    rig.seen.status(work.status_of(deployment), {})


def test_6_a_change_that_leaves_the_status_alone_writes_nothing(rig: Rig) -> None:
    work = rig.work()
    deployment = rig.deployment(work, status={"replicas": 2})
    before = rig.seen.status(work.status_of(deployment), {"replicas": 2})
    rig.wec.request(
        "PATCH", DEPLOYMENTS.path(deployment), {"spec": {"replicas": 7}}, content_type=MERGE
    )
    rig.catch_up()
    version = rig.version(work.status_of(deployment))
    assert version == before["metadata"]["resourceVersion"]


def test_6_an_object_without_status_has_a_workstatus_without_one(rig: Rig) -> None:
    work = rig.work(entry("endpoints"), entry("persistentvolumes"))
    endpoints = {"metadata": {"name": f"{work.applied}", "ownerReferences": [work.owner]}}
    rig.wec.request("POST", "/api/v1/namespaces/default/endpoints", endpoints)
    name = f"{work.uid}-v1-endpoints-default-{work.applied}"
    made = rig.seen.status(name, None)
    assert made["spec"]["sourceRef"]["kind"] == "Endpoints"
    rig.log.wait(work.applied, "trying again", "no status")


def test_7_deleted_with_the_object_and_created_again_with_it(rig: Rig) -> None:
    work = rig.work()
    deployment = rig.deployment(work, status={"replicas": 1})
    first = rig.seen.status(work.status_of(deployment), {"replicas": 1})
    rig.wec.request("DELETE", DEPLOYMENTS.path(deployment))
    rig.seen.gone(work.status_of(deployment))
    rig.deployment(work, status={"replicas": 2}, name=deployment)
    second = rig.seen.status(work.status_of(deployment), {"replicas": 2})
    assert second["metadata"]["uid"] != first["metadata"]["uid"]


def test_7_an_object_whose_workstatus_others_have_deleted_is_deleted(rig: Rig) -> None:
    work = rig.work()
    deployment = rig.deployment(work, status={"replicas": 1})
    name = work.status_of(deployment)
    rig.seen.status(name, {"replicas": 1})
    rig.its.request("DELETE", rig.work_statuses.path(name))
    rig.seen.gone(name)
    rig.wec.request("DELETE", DEPLOYMENTS.path(deployment))
    rig.log.wait(f"delete WorkStatus {name}")
    rig.catch_up()
    assert not [line for line in rig.log.lines if "trying again" in line and "404" in line]


def test_7_the_next_owner_s_workstatus_when_the_first_goes(rig: Rig) -> None:
    first, second = rig.work(), rig.work()
    deployment = rig.deployment(first, second, status={"replicas": 1})
    old = rig.seen.status(first.status_of(deployment), {"replicas": 1})
    rig.set_meta(deployment, {"ownerReferences": [second.owner]})
    new = rig.seen.status(second.status_of(deployment), {"replicas": 1})
    assert new["metadata"]["ownerReferences"][0]["name"] == second.manifest_work
    # The old one is left to the garbage collection in the ITS, which goes by its owner.
    rig.catch_up()
    kept = rig.seen.status(first.status_of(deployment), {"replicas": 1})
    assert kept["metadata"]["ownerReferences"] == old["metadata"]["ownerReferences"]
    assert kept["metadata"]["ownerReferences"][0]["name"] == first.manifest_work
    rig.wec.request("DELETE", DEPLOYMENTS.path(deployment))
    rig.seen.gone(second.status_of(deployment))
    assert rig.version(first.status_of(deployment)) == kept["metadata"]["resourceVersion"]


def test_7_twenty_objects_created_deleted_and_created_again(rig: Rig) -> None:
    names, work = [f"{rig.cluster}-burst-{n}" for n in range(20)], rig.work()

    def create(name: str) -> None:
        rig.deployment(work, name=name)

    def delete(name: str) -> None:
        rig.wec.request("DELETE", DEPLOYMENTS.path(name))

    for act in (create, delete, create):
        for name in names:
            act(name)
    for number, name in enumerate(names):
        rig.set_status(name, {"replicas": number})
    for number, name in enumerate(names):
        rig.seen.status(work.status_of(name), {"replicas": number} if number else {})


@pytest.mark.parametrize("change", ["deleted", "edited"])
def test_8_a_workstatus_changed_by_others_returns_with_the_next_change(
    rig: Rig, change: str
) -> None:
    work = rig.work()
    deployment = rig.deployment(work, status={"replicas": 1})
    name = work.status_of(deployment)
    rig.seen.status(name, {"replicas": 1})
    if change == "deleted":
        rig.its.request("DELETE", rig.work_statuses.path(name))
        rig.seen.gone(name)
    else:
        edit = {"status": {"replicas": 99}}
        path = rig.work_statuses.path(name, "status")
        rig.its.request("PATCH", path, edit, content_type=MERGE)
        rig.seen.status(name, {"replicas": 99})
    rig.catch_up()
    if change == "deleted":
        assert name not in rig.seen.wait("all", lambda objects: set(objects))
    else:
        rig.seen.status(name, {"replicas": 99})
    rig.set_meta(deployment, {"annotations": {"any": "change"}})
    rig.seen.status(name, {"replicas": 1})


def test_8_at_its_start_it_goes_through_all_objects_once(rig: Rig) -> None:
    work = rig.work()
    changed, lost, removed = (rig.deployment(work, status={"replicas": 1}) for _ in range(3))
    for deployment in (changed, lost, removed):
        rig.seen.status(work.status_of(deployment), {"replicas": 1})
    rig.end()
    rig.set_status(changed, {"replicas": 2})
    rig.its.request("DELETE", rig.work_statuses.path(work.status_of(lost)))
    rig.seen.gone(work.status_of(lost))
    rig.wec.request("DELETE", DEPLOYMENTS.path(removed))
    rig.start()
    rig.seen.status(work.status_of(changed), {"replicas": 2})
    rig.seen.status(work.status_of(lost), {"replicas": 1})
    rig.seen.status(work.status_of(removed), {"replicas": 1})  # of which nothing tells it


def test_9_retries_until_the_its_is_back(rig: Rig) -> None:
    work = rig.work()
    changed, removed = (rig.deployment(work, status={"replicas": 1}) for _ in range(2))
    for deployment in (changed, removed):
        rig.seen.status(work.status_of(deployment), {"replicas": 1})
    rig.its_server.stop()
    rig.set_status(changed, {"replicas": 2})
    rig.wec.request("DELETE", DEPLOYMENTS.path(removed))
    rig.log.wait("the ITS was not written, trying again")
    rig.its_server.start()
    rig.seen.status(work.status_of(changed), {"replicas": 2})
    rig.seen.gone(work.status_of(removed))
