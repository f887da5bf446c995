"""How the object that a WEC holds differs from the one in the WDS, and how two values differ.

The rule, field by field:

- A value that the WDS has now must be in the WEC.
- A value that the WDS has had and has no longer must be gone from the WEC.
- A field that the WDS has never had is not compared: a WEC's admission and its controllers fill in
  fields of their own (a storage class, a volume, a node). So an edit in a WEC that *adds* a field
  is not seen here; a test of such an edit asks for the field by name.

Three parts belong to the user as a whole, so anything more in them is a difference: lists, the data
of a ConfigMap or Secret, and label queries. `SHARED_LISTS` are the exception among lists.

A node name that the WDS's own scheduler has written (a WDS of type host) is a value that the WDS
has: it must arrive, although no node of the WEC may have that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from kubestellar_conformance.conditions.cleaning import cleaned
from kubestellar_conformance.spaces.memory import NEVER, Paths, name_of, places, was_held
from kubestellar_conformance.spaces.refs import Obj

ABSENT = "(absent)"
GroupKind = tuple[str, str]

SHARED_LISTS: dict[GroupKind, frozenset[str]] = {
    ("", "ServiceAccount"): frozenset({"secrets", "imagePullSecrets"})
}
"""Lists that controllers of a WEC add items to, which have names: the items of the WDS must be
there, those that the WDS has removed must not, and others may.
"""
WHOLE_MAPS: dict[GroupKind, frozenset[str]] = {
    ("", "ConfigMap"): frozenset({"data", "binaryData"}),
    ("", "Secret"): frozenset({"data"}),
    ("", "Service"): frozenset({"spec.selector"}),
}
"""Maps whose keys are the user's: a key that the WDS does not have must not be in a WEC either."""
_STEPS = re.compile(r"\[[^\]]*\]|[^.\[]+")
_TOKEN = "kubernetes.io/service-account-token"


def delivered(
    wanted: Obj, found: Obj, *, once: Paths = NEVER, ignoring: Iterable[str] = ()
) -> list[str]:
    """How the object in a WEC differs from the one in the WDS, as lines ``field: found, the WDS has
    ...`` or ``field: found, no longer in the WDS``.

    Both are cleaned first as the documentation says. ``once``: the paths at which the WDS has ever
    held something (`EventLog.held`). ``ignoring``: fields that are not compared, spelled as in the
    lines: ``spec.paused``, ``metadata.labels[example.com/tier]``.
    """
    want, have = cleaned(wanted), cleaned(found, like=wanted)
    for path in (*ignoring, *_own_to_each_cluster(want)):
        _drop(want, path)
        _drop(have, path)
    return list(_Comparison(want, once).lines(want, have))


def differences(wanted: Any, found: Any, at: str = "", wanted_by: str = "the WDS has") -> list[str]:
    """Field by field, as lines ``path: found, the WDS has wanted``."""
    return list(_differences(wanted, found, at, wanted_by))


class _Comparison:
    """The rules for one object. A null is the same as an absent field."""

    def __init__(self, obj: Obj, once: Paths) -> None:
        kind = _group_kind(obj)
        self._once = once
        self._shared = SHARED_LISTS.get(kind, frozenset())
        self._whole = WHOLE_MAPS.get(kind, frozenset())
        if obj.get("type") == _TOKEN:  # each cluster fills in a token of its own
            self._whole = frozenset()

    def lines(self, wanted: Obj, found: Obj) -> Iterator[str]:
        for part in ("labels", "annotations"):
            ours, theirs = wanted["metadata"][part], found["metadata"][part]
            for key in sorted(ours.keys() | theirs.keys()):
                yield from self._field(ours.get(key), theirs.get(key), f"metadata.{part}[{key}]")
        for field in sorted((wanted.keys() | found.keys()) - {"apiVersion", "kind", "metadata"}):
            yield from self._field(wanted.get(field), found.get(field), field)

    def _field(self, wanted: Any, found: Any, at: str) -> Iterator[str]:
        if at in self._shared:
            yield from self._shared_list(wanted, found, at)
        elif self._is_whole(at) and isinstance(found, dict):
            yield from _differences(wanted or {}, found, at, "the WDS has")
        elif wanted is None:
            yield from self._left_over(found, at)
        elif isinstance(wanted, dict) and isinstance(found, dict):
            for key in sorted(wanted.keys() | found.keys()):
                yield from self._field(wanted.get(key), found.get(key), f"{at}.{key}")
        elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
            for place, one, other in zip(places(wanted), wanted, found, strict=True):
                yield from self._field(one, other, f"{at}[{place}]")
        elif wanted != found:
            yield f"{at}: {_short(found)}, the WDS has {_short(wanted)}"

    def _is_whole(self, at: str) -> bool:
        return at in self._whole or at.endswith(".matchLabels")

    def _shared_list(self, wanted: Any, found: Any, at: str) -> Iterator[str]:
        ours, theirs = (
            {str(name_of(item)): item for item in both or []} for both in (wanted, found)
        )
        if ours.keys() - theirs.keys():
            yield f"{at}: {_short(found)}, the WDS has {_short(wanted)}"
        for name, item in theirs.items():
            if name in ours:
                yield from self._field(ours[name], item, f"{at}[{name}]")
            else:
                yield from self._left_over([item], at)

    def _left_over(self, found: Any, at: str) -> Iterator[str]:
        """What the WDS has had and has no longer, of a value for which it has nothing now."""
        if isinstance(found, dict) and found:
            for key in sorted(found):
                yield from self._left_over(found[key], f"{at}.{key}")
        elif isinstance(found, list) and found:
            for item in found:
                if was_held(item, at, self._once):
                    place = f"{at}[{name}]" if (name := name_of(item)) else at
                    yield f"{place}: {_short(item)}, no longer in the WDS"
        elif found is not None and at in self._once:
            yield f"{at}: {_short(found)}, no longer in the WDS"


def _own_to_each_cluster(obj: Obj) -> tuple[str, ...]:
    """Fields that a controller in each cluster fills in from what that cluster has."""
    kind = ("rbac.authorization.k8s.io", "ClusterRole")
    aggregated = _group_kind(obj) == kind and obj.get("aggregationRule")
    return ("rules",) if aggregated else ()


def _differences(wanted: Any, found: Any, at: str, by: str) -> Iterator[str]:
    wanted, found = (ABSENT if value is None else value for value in (wanted, found))
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in sorted(wanted.keys() | found.keys()):
            yield from _differences(
                wanted.get(key, ABSENT), found.get(key, ABSENT), f"{at}.{key}" if at else key, by
            )
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _differences(one, other, f"{at}[{index}]", by)
    elif wanted != found:
        yield f"{at}: {_short(found)}, {by} {_short(wanted)}"


def _group_kind(obj: Obj) -> GroupKind:
    return str(obj.get("apiVersion", "")).rpartition("/")[0], str(obj.get("kind"))


def _short(value: Any) -> str:
    if isinstance(value, list) and value and all(map(name_of, value)):
        text = f"[{', '.join(str(name_of(item)) for item in value)}]"
    else:
        text = ABSENT if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _drop(obj: Obj, path: str) -> None:
    *parents, last = [one.strip("[]") for one in _STEPS.findall(path)]
    holder: Any = obj
    for step in parents:
        holder = holder.get(step) if isinstance(holder, dict) else None
    if isinstance(holder, dict):
        holder.pop(last, None)
