"""The typed values of a CombinedStatus, and how rows compare."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from kubestellar_conformance.conditions.cells import MalformedCell, same, shown, unmatched, value_of


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ({"type": "Null"}, None),
        ({"type": "String", "string": "3"}, "3"),
        ({"type": "String", "string": ""}, ""),
        ({"type": "Number", "float": "3"}, 3),
        ({"type": "Number", "float": "9007199254740993"}, 9007199254740993),
        ({"type": "Number", "float": "1.5"}, 1.5),
        ({"type": "Number", "float": "1e+06"}, 1e6),
        ({"type": "Number", "float": "+Inf"}, math.inf),
        ({"type": "Number", "float": "-Inf"}, -math.inf),
        ({"type": "Bool", "bool": False}, False),
        ({"type": "Object", "object": {"a": [1]}}, {"a": [1]}),
        ({"type": "Array", "array": [1, "a"]}, [1, "a"]),
    ],
)
def test_a_value_is_translated(cell: dict[str, Any], value: object) -> None:
    assert value_of(cell) == value
    assert type(value_of(cell)) is type(value)


def test_not_a_number_is_a_number() -> None:
    assert math.isnan(value_of({"type": "Number", "float": "NaN"}))


@pytest.mark.parametrize(
    "cell",
    [
        {},
        {"type": "Strange", "string": "a"},
        {"type": "Null", "string": "a"},
        {"type": "String"},
        {"type": "String", "string": "a", "bool": True},
        {"type": "Number", "string": "3"},
        {"type": "Number", "float": "three"},
        {"type": "Object", "object": [1]},
        {"type": "Array", "object": [1]},
    ],
)
def test_a_value_that_breaks_the_rules_of_its_type_equals_nothing(cell: dict[str, Any]) -> None:
    value = value_of(cell)
    assert isinstance(value, MalformedCell)
    assert not any(same(expected, value) for expected in (None, "", 0, False, "a", [1], cell))


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (3, 3.0),
        (3.0, 3),
        (0.1 + 0.2, 0.3),
        (math.nan, math.nan),
        (math.inf, math.inf),
        (None, None),
        (True, True),
        ("a", "a"),
        (re.compile(r"\d{4}-.*Z"), "2024-01-01T00:00:00Z"),
        ({"a": [1, None]}, {"a": [1.0, None]}),
        ((1, 2), [1, 2]),
    ],
)
def test_same(expected: object, found: object) -> None:
    assert same(expected, found)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (3, "3"),
        ("3", 3),
        (1, True),
        (True, 1),
        (0, None),
        (None, "null"),
        ("", None),
        (math.nan, 0),
        (math.inf, -math.inf),
        (9007199254740992, 9007199254740993),
        (1.0, 1.00001),
        (re.compile("a"), "aa"),
        (re.compile("1"), 1),
        ({"a": 1}, {"a": 1, "b": None}),
        ([1], [1, 1]),
        ({}, []),
    ],
)
def test_not_the_same(expected: object, found: object) -> None:
    assert not same(expected, found)


def test_rows_match_in_any_order_each_once() -> None:
    a, b = {"x": "a"}, {"x": "b"}
    assert unmatched([a, b], [b, a]) == ([], [])
    assert unmatched([a, a, b], [a, b, b]) == ([a], [b])
    assert unmatched([], [a]) == ([], [a])
    assert unmatched([a], []) == ([a], [])


def test_a_row_that_could_match_two_leaves_the_other_its_own() -> None:
    any_text, a, b = {"x": re.compile(".")}, {"x": "a"}, {"x": "b"}
    assert unmatched([any_text, a], [a, b]) == ([], [])
    assert unmatched([any_text, any_text, a], [b, a, a]) == ([], [])
    assert unmatched([any_text, any_text, a], [a, b, b]) == ([], [])


def test_a_row_for_a_person() -> None:
    row = {"n": 3, "at": re.compile("T.*"), "none": None, "yes": True, "name": "x"}
    assert shown(row) == "{n: 3, at: /T.*/, none: null, yes: true, name: 'x'}"
