"""The spaces that a story uses, in the order in which its objects pass them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from kubestellar_conformance.reporting.site.evidence import Evidence
from kubestellar_conformance.reporting.site.kubectl import parts
from kubestellar_conformance.reporting.site.naming import CUT, ShortNames

ROLES: Final = {
    "hosting": "hosting cluster",
    "wds": "workload description space",
    "its": "inventory and transport space",
    "wec": "workload execution cluster",
}
"""The roles of spaces, from the first that an object passes to the last."""
_KINDS: Final = {
    "BindingPolicy": "wds",
    "Binding": "wds",
    "StatusCollector": "wds",
    "CombinedStatus": "wds",
    "CustomTransform": "wds",
    "ManifestWork": "its",
    "WorkStatus": "its",
    "ManagedCluster": "its",
    "AppliedManifestWork": "wec",
    "ControlPlane": "hosting",
}
"""Kinds that only spaces of one role have."""


@dataclass(frozen=True)
class Place:
    """A space and the objects that the story has in it, without their namespaces, in the order in
    which they appeared. Objects whose names are ids are one entry per kind and namespace.
    """

    name: str
    role: str
    objects: tuple[str, ...]


def places(evidence: Evidence, names: ShortNames) -> list[Place]:
    """The spaces of a story, also those that stay without its objects, by role and name."""
    found: dict[str, dict[str, None]] = {}
    rows = [(write.space, write.object) for write in evidence.writes]
    rows += [(event.space, event.object) for event in evidence.events]
    for space, name in rows:
        found.setdefault(space, {})[name] = None
    for space in (space for wait in evidence.waits for space in wait.seen):
        found.setdefault(space, {})
    shown = [
        Place(space, role_of(space, objects), tuple(_entries(map(names.short, objects))))
        for space, objects in found.items()
    ]
    return sorted(shown, key=lambda place: (list(ROLES).index(place.role), place.name))


def _entries(objects: Iterable[str]) -> Iterator[str]:
    counts: dict[tuple[str, str], int] = {}
    for kind, namespace, name in map(parts, objects):
        by_id = CUT in name
        key = (kind, f" for {namespace}" if namespace else "") if by_id else (f"{kind} {name}", "")
        counts[key] = counts.get(key, 0) + 1
    for (what, whose), count in counts.items():
        yield what + whose if count == 1 else f"{what}{whose} ({count})"


def role_of(space: str, objects: Iterable[str]) -> str:
    """The role of a space, by the kinds of its objects, else by its name."""
    roles = [_KINDS[kind] for name in objects if (kind := parts(name)[0]) in _KINDS]
    if roles:
        return roles[0]
    return next((role for role in ("wds", "its") if space.startswith(role)), "wec")
