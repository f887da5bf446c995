"""Conditions on what KubeStellar reports of its own objects: errors, warnings, conditions and the
observed generation in the ``status`` of a BindingPolicy, Binding, StatusCollector or
CustomTransform. `condition` and `observed` work on any object that follows the conventions.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from kubestellar_conformance.conditions.base import Condition, Walk
from kubestellar_conformance.conditions.writing import each, few
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.refs import Obj
from kubestellar_conformance.spaces.space import Target, refs_of

Field = Literal["errors", "warnings"]
Truth = Literal["True", "False", "Unknown"]


def errors(what: Target, *, matching: str = "") -> Condition:
    """``status.errors`` has an entry in which the regular expression is found; by default any."""
    return _some(what, "errors", matching)


def errors_or_observed(what: Target, *, matching: str = "") -> Condition:
    """`errors`, or the present generation is observed: then a report is due."""
    return _some(what, "errors", matching, or_observed=True)


def no_errors(what: Target, *, observed: bool = True) -> Condition:
    """The present generation is observed, and ``status.errors`` is empty.

    ``observed=False`` leaves the generation out, for a kind whose controller does not keep
    ``observedGeneration``. Then an object that nobody has looked at has no errors either, so an
    earlier step has to show that the controller has looked.
    """
    return _nothing(what, "errors", observed)


def warnings(what: Target, *, matching: str = "") -> Condition:
    """``status.warnings`` has an entry in which the regular expression is found; by default any.

    Of KubeStellar's kinds the CustomTransform has warnings.
    """
    return _some(what, "warnings", matching)


def no_warnings(what: Target, *, observed: bool = True) -> Condition:
    """The present generation is observed, and ``status.warnings`` is empty; see `no_errors`."""
    return _nothing(what, "warnings", observed)


def observed(what: Target) -> Condition:
    """``status.observedGeneration`` equals ``metadata.generation``."""
    return each(
        refs_of(what), "to be observed at its present generation", judge_observed, walk=Walk.REPORT
    )


def condition(
    what: Target,
    type: str,
    status: Truth | bool = "True",
    *,
    reason: str | None = None,
    message: str | None = None,
) -> Condition:
    """``status.conditions`` has one of this type with this status.

    ``reason`` is compared whole; ``message`` is a regular expression that must be found in it.
    """
    wanted = str(status)
    pattern = _compiled(message or "")

    def judge(obj: Obj) -> tuple[bool, str]:
        all_of_it: list[Obj] = (obj.get("status") or {}).get("conditions") or []
        mine = [one for one in all_of_it if one.get("type") == type]
        if not mine:
            there = ", ".join(f"{one.get('type')}={one.get('status')}" for one in all_of_it)
            return False, f"no condition {type}; the conditions are: {there or 'none'}"
        if len(mine) > 1:
            return False, f"{len(mine)} conditions {type}"
        ok = mine[0].get("status") == wanted and reason in (None, mine[0].get("reason"))
        return ok and pattern.search(str(mine[0].get("message") or "")) is not None, _told(mine[0])

    more = "" if reason is None else f", reason {reason}"
    more += "" if message is None else f", message matching /{message}/"
    return each(
        refs_of(what), f"to have the condition {type}={wanted}{more}", judge, walk=Walk.REPORT
    )


def _some(what: Target, field: Field, matching: str, *, or_observed: bool = False) -> Condition:
    pattern = _compiled(matching)

    def judge(obj: Obj) -> tuple[bool, str]:
        found = _entries(obj, field)
        ok = any(pattern.search(one) for one in found)
        ok = ok or (or_observed and judge_observed(obj)[0])
        return ok, _entries_told(obj, field, found)

    text = f"that match /{matching}/" if matching else "(any)"
    text += ", or its generation to be observed" if or_observed else ""
    return each(refs_of(what), f"to report {field} {text}", judge, walk=Walk.REPORT)


def _nothing(what: Target, field: Field, observed: bool) -> Condition:
    def judge(obj: Obj) -> tuple[bool, str]:
        found = _entries(obj, field)
        if found or not observed:
            return not found, _entries_told(obj, field, found)
        return judge_observed(obj)

    of = ", with its present generation observed" if observed else ""
    return each(refs_of(what), f"to report no {field}{of}", judge, walk=Walk.REPORT)


def judge_observed(obj: Obj) -> tuple[bool, str]:
    """Whether an object's status is that of its present generation, and what it is otherwise."""
    generation = obj["metadata"].get("generation")
    seen = (obj.get("status") or {}).get("observedGeneration")
    if seen is None:
        return False, f"no observedGeneration; the generation is {generation}"
    text = f"observedGeneration {seen}, the generation is {generation}"
    return generation is not None and seen == generation, text


def _entries(obj: Obj, field: Field) -> list[str]:
    found: list[Any] = (obj.get("status") or {}).get(field) or []
    return [str(one) for one in found]


def _entries_told(obj: Obj, field: Field, found: list[str]) -> str:
    if found:
        return f"{field}: {few([_short(one) for one in found])}"
    return f"no {field}; {judge_observed(obj)[1]}"


def _told(one: Obj) -> str:
    reason, message = one.get("reason") or "", one.get("message") or ""
    why = f" ({reason}{': ' if reason and message else ''}{message})" if reason or message else ""
    return f"{one.get('type')}={one.get('status')}{why}"


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:197]}..."


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as problem:
        raise UserError(f"{pattern!r} is not a valid regular expression: {problem}") from problem
