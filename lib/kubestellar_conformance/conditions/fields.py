"""Paths to the fields of an object, and conditions on single fields and labels.

A path is dotted. Brackets hold a key that has dots itself, an index, or ``*`` for every element:
``spec.replicas``, ``metadata.labels[example.com/owner]``, ``spec.ports[*].nodePort``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kubestellar_conformance.conditions.base import Condition, Walk
from kubestellar_conformance.conditions.writing import each, few
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.refs import Obj
from kubestellar_conformance.spaces.space import Target, refs_of

_STEP = re.compile(r"""(?:^|(?<=.)\.)([^.\[\]]+)|\[("[^"]+"|[^\]"]+)\]""")
EVERY = "*"


def steps(path: str) -> tuple[str, ...]:
    """The keys of a path, in order. Raises `UserError` when it is not a path."""
    found, at = [], 0
    while match := _STEP.match(path, at):
        found.append((match[1] or match[2]).strip('"'))
        at = match.end()
    if not found or at != len(path):
        raise UserError(
            f"{path!r} is not the path of a field: expected keys with dots between them, a key "
            "that has dots in brackets, as in metadata.labels[example.com/owner]"
        )
    return tuple(found)


def at(obj: Any, path: str) -> list[tuple[str, Any]]:
    """Every field that the path leads to, with its own path; empty if no such field exists.

    A field that is null counts as absent, as it does to an API server.
    """
    return list(_walk(obj, steps(path), ""))


def _walk(value: Any, left: tuple[str, ...], gone: str) -> Iterator[tuple[str, Any]]:
    if value is None:
        return
    if not left:
        yield gone, value
        return
    step, rest = left[0], left[1:]
    if isinstance(value, list):
        for index, one in enumerate(value):
            if step in (EVERY, str(index)):
                yield from _walk(one, rest, f"{gone}[{index}]")
    elif isinstance(value, dict):
        for key in list(value) if step == EVERY else [step]:
            yield from _walk(value.get(key), rest, _joined(gone, key))


def _joined(gone: str, key: str) -> str:
    if "." in key:
        return f"{gone}[{key}]"
    return f"{gone}.{key}" if gone else key


def present(obj: Obj, paths: Iterable[str]) -> list[str]:
    """Which of these fields the object has, each with its value."""
    return [f"{where}: {_short(value)}" for path in paths for where, value in at(obj, path)]


def lacks(what: Target, *paths: str, walk: Walk = Walk.DELIVERY) -> Condition:
    """The object exists and has none of these fields; see the module for what a path is.

    A field that is null counts as absent, an empty one does not.
    """
    if not paths:
        raise UserError("lacks() needs the path of at least one field")
    for path in paths:
        steps(path)

    def judge(obj: Obj) -> tuple[bool, str]:
        found = present(obj, paths)
        return not found, f"present with {few(found)}"

    expected = f"to exist without {', '.join(paths)}"
    return each(refs_of(what), expected, judge, walk=walk, unwanted=paths)


def labelled(
    what: Target,
    labels: Mapping[str, str] | None = None,
    /,
    walk: Walk = Walk.DELIVERY,
    **more: str,
) -> Condition:
    """The object carries these labels with these values; others may be there too.

    Keys that are not Python names come in a mapping: ``labelled(obj, {"example.com/owner": "a"})``.
    """
    wanted = {**(labels or {}), **more}
    if not wanted:
        raise UserError("labelled() needs at least one label")

    def judge(obj: Obj) -> tuple[bool, str]:
        have = obj["metadata"].get("labels") or {}
        wrong = [
            f"{key} is {have[key]!r}" if key in have else f"{key} is absent"
            for key, value in wanted.items()
            if have.get(key) != value
        ]
        return not wrong, f"label {few(wrong)}"

    text = ", ".join(f"{key}={value}" for key, value in wanted.items())
    return each(refs_of(what), f"to carry the label {text}", judge, walk=walk)


def not_labelled(what: Target, *keys: str, walk: Walk = Walk.DELIVERY) -> Condition:
    """The object exists and has no label with one of these keys, whatever the value."""
    if not keys:
        raise UserError("not_labelled() needs the key of at least one label")

    def judge(obj: Obj) -> tuple[bool, str]:
        have = obj["metadata"].get("labels") or {}
        found = [f"{key}={have[key]}" for key in keys if key in have]
        return not found, f"labelled {few(found)}"

    unwanted = [f"metadata.labels[{key}]" for key in keys]
    return each(
        refs_of(what), f"to carry no label {', '.join(keys)}", judge, walk=walk, unwanted=unwanted
    )


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
