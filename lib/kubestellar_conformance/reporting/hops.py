"""The time of each hop on the path of a test's objects, from the test's timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

HOPS: Final = (
    ("BindingPolicy", "Binding"),
    ("Binding", "ManifestWork"),
    ("ManifestWork", "AppliedManifestWork"),
    ("ManifestWork", "WorkStatus"),
)
"""Pairs of kinds: an object of the second is created because one of the first was."""


def hops(timeline: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """By hop, the seconds from the first object of one kind to the first of the next. A hop of
    which the test saw no beginning, or no end after it, is left out.
    """
    first: dict[str, float] = {}
    for event in timeline:
        if event["verb"] == "ADDED":
            kind = str(event["object"]).partition(" ")[0]
            first[kind] = min(first.get(kind, event["seconds"]), event["seconds"])
    return [
        {"from": begin, "to": end, "seconds": round(first[end] - first[begin], 3)}
        for begin, end in HOPS
        if begin in first and end in first and first[end] >= first[begin]
    ]
