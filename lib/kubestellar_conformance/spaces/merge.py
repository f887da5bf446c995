"""JSON merge patches (RFC 7386): their effect on an object, several in one, and the one that
takes a write back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from kubestellar_conformance.spaces.refs import Obj


def merged(obj: Mapping[str, Any], patch: Mapping[str, Any]) -> Obj:
    """A copy of ``obj`` with the merge patch applied to it."""
    found = deepcopy(dict(obj))
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping):
            here = found.get(key)
            found[key] = merged(here if isinstance(here, Mapping) else {}, value)
        else:
            found[key] = deepcopy(value)
    return found


def joined(patches: Iterable[Mapping[str, Any]]) -> list[Obj]:
    """As few merge patches as do what these do, one after the other."""
    found: list[Obj] = []
    for patch in patches:
        both = _followed_by(found[-1], patch) if found else None
        if both is not None:
            found[-1] = both
        else:
            found.append(deepcopy(dict(patch)))
    return found


def _followed_by(first: Mapping[str, Any], second: Mapping[str, Any]) -> Obj | None:
    """The merge patch that does what these two do, one after the other. None if there is none: a
    patch cannot replace a map by another one, whatever is in it.
    """
    found = deepcopy(dict(first))
    for key, value in second.items():
        if key not in found or not _maps(value):
            found[key] = deepcopy(value)
            continue
        both = _followed_by(found[key], value) if _maps(found[key]) else None
        if both is None:
            return None
        found[key] = both
    return found


def taking_back(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    written: Mapping[str, Any],
    *,
    removed: bool = False,
    shared: tuple[str, ...] = (),
) -> Obj:
    """The merge patch that makes the fields that a write has changed what they were before it.

    Looks at the fields of ``written`` alone, so that what others changed meanwhile is left as it
    is; with ``removed`` also at those that are not there any more, since a server-side apply
    removes what it no longer names. A map that the write made goes as a whole, but for those called
    as in ``shared``: others may have added to these.
    """
    found: Obj = {}
    for key in {**written, **(before if removed else {})}:
        old, new, ours = before.get(key), after.get(key), written.get(key, {})
        if old == new:
            continue
        if _maps(new, ours) and (_maps(old) or (old is None and key in shared)):
            patch = taking_back(old or {}, new or {}, ours, removed=removed, shared=shared)
            if patch:
                found[key] = patch
        elif key in written or key not in after:
            found[key] = deepcopy(old)
    return found


def _maps(*values: Any) -> bool:
    return all(isinstance(value, Mapping) for value in values)
