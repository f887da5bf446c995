"""The latest state of each object, in whatever order states arrive."""

from __future__ import annotations

from kubestellar_conformance.spaces.contents import Contents
from kubestellar_conformance.spaces.refs import CONFIG_MAP, Obj


def state(version: int, uid: str = "a") -> Obj:
    metadata = {"name": "it", "namespace": "default", "uid": uid, "resourceVersion": str(version)}
    return {"metadata": metadata}


def contents(told: list[str]) -> Contents:
    return Contents(CONFIG_MAP, lambda verb, _obj, _missed: told.append(verb), lambda _: None)


def test_a_late_state_does_not_bring_a_deleted_object_back() -> None:
    told: list[str] = []
    found = contents(told)
    found.store(state(2))
    found.remove(state(3))
    found.store(state(1))
    assert found.get(("default", "it")) is None
    assert told == ["ADDED", "DELETED"]


def test_an_object_of_a_kind_that_was_not_served_for_a_while_is_known_again() -> None:
    told: list[str] = []
    found = contents(told)
    found.store(state(2))
    found.clear()
    found.accept([state(2)], 9, missed=True)
    assert found.get(("default", "it")) is not None
    assert told == ["ADDED", "DELETED", "ADDED"]


def test_a_list_that_is_older_than_what_was_written_leaves_that() -> None:
    found = contents([])
    found.store(state(101))
    found.accept([state(100)], 100, missed=False)
    held = found.get(("default", "it"))
    assert held is not None
    assert held["metadata"]["resourceVersion"] == "101"
