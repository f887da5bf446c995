"""How deep a JSON value is nested. Its readers and writers call themselves once per level, so one
that is nested very deep exhausts the stack.
"""

from __future__ import annotations

from typing import Any, Final

DEEPEST: Final = 100
"""Levels of a record or of its evidence. Those that runs write have about 20."""


def demand_shallow(value: Any) -> None:
    """`ValueError` for a value that is nested too deep."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise ValueError(f"it is nested deeper than {DEEPEST} levels")


def _inside(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for one in inner if isinstance(one, dict | list)]
