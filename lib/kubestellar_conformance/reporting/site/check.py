"""Compares committed Markdown pages with those that a run would make.

Parts that differ from run to run although nothing changed do not count: times of day, durations,
the names and ids that a run makes up, what stands between the comments ``varies from run to run``
and ``end`` (timelines, and where a failure stopped), and the content of drawings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from kubestellar_conformance.reporting.site.folder import pages

_VARIES: Final = (
    (re.compile(r"<!-- varies from run to run -->.*?<!-- end -->", re.DOTALL), "(varies)"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d UTC"), "(time)"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s|min)\b"), "(duration)"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "(id)"),
    (re.compile(r"\b[0-9a-f]{8}…"), "(id)"),
    (re.compile(r"\bx[a-z2-7]{6}\b"), "(suffix)"),
)
_DRAWING: Final = ".svg"


def differences(folder: Path, content: Mapping[str, str]) -> Iterator[str]:
    """A line per page of ``folder`` that differs, is missing, or is not made any more."""
    for name, text in sorted(content.items()):
        path = folder / name
        if not path.is_file():
            yield f"{name}: is missing"
        elif not name.endswith(_DRAWING) and constant(_read(path)) != constant(text):
            yield f"{name}: differs"
    for name in pages(folder):
        if name not in content:
            yield f"{name}: is not made any more"


def constant(text: str) -> str:
    """A page without the parts that differ from run to run."""
    for pattern, instead in _VARIES:
        text = pattern.sub(instead, text)
    return text


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
