"""Names of objects as pages show them: without what a run adds to make them its own, and with long
ids cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_SUFFIX: Final = re.compile(r"-(x[a-z2-7]{6})\b")
"""What `story.names` appends to the names of a test's objects."""
_UUID: Final = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
CUT: Final = "…"
"""Stands for the rest of a long id."""
_DIGEST: Final = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{56}\b")


class ShortNames:
    """Shortens the names of one test's objects.

    ``suffix`` is the one that all of them share. It is left out, since a reader who follows the
    story does not need it. Where they have several, leaving them out could make two objects one, so
    all stay: ``suffix`` is empty.
    """

    def __init__(self, objects: Iterable[str]) -> None:
        found = {suffix for name in objects for suffix in _SUFFIX.findall(name)}
        self.suffix = found.pop() if len(found) == 1 else ""

    def plain(self, text: str) -> str:
        """A text without the suffix."""
        return text.replace(f"-{self.suffix}", "") if self.suffix else text

    def short(self, name: str) -> str:
        """A name without the suffix, and with the first eight letters of each long id."""
        return _DIGEST.sub(rf"\1{CUT}", _UUID.sub(rf"\1{CUT}", self.plain(name)))
