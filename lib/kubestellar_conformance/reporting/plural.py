"""Numbers of things, for people."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """The number with the thing's name: ``1 test``, ``2 tests``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
