"""The end of a run, for a person at a terminal: made from the record alone, so that it cannot say
anything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

_WIDTH = 18


def lines(record: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the summary."""
    yield from _counts(record)
    yield _row("promises", _promises(record))
    yield from _platform(record)
    for entry in record["known_deviations"]:
        if entry["seen"] or entry["not_seen"]:
            how = (
                "seen"
                if entry["seen"]
                else "not seen this time"
                if entry["intermittent"]
                else "no longer seen"
            )
            yield _row("known deviation", f"{how}: {entry['reason']}")
    for problem in record["problems"]:
        yield _row("broken", problem)
    if not record["complete"]:
        yield _row("PARTIAL RUN", "; ".join(record["selection"]["why_partial"]))


def _counts(record: Mapping[str, Any]) -> Iterator[str]:
    for verdict, number in record["counts"].items():
        if number or verdict in ("conforms", "deviates", "broken"):
            yield _row(verdict, str(number))


def _promises(record: Mapping[str, Any]) -> str:
    states = Counter(promise["state"] for promise in record["promises"])
    return (
        f"{states['holds']} hold, {states['does not hold']} do not hold, "
        f"{states['not run']} not run"
    )


def _platform(record: Mapping[str, Any]) -> Iterator[str]:
    platform = record["platform"]
    yield _row("platform", platform["name"] + ("" if platform["started"] else " (not started)"))
    if platform.get("components"):
        yield _row("components", ", ".join(map(_component, platform["components"])))
    if record["overrides"]:
        yield _row("overridden", ", ".join(record["overrides"]))
    if platform.get("status_reporter"):
        yield _row("status reporter", _text(platform["status_reporter"]))
    yield _row(
        "deviations of", f"release {record['release']}: {len(record['known_deviations'])} known"
    )


def _component(component: Any) -> str:
    if not isinstance(component, Mapping):
        return str(component)
    return f"{component.get('name', '?')} {component.get('version', '?')}"


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    return str(value)


def _row(name: str, text: str) -> str:
    return f"{name:<{_WIDTH}} {text}"
