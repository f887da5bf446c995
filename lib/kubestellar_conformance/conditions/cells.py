"""The typed values of a CombinedStatus as Python values, and how rows compare (API: Value).

``String`` is a str, ``Number`` an int or float, ``Bool`` a bool, ``Null`` None, ``Object`` a dict
and ``Array`` a list. A value whose fields do not fit its type is `MalformedCell`, which equals
nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubestellar_conformance.spaces.refs import Obj

FIELDS = {
    "String": "string",
    "Number": "float",
    "Bool": "bool",
    "Object": "object",
    "Array": "array",
}
"""The field that holds the value, by type (API: Value; a number is text in the field ``float``)."""
SHAPES: Mapping[str, type | tuple[type, ...]] = {
    "String": str,
    "Bool": bool,
    "Object": dict,
    "Array": list,
}
Cell = Any
"""A value of a row: None, a bool, number, text, list or dict; in an expected row also a compiled
regular expression, which must match a whole text.
"""
Row = Mapping[str, Cell]


@dataclass(frozen=True)
class MalformedCell:
    """A value that does not keep the API's rules for its type."""

    text: str

    def __str__(self) -> str:
        return f"malformed value {self.text}"

    __repr__ = __str__


def value_of(cell: Obj) -> Cell:
    """The Python value of one column of a row."""
    kind, malformed = cell.get("type"), MalformedCell(str(cell))
    filled = {field for field in FIELDS.values() if cell.get(field) is not None}
    if kind == "Null":
        return malformed if filled else None
    field = FIELDS.get(str(kind))
    if field is None or filled != {field}:
        return malformed
    held = cell[field]
    if kind == "Number":
        return _number(str(held), malformed)
    return held if isinstance(held, SHAPES[str(kind)]) else malformed


def _number(text: str, malformed: MalformedCell) -> Cell:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return malformed


def same(expected: Cell, found: Cell) -> bool:
    """Whether a value is the expected one: of the same type, numbers by their value (NaN is NaN; a
    sum of floats may differ in its last digits).
    """
    if isinstance(expected, re.Pattern):
        return isinstance(found, str) and expected.fullmatch(found) is not None
    if isinstance(expected, bool) or isinstance(found, bool):
        return isinstance(expected, bool) and isinstance(found, bool) and expected == found
    if isinstance(expected, int) and isinstance(found, int):
        return expected == found
    if isinstance(expected, int | float) and isinstance(found, int | float):
        both_nan = math.isnan(expected) and math.isnan(found)
        return both_nan or math.isclose(expected, found, rel_tol=1e-9)
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return expected.keys() == found.keys() and all(
            same(value, found[key]) for key, value in expected.items()
        )
    if isinstance(expected, list | tuple) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    return type(expected) is type(found) and bool(expected == found)


def unmatched(expected: Sequence[Row], found: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The expected rows without a partner and the found rows without one, whatever the order.

    Each row has one partner, so a row that occurs twice is expected twice.
    """
    partner: dict[int, int] = {}

    def place(wanted: int, tried: set[int]) -> bool:
        for at, row in enumerate(found):
            if at not in tried and same(expected[wanted], row):
                tried.add(at)
                if at not in partner or place(partner[at], tried):
                    partner[at] = wanted
                    return True
        return False

    missing = [expected[at] for at in range(len(expected)) if not place(at, set())]
    return missing, [row for at, row in enumerate(found) if at not in partner]


def shown(row: Row) -> str:
    """A row for a person: ``{n: 3, sum: 6}``."""
    return f"{{{', '.join(f'{name}: {_shown(value)}' for name, value in row.items())}}}"


def _shown(value: Cell) -> str:
    if isinstance(value, re.Pattern):
        return f"/{value.pattern}/"
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
