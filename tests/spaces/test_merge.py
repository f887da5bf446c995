"""Merge patches that take a write back."""

from __future__ import annotations

import random
from functools import reduce
from typing import Any

import pytest

from kubestellar_conformance.spaces.merge import joined, merged, taking_back

BEFORE: dict[str, Any] = {
    "metadata": {"labels": {"kept": "1", "changed": "1"}},
    "data": {"a": "1"},
    "spec": {"list": [{"name": "x"}], "deep": {"one": {"two": 2}}},
}


@pytest.mark.parametrize(
    "patch",
    [
        {"metadata": {"labels": {"changed": "2", "new": "2"}}},
        {"metadata": {"labels": None}},
        {"metadata": {"labels": {"kept": None}}},
        {"data": {"b": "1"}, "spec": {"deep": {"one": {"two": 3, "three": 3}}}},
        {"data": None},
        {"spec": {"list": [{"name": "y"}, {"name": "z"}]}},
        {"spec": {"deep": None}},
        {"spec": {"other": {"map": {"x": 1}}}},
        {"spec": {"deep": "a text"}},
        {"metadata": {"annotations": {"a": "b"}}},
    ],
    ids=str,
)
def test_a_patch_and_its_reverse_change_nothing(patch: dict[str, Any]) -> None:
    after = merged(BEFORE, patch)
    back = merged(after, taking_back(BEFORE, after, patch, shared=("labels",)))
    assert back == BEFORE


def test_what_others_changed_meanwhile_stays() -> None:
    patch = {"metadata": {"labels": {"changed": "2"}}, "data": {"a": "2"}}
    after = merged(BEFORE, patch)
    back = taking_back(BEFORE, after, patch)
    theirs = {"metadata": {"labels": {"theirs": "1"}}, "data": {"theirs": "1"}, "status": {"n": 1}}
    assert merged(merged(after, theirs), back) == merged(BEFORE, theirs)


def test_labels_that_others_added_to_the_first_one_stay() -> None:
    patch = {"metadata": {"labels": {"mine": "1"}}}
    back = taking_back({"metadata": {}}, merged({"metadata": {}}, patch), patch, shared=("labels",))
    assert back == {"metadata": {"labels": {"mine": None}}}


def test_an_apply_also_removes_what_it_no_longer_names() -> None:
    applied = {"data": {"b": "1"}, "spec": {"deep": {}}}
    after = {**BEFORE, "data": {"b": "1"}, "spec": {"list": BEFORE["spec"]["list"], "deep": {}}}
    back = taking_back(BEFORE, after, applied, removed=True)
    assert back == {"data": {"b": None, "a": "1"}, "spec": {"deep": {"one": {"two": 2}}}}


def test_two_patches_in_one() -> None:
    first, second = {"data": {"a": "2", "b": "2"}}, {"data": {"b": None}, "spec": {"list": []}}
    [both] = joined([first, second])
    assert merged(BEFORE, both) == merged(merged(BEFORE, first), second)


@pytest.mark.parametrize("gone", [None, "a text"])
def test_a_map_that_replaces_another_one_takes_two_patches(gone: str | None) -> None:
    first, second = {"spec": {"deep": gone}}, {"spec": {"deep": {"y": 2}}}
    assert joined([first, second]) == [first, second]
    assert joined([first, {"data": None}, second]) == [{**first, "data": None}, second]


def value(chance: random.Random, depth: int, *, patch: bool) -> Any:
    """A value of an object, or of a patch, in which any can be null."""
    if depth and chance.random() < 0.6:
        names = chance.sample("abc", chance.randint(0, 3))
        return {name: value(chance, depth - 1, patch=patch) for name in names}
    return None if patch and chance.random() < 0.4 else chance.choice([1, "text", [1, 2]])


def test_patches_that_are_joined_do_the_same() -> None:
    chance, fewer = random.Random(7386), 0
    for _ in range(3000):
        obj = {"x": value(chance, 3, patch=False)}
        patches = [{"x": value(chance, 3, patch=True)} for _ in range(chance.randint(0, 4))]
        several = joined(patches)
        assert reduce(merged, several, obj) == reduce(merged, patches, obj), (obj, patches)
        fewer += len(several) < len(patches)
    assert fewer > 1000
