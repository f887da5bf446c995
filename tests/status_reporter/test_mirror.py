"""What the status reporter concludes from what both sides hold; no API server."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.status_reporter.contract import MANAGER
from kubestellar_conformance.status_reporter.existing import Existing
from kubestellar_conformance.status_reporter.mirror import Mirror, ObjectTable
from kubestellar_conformance.status_reporter.resource import Json, Resource

UID = "3f9f2d6c-8a53-4c62-9c39-2f5f7f4a9f10"
NAME = f"{UID}-appsv1-deployment-nginx-web"
DEPLOYMENTS = Resource("apps", "v1", "deployments")


def work(*names: str, uid: str = UID, resource: str = "deployments") -> Json:
    entries = [
        {"group": "apps", "version": "v1", "resource": resource, "namespace": "nginx", "name": n}
        for n in names
    ]
    return {
        "metadata": {"name": f"hash-{uid}", "uid": uid},
        "spec": {"manifestWorkName": "mw"},
        "status": {"appliedResources": entries},
    }


def owner(**labels: str) -> Json:
    labels = labels or {"transport.kubestellar.io/originWdsName": "wds1"}
    return {"metadata": {"name": "mw", "uid": "owner", "labels": labels}}


def deployment(name: str, status: Any) -> Json:
    return {
        "kind": "Deployment",
        "metadata": {"namespace": "nginx", "name": name},
        "status": status,
    }


def stored(wanted: Json, revision: int = 1, manager: str = MANAGER) -> Json:
    meta = {
        **wanted["metadata"],
        "resourceVersion": str(revision),
        "managedFields": [{"manager": manager}],
    }
    return {**wanted, "metadata": meta}


@pytest.fixture
def mirror() -> Mirror:
    """Both sides listed, with one work of KubeStellar's."""
    made = Mirror()
    made.owners_listed([owner()])
    made.existing_listed([])
    assert not made.ready
    made.works_listed([work("web")])
    assert made.ready
    return made


@pytest.fixture
def table(mirror: Mirror) -> ObjectTable:
    """Deployments followed, the work's one there."""
    made = mirror.open_table(DEPLOYMENTS)
    mirror.objects_listed(made, [deployment("web", {"replicas": 1}), deployment("other", {})])
    return made


def only_wanted(mirror: Mirror) -> Json:
    (change,) = mirror.changes(UID)
    assert change.wanted is not None
    return change.wanted


def test_what_has_to_be_followed(mirror: Mirror) -> None:
    assert mirror.resources() == {DEPLOYMENTS}
    mirror.works_listed([work("web", resource="statefulsets")])
    assert mirror.resources() == {Resource("apps", "v1", "statefulsets")}
    mirror.owners_listed([owner(some="label")])
    assert mirror.resources() == set()


@pytest.mark.usefixtures("table")
def test_a_missing_workstatus_is_wanted(mirror: Mirror) -> None:
    assert UID in mirror.dirty
    assert only_wanted(mirror)["metadata"]["name"] == NAME


@pytest.mark.usefixtures("table")
def test_nothing_to_do_when_all_is_as_it_has_to_be(mirror: Mirror) -> None:
    mirror.existing_seen("ADDED", stored(only_wanted(mirror)))
    assert mirror.changes(UID) == []


def test_only_changes_of_what_matters_make_dirty(mirror: Mirror, table: ObjectTable) -> None:
    mirror.dirty.clear()
    mirror.object_seen(
        table, "MODIFIED", deployment("web", {"replicas": 1}) | {"spec": {"replicas": 2}}
    )
    mirror.object_seen(table, "MODIFIED", deployment("other", {"replicas": 3}))
    assert mirror.dirty == set()
    mirror.object_seen(table, "MODIFIED", deployment("web", {"replicas": 2}))
    assert mirror.dirty == {UID}


def test_a_status_that_loses_a_field_is_replaced_whole(mirror: Mirror, table: ObjectTable) -> None:
    mirror.existing_seen("ADDED", stored(only_wanted(mirror)))
    mirror.object_seen(table, "MODIFIED", deployment("web", {}))
    (change,) = mirror.changes(UID)
    assert change.existing is not None
    assert change.wanted is not None
    assert change.existing.spec_patch(change.wanted) == []
    assert change.existing.status_patch(change.wanted) == [
        {"op": "add", "path": "/status", "value": {}}
    ]


def test_a_status_that_is_no_more_is_removed(mirror: Mirror, table: ObjectTable) -> None:
    mirror.existing_seen("ADDED", stored(only_wanted(mirror)))
    mirror.object_seen(table, "MODIFIED", deployment("web", None))
    (change,) = mirror.changes(UID)
    assert change.existing is not None
    assert change.wanted is not None
    assert change.existing.status_patch(change.wanted) == [{"op": "remove", "path": "/status"}]


@pytest.mark.usefixtures("table")
def test_labels_follow_the_manifest_work(mirror: Mirror) -> None:
    mirror.existing_seen("ADDED", stored(only_wanted(mirror)))
    mirror.dirty.clear()
    labels = {"transport.kubestellar.io/originWdsName": "wds1", "more": "labels"}
    mirror.owner_seen("MODIFIED", owner(**labels))
    assert mirror.dirty == {UID}
    assert only_wanted(mirror)["metadata"]["labels"] == labels


@pytest.mark.parametrize(
    "why", ["object deleted", "no longer listed", "work deleted", "ManifestWork gone"]
)
def test_what_makes_a_workstatus_needless(mirror: Mirror, table: ObjectTable, why: str) -> None:
    mirror.existing_seen("ADDED", stored(only_wanted(mirror)))
    mirror.dirty.clear()
    match why:
        case "object deleted":
            mirror.object_seen(table, "DELETED", deployment("web", {}))
        case "no longer listed":
            mirror.work_seen("MODIFIED", work())
        case "work deleted":
            mirror.work_seen("DELETED", work("web"))
        case "ManifestWork gone":
            mirror.owner_seen("DELETED", owner())
    assert mirror.dirty == {UID}
    (change,) = mirror.changes(UID)
    assert change.wanted is None
    assert change.existing is not None
    assert change.existing.name == NAME


def test_what_happened_during_an_outage_of_the_wec(mirror: Mirror, table: ObjectTable) -> None:
    mirror.existing_seen("ADDED", stored(only_wanted(mirror)))
    mirror.dirty.clear()
    mirror.objects_listed(table, [deployment("other", {"replicas": 1})])
    assert mirror.dirty == {UID}
    assert [change.wanted for change in mirror.changes(UID)] == [None]


@pytest.mark.usefixtures("table")
def test_what_happened_during_an_outage_of_the_its(mirror: Mirror) -> None:
    mirror.existing_seen("ADDED", stored(only_wanted(mirror)))
    mirror.dirty.clear()
    mirror.existing_listed([])
    assert mirror.dirty == {UID}
    assert only_wanted(mirror)["metadata"]["name"] == NAME


def test_leftovers_of_a_work_that_went_before_the_start(mirror: Mirror) -> None:
    gone = "00000000-0000-0000-0000-000000000000"
    leftover = {"metadata": {"name": f"{gone}-v1-namespace--x"}, "spec": {}}
    mirror.existing_listed(
        [stored(leftover), stored({"metadata": {"name": f"{gone}-mine"}}, manager="kubectl")]
    )
    assert gone in mirror.dirty
    (change,) = mirror.changes(gone)
    assert change.wanted is None
    assert change.existing is not None
    assert (
        change.existing.name == f"{gone}-v1-namespace--x"
    )  # and the other, which someone else made, stays


def test_nothing_is_deleted_while_the_objects_are_unknown(mirror: Mirror) -> None:
    ref = {
        "group": "apps",
        "version": "v1",
        "resource": "deployments",
        "namespace": "nginx",
        "name": "web",
    }
    mirror.existing_seen("ADDED", stored({"metadata": {"name": NAME}, "spec": {"sourceRef": ref}}))
    assert mirror.changes(UID) == []
    mirror.objects_listed(mirror.open_table(DEPLOYMENTS), [])
    assert [change.wanted for change in mirror.changes(UID)] == [None]


def test_a_closed_table_has_no_say(mirror: Mirror, table: ObjectTable) -> None:
    mirror.close_table(DEPLOYMENTS)
    again = mirror.open_table(DEPLOYMENTS)
    mirror.objects_listed(again, [deployment("web", {"replicas": 2})])
    mirror.object_seen(table, "MODIFIED", deployment("web", {"replicas": 1}))
    assert only_wanted(mirror)["status"] == {"replicas": 2}


@pytest.mark.usefixtures("table")
def test_old_news_of_a_workstatus_changes_nothing(mirror: Mirror) -> None:
    wanted = only_wanted(mirror)
    mirror.existing_seen("MODIFIED", stored(wanted, revision=12))  # the answer to our own write
    mirror.existing_seen("DELETED", stored(wanted, revision=10))  # of the one before it
    mirror.existing_seen("ADDED", stored({**wanted, "status": {}}, revision=11))
    assert mirror.changes(UID) == []


def test_two_works_that_list_one_object_have_a_workstatus_each(
    mirror: Mirror, table: ObjectTable
) -> None:
    other = "00000000-0000-0000-0000-000000000000"
    mirror.work_seen("ADDED", work("web", uid=other))
    mirror.dirty.clear()
    mirror.object_seen(table, "MODIFIED", deployment("web", {"replicas": 5}))
    assert mirror.dirty == {UID, other}


def test_who_made_a_workstatus_is_read_from_its_managed_fields() -> None:
    thing = {"metadata": {"name": "x"}}
    assert Existing.of(stored(thing)).ours
    assert not Existing.of(stored(thing, manager="kubectl")).ours
