"""The memory of what an object has held: every state counts, whatever the order in which it comes."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.spaces import memory
from kubestellar_conformance.spaces.memory import NEVER, Memory, paths_of, was_held
from kubestellar_conformance.spaces.refs import CONFIG_MAP, Obj, Ref, binding

REF = Ref(CONFIG_MAP, "n", "x")


def state(version: int = 1, uid: str = "a", created: int = 0, **labels: str) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "x",
            "namespace": "n",
            "uid": uid,
            "resourceVersion": str(version),
            "creationTimestamp": f"2026-01-01T00:00:{created:02}Z",
            "labels": labels,
        },
    }


def labels(*keys: str) -> frozenset[str]:
    return frozenset(f"metadata.labels[{key}]" for key in keys)


def holding(*states: Obj) -> Memory:
    made = Memory()
    for one in states:
        made.take(REF, one)
    return made


def test_all_that_an_object_has_held() -> None:
    found = state(created=30)
    assert Memory().held(REF, found) == NEVER
    assert holding(state(1, a="1", b="2"), state(2, a="2")).held(REF, found) == labels("a", "b")
    assert holding(state(2, a="2"), state(1, b="2")).held(REF, found) == labels("a", "b")


def test_an_earlier_object_of_the_name_counts_for_what_is_as_old_as_it() -> None:
    known = holding(state(1, "a", 0, a="1", b="2"), state(5, "b", 10, a="1", c="3"))
    assert known.held(REF, state(created=3)) == labels("a", "b", "c")
    assert known.held(REF, state(created=10)) == labels("a", "b", "c")
    assert known.held(REF, state(created=11)) == labels("a", "c")
    manifest: Obj = {"metadata": {"name": "x", "namespace": "n"}}
    assert known.held(REF, manifest) == labels("a", "b", "c")


def test_a_late_state_of_an_earlier_object_does_not_take_its_place() -> None:
    known = holding(state(5, "b", 10, c="3"), state(4, "a", 0, b="2"), state(6, "b", 10, d="4"))
    assert known.held(REF, state(created=11)) == labels("c", "d")
    assert known.held(REF, state(created=9)) == labels("b", "c", "d")


def test_what_directs_kubestellar_is_not_remembered() -> None:
    known, ref = Memory(), binding("x")
    known.take(ref, state(a="1"))
    assert known.held(ref, state()) == NEVER


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_OBJECTS", 2)
    known, refs = Memory(), [Ref(CONFIG_MAP, "n", name) for name in "abc"]
    for ref in refs:
        known.take(ref, state(l="1"))
    assert [known.held(ref, state(created=1)) for ref in refs] == [NEVER, labels("l"), labels("l")]


def test_objects_of_one_shape_share_their_paths() -> None:
    known, refs = Memory(), [Ref(CONFIG_MAP, "n", name) for name in "ab"]
    for ref in refs:
        known.take(ref, state(l=ref.name))
    one, other = (known.held(ref, state(created=1)) for ref in refs)
    assert one is other


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({"a": {"b": 1, "c": {}}, "d": None}, {"spec.a.b", "spec.a.c"}),
        ({"a": []}, {"spec.a"}),
        ({"a": ["x", "y"]}, {'spec.a="x"', 'spec.a="y"'}),
        (
            {"a": [{"name": "x", "b": 1}, {"name": "y"}]},
            {"spec.a[x]", "spec.a[x].name", "spec.a[x].b", "spec.a[y]", "spec.a[y].name"},
        ),
        ({"a": [{"b": 1}]}, {"spec.a[0].b", "spec.a[*].b", "spec.a[*].b=1"}),
        ({"a": [[1]]}, {"spec.a[0]=1", "spec.a[*][*]", "spec.a[*][*]=1"}),
    ],
)
def test_the_paths_of_a_value(value: Any, paths: set[str]) -> None:
    assert paths_of({"apiVersion": "v1", "kind": "K", "status": {"x": 1}, "spec": value}) == paths


@pytest.mark.parametrize(
    ("item", "held"),
    [
        ({"port": 80, "nodePort": 1}, True),
        ({"port": 80}, True),
        ({"port": 80, "filled": "in"}, True),
        ({"port": 82}, False),
        ({"port": 82, "nodePort": 1}, False),
        ({"filled": "in"}, False),
        ({"name": "p"}, False),
        ("p", False),
    ],
)
def test_an_item_without_a_name_is_told_by_its_values(item: Any, held: bool) -> None:
    ports = [{"port": 80, "nodePort": 1}, {"port": 81, "nodePort": 2}]
    assert was_held(item, "spec.ports", paths_of({"spec": {"ports": ports}})) is held


@pytest.mark.parametrize(("item", "held"), [("a", True), ("c", False), ({"name": "n"}, True)])
def test_a_scalar_is_told_by_itself_and_an_item_with_a_name_by_that(item: Any, held: bool) -> None:
    once = paths_of({"spec": {"l": ["a", "b", {"name": "n", "of": "another value"}]}})
    assert was_held(item, "spec.l", once) is held
