"""The memory of a WDS: the paths at which each of its objects has ever held something.

A field that stays in a WEC after its removal in the WDS looks like one that the WEC filled in
itself: the WEC has it, the WDS does not. Only the past tells the two apart.

Paths alone are kept, not values: an object whose values change costs nothing more, and objects of
one shape share one set of paths.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kubestellar_conformance.spaces.refs import BINDING_POLICY, Obj, Ref, resource_version, uid

Paths = frozenset[str]
NEVER: Paths = frozenset()
MOST_OBJECTS = 100_000
"""Objects remembered per space; the ones first seen are forgotten first."""
_CONTROL = BINDING_POLICY.group


@dataclass(slots=True)
class _Known:
    """``ever`` covers every object that has had the name, ``present`` the latest one alone."""

    uid: str
    created: str
    version: int
    present: Paths
    ever: Paths


class Memory:
    """What the objects of one space have held. Not guarded: `EventLog` holds its lock."""

    def __init__(self) -> None:
        self._known: dict[Ref, _Known] = {}
        self._shapes: dict[Paths, Paths] = {}

    def take(self, ref: Ref, obj: Obj) -> None:
        """Take in a state of an object, in whatever order states come.

        KubeStellar's control objects are left out: they do not travel.
        """
        if ref.kind.group == _CONTROL:
            return
        now, version = self._shared(paths_of(obj)), resource_version(obj)
        if (known := self._known.get(ref)) is None:
            if len(self._known) >= MOST_OBJECTS:
                del self._known[next(iter(self._known))]
            self._known[ref] = _Known(uid(obj), created(obj), version, now, now)
            return
        known.ever = self._shared(known.ever | now)
        if uid(obj) == known.uid:
            known.present = self._shared(known.present | now)
            known.version = max(known.version, version)
        elif version > known.version:
            known.uid, known.created, known.version = uid(obj), created(obj), version
            known.present = now

    def held(self, ref: Ref, found: Obj) -> Paths:
        """The paths at which ``found``, the object of that name elsewhere, may have something from
        here.

        An object elsewhere that is younger than the present one here has nothing from its
        predecessors of the same name; an older one, or a manifest without a time of creation, may.
        """
        known = self._known.get(ref)
        if known is None:
            return NEVER
        return known.present if created(found) > known.created else known.ever

    def _shared(self, paths: Paths) -> Paths:
        return self._shapes.setdefault(paths, paths)


def created(obj: Obj) -> str:
    """The time of creation as RFC 3339 in UTC, which sorts as text; empty if absent."""
    return str((obj.get("metadata") or {}).get("creationTimestamp") or "")


def paths_of(obj: Obj) -> Paths:
    """Where an object holds something: labels, annotations, and all but its status and the rest of
    its metadata.
    """
    metadata = obj.get("metadata") or {}
    found = {
        f"metadata.{part}[{key}]"
        for part in ("labels", "annotations")
        for key in metadata.get(part) or {}
    }
    for field in obj.keys() - {"apiVersion", "kind", "metadata", "status"}:
        found.update(leaves(obj[field], field))
    return frozenset(found)


def leaves(value: Any, at: str) -> Iterator[str]:
    """The path of each scalar, empty collection and list item at and below ``at``. A null holds
    nothing.
    """
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{at}.{key}")
    elif isinstance(value, list) and value:
        for place, item in zip(places(value), value, strict=True):
            yield from _item_paths(item, at)
            if isinstance(item, dict | list):
                yield from leaves(item, f"{at}[{place}]")
    elif value is not None:
        yield at


def places(items: list[Any]) -> list[str]:
    """What the items of a list are called in a path: their names if all have one, else their
    indexes.
    """
    names = [name_of(item) for item in items]
    return [str(name) for name in names] if all(names) else [str(n) for n in range(len(items))]


def was_held(item: Any, at: str, once: Paths) -> bool:
    """Whether ``once`` has the item of the list at ``at``, wherever in the list it stood.

    An item with a name is recognised by it; another item by its values, except those in fields that
    such items have never had.
    """
    if not isinstance(item, dict | list) or name_of(item):
        return any(path in once for path in _item_paths(item, at))
    known = [(path, value) for path, value in _values(item, f"{at}[*]") if path in once]
    return bool(known) and all(_with_value(path, value) in once for path, value in known)


def _item_paths(item: Any, at: str) -> Iterator[str]:
    if name := name_of(item):
        yield f"{at}[{name}]"
    elif isinstance(item, dict | list):
        for path, value in _values(item, f"{at}[*]"):
            yield path
            yield _with_value(path, value)
    else:
        yield _with_value(at, item)


def _values(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _values(inner, f"{at}.{key}")
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _values(inner, f"{at}[*]")
    elif value is not None:
        yield at, value


def _with_value(path: str, value: Any) -> str:
    return f"{path}={json.dumps(value)}"


def name_of(item: Any) -> str | None:
    """The name of a list item that has one, such as a container's."""
    name = item.get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) and name else None
