"""What the status reporter concludes from the state of the WEC; no API server.

The numbers are those of the contract's sentences; `test_sentences` has the ones that
concern the ITS.
"""

from __future__ import annotations

import itertools

import pytest

from kubestellar_conformance.status_reporter.contract import WORK_API
from kubestellar_conformance.status_reporter.mirror import Key, Mirror, ObjectTable, UnknownWork
from kubestellar_conformance.status_reporter.resource import Json, Resource

DEPLOYMENTS, SECRETS = Resource("apps", "v1", "deployments"), Resource("", "v1", "secrets")
STATEFULSETS = Resource("apps", "v1", "statefulsets")
WEB, OTHER = Key(DEPLOYMENTS, "nginx", "web"), Key(DEPLOYMENTS, "nginx", "other")
versions = itertools.count(1)


def work(name: str, *resources: Resource) -> Json:
    """An AppliedManifestWork that lists one object of each resource, none of them called web."""
    entries = [
        {"group": r.group, "version": r.version, "resource": r.plural, "name": "x", "uid": "u"}
        for r in resources
    ]
    return {
        "metadata": {"name": name, "uid": f"{name}-uid"},
        "spec": {"manifestWorkName": f"mw-{name}"},
        "status": {"appliedResources": entries},
    }


def deployment(name: str, *owners: str, version: int | None = None) -> Json:
    references = [
        {"apiVersion": WORK_API, "kind": "AppliedManifestWork", "name": o} for o in owners
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "namespace": "nginx",
            "name": name,
            "resourceVersion": str(version or next(versions)),
            "ownerReferences": references,
        },
    }


def due(mirror: Mirror) -> list[Key]:
    """Take all keys that are due."""
    return list(iter(lambda: mirror.queue.take(0.0), None))


def owner_of(mirror: Mirror, key: Key) -> str | None:
    todo = mirror.todo(key)
    return todo.work.uid if todo else None


@pytest.fixture
def mirror() -> Mirror:
    """One work, which lists a Deployment."""
    made = Mirror()
    assert not made.ready
    made.works_listed([work("a", DEPLOYMENTS)])
    assert made.ready
    return made


@pytest.fixture
def table(mirror: Mirror) -> ObjectTable:
    """Deployments are watched and listed, none has been reported."""
    made = mirror.open_table(DEPLOYMENTS)
    mirror.objects_listed(made, [deployment("web", "a"), deployment("other")])
    return made


def test_1_every_resource_that_a_work_lists_is_watched(mirror: Mirror) -> None:
    mirror.work_seen("ADDED", work("b", STATEFULSETS, SECRETS))
    assert mirror.resources == {DEPLOYMENTS, STATEFULSETS}


@pytest.mark.parametrize("how", ["changed", "deleted", "listed"])
def test_1_a_watch_ends_with_the_last_object_listed(mirror: Mirror, how: str) -> None:
    mirror.work_seen("ADDED", work("b", DEPLOYMENTS))
    mirror.work_seen("DELETED", work("b", DEPLOYMENTS))
    assert mirror.resources == {DEPLOYMENTS}
    match how:
        case "changed":
            mirror.work_seen("MODIFIED", work("a", SECRETS))
        case "deleted":
            mirror.work_seen("DELETED", work("a"))
        case "listed":
            mirror.works_listed([])
    assert mirror.resources == set()


@pytest.mark.parametrize("how", ["changed", "listed"])
def test_1_a_list_that_becomes_empty_ends_no_watch(mirror: Mirror, how: str) -> None:
    # Else the deletion of the work's objects would not be seen: OCM empties the list before.
    if how == "changed":
        mirror.work_seen("MODIFIED", work("a"))
    else:
        mirror.works_listed([work("a")])
    assert mirror.resources == {DEPLOYMENTS}


@pytest.mark.usefixtures("table")
def test_2_an_object_that_no_work_lists_is_reported_for_its_owner(mirror: Mirror) -> None:
    assert set(due(mirror)) == {WEB, OTHER}
    assert owner_of(mirror, WEB) == "a-uid"
    assert mirror.todo(OTHER) is None


def test_2_an_object_of_two_works_is_reported_for_the_first(
    mirror: Mirror, table: ObjectTable
) -> None:
    mirror.work_seen("ADDED", work("b", DEPLOYMENTS))
    mirror.object_seen(table, "MODIFIED", deployment("web", "b", "a"))
    assert owner_of(mirror, WEB) == "b-uid"


def test_2_an_owner_that_the_wec_does_not_have_is_an_error_to_retry(
    mirror: Mirror, table: ObjectTable
) -> None:
    mirror.object_seen(table, "MODIFIED", deployment("web", "late"))
    with pytest.raises(UnknownWork, match="late"):
        mirror.todo(WEB)
    mirror.work_seen("ADDED", work("late", DEPLOYMENTS))
    assert owner_of(mirror, WEB) == "late-uid"


def test_6_each_new_version_of_an_object_is_reported(mirror: Mirror, table: ObjectTable) -> None:
    due(mirror)
    seven, eight = (deployment("web", "a", version=version) for version in (7, 8))
    mirror.object_seen(table, "MODIFIED", seven)
    mirror.object_seen(table, "MODIFIED", eight)
    assert due(mirror) == [WEB]
    todo = mirror.todo(WEB)
    assert todo is not None
    assert todo.thing is eight
    assert not todo.deleted
    mirror.object_seen(table, "MODIFIED", eight)
    assert due(mirror) == []


def test_7_a_deleted_object_is_reported_for_its_first_owner_at_that_moment(
    mirror: Mirror, table: ObjectTable
) -> None:
    mirror.work_seen("ADDED", work("b", DEPLOYMENTS))
    due(mirror)
    mirror.object_seen(table, "DELETED", deployment("web", "b", "a"))
    assert due(mirror) == [WEB]
    todo = mirror.todo(WEB)
    assert todo is not None
    assert todo.deleted
    assert todo.work.uid == "b-uid"
    mirror.done(WEB, todo)
    assert mirror.todo(WEB) is None


def test_7_an_object_deleted_during_an_outage_of_the_wec(
    mirror: Mirror, table: ObjectTable
) -> None:
    same, web = deployment("other", "a"), deployment("web", "a")
    mirror.objects_listed(table, [same, web])
    due(mirror)
    mirror.objects_listed(table, [same])
    assert due(mirror) == [WEB]
    todo = mirror.todo(WEB)
    assert todo is not None
    assert todo.deleted
    assert todo.thing is web


def test_7_an_object_deleted_and_created_again_is_not_reported_as_deleted(
    mirror: Mirror, table: ObjectTable
) -> None:
    mirror.object_seen(table, "DELETED", deployment("web", "a"))
    mirror.object_seen(table, "ADDED", deployment("web", "a"))
    todo = mirror.todo(WEB)
    assert todo is not None
    assert not todo.deleted


def test_7_an_object_deleted_while_its_earlier_deletion_is_reported(
    mirror: Mirror, table: ObjectTable
) -> None:
    mirror.object_seen(table, "DELETED", deployment("web", "a"))
    todo = mirror.todo(WEB)
    mirror.object_seen(table, "DELETED", deployment("web", "a"))
    mirror.done(WEB, todo)
    assert mirror.todo(WEB) is not None


def test_8_all_objects_are_reported_at_the_start(mirror: Mirror) -> None:
    table = mirror.open_table(DEPLOYMENTS)
    mirror.objects_listed(table, [deployment("web", "a"), deployment("other", "a")])
    assert set(due(mirror)) == {WEB, OTHER}
    mirror.objects_listed(table, list(table.objects.values()))  # after an outage, unchanged
    assert due(mirror) == []


@pytest.mark.usefixtures("table")
def test_9_a_report_that_succeeds_ends_the_back_off(mirror: Mirror) -> None:
    due(mirror)
    assert [mirror.queue.failed(WEB, 0.0) for _ in range(2)] == [1, 2]
    mirror.done(WEB, mirror.todo(WEB))
    assert mirror.queue.failed(WEB, 0.0) == 1


def test_a_closed_table_has_no_effect(mirror: Mirror, table: ObjectTable) -> None:
    due(mirror)
    mirror.close_table(DEPLOYMENTS)
    mirror.object_seen(table, "MODIFIED", deployment("web", "a"))
    assert due(mirror) == []
    assert mirror.todo(WEB) is None
    again = mirror.open_table(DEPLOYMENTS)
    mirror.objects_listed(again, [deployment("web", "a")])
    mirror.object_seen(table, "DELETED", deployment("web", "a"))
    todo = mirror.todo(WEB)
    assert todo is not None
    assert not todo.deleted
