"""The summary of a run for the terminal, made from the record alone, so that it cannot contradict
the record.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from kubestellar_conformance.reporting.coverage import by_rig, table
from kubestellar_conformance.reporting.promises import is_declared
from kubestellar_conformance.reporting.verdicts import Verdict

_WIDTH, _LINE = 18, 100


def lines(record: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the summary."""
    yield from _counts(record)
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
    if record["failure"]:
        yield _row("did not continue", record["failure"]["message"])
    for problem in record["problems"]:
        yield _row("broken", problem)
    if not record["complete"]:
        yield _row("PARTIAL RUN", "; ".join(record["selection"]["why_partial"]))
    yield from _promises(record)


def _counts(record: Mapping[str, Any]) -> Iterator[str]:
    for verdict, number in record["counts"].items():
        if number or verdict in ("conforms", "deviates", "broken"):
            yield _row(verdict, str(number))


def _promises(record: Mapping[str, Any]) -> Iterator[str]:
    """The run's results for the catalogue: counts by area, then each promise that does not hold,
    and the promises that were not supported, by reason.
    """
    counted = record["coverage"]
    yield ""
    yield from table(counted)
    rigs = f"{by_rig(record['promises'])} (scenarios/promises/README.md explains the letters)"
    yield _row("checks by rig", rigs)
    if spent := ", ".join(_seconds_by_area(record)):
        yield _row("seconds by area", spent)
    for promise in record["promises"]:
        if promise["state"] == "does not hold":
            word = "known" if promise["known"] else "new"
            yield _row("does not hold", f"{promise['id']} ({word}): {promise['requirement']}")
    if unpromised := [test["nodeid"] for test in record["tests"] if not test["promises"]]:
        yield _row(
            "no promise", f"@promises is missing, so these count for none: {', '.join(unpromised)}"
        )
    if shared := [test for test in record["tests"] if test.get("shared_names")]:
        each = ", ".join(f"{test['nodeid']} ({test['shared_names'][0]})" for test in shared)
        told = f"not the test's own, so another test may meet them (take make.name(...)): {each}"
        yield _row("names", told)
    for reason, tests in _not_supported(record).items():
        ids = sorted({name for test in tests for name in test["promises"]})
        yield _row("not supported", f"{', '.join(ids) or tests[0]['nodeid']}: {reason}")
    for reason, ids in _declared(record).items():
        yield _row("not supported", f"{', '.join(ids)}: no check, since {reason}")


def _seconds_by_area(record: Mapping[str, Any]) -> Iterator[str]:
    """The time of the tests of each folder of the suite, the longest first. Those below a second
    are left out.
    """
    suite = (record.get("suite") or {}).get("name", ".")
    spent: Counter[str] = Counter()
    for test in record["tests"]:
        inside = test["nodeid"].partition("::")[0].removeprefix(f"{suite}/")
        spent[inside.partition("/")[0]] += test["seconds"]
    for area, seconds in spent.most_common():
        if round(seconds):
            yield f"{area} {seconds:.0f}"


def _not_supported(record: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for test in record["tests"]:
        if test["verdict"] == Verdict.NOT_SUPPORTED:
            reason = test["message"].partition("\n")[0].removeprefix(f"{Verdict.NOT_SUPPORTED}: ")
            found.setdefault(reason, []).append(test)
    return found


def _declared(record: Mapping[str, Any]) -> dict[str, list[str]]:
    """The promises that are not supported by the catalogue's word, by the capability that the
    platform lacks. The record has the reason of each.
    """
    found: dict[str, list[str]] = {}
    for row in record["promises"]:
        if is_declared(row):
            found.setdefault(row["why"].partition(": ")[0], []).append(row["id"])
    return found


def _platform(record: Mapping[str, Any]) -> Iterator[str]:
    platform = record["platform"]
    yield _row("platform", platform["name"] + ("" if platform["started"] else " (not started)"))
    if platform.get("components"):
        yield _row("components", ", ".join(map(_component, platform["components"])))
    if record["overrides"]:
        yield _row("replaced", ", ".join(record["overrides"]))
    if platform.get("status_reporter"):
        yield _row("status reporter", _text(platform["status_reporter"]))
    if platform.get("left_out"):
        yield _row("left out", platform["left_out"])
    for warning in platform.get("warnings", ()):
        yield _row("warning", warning)
    listed = f"{len(record['known_deviations'])} listed for release {record['release']}"
    yield _row("known deviations", listed)


def _component(component: Any) -> str:
    if not isinstance(component, Mapping):
        return str(component)
    return f"{component.get('name', '?')} {component.get('version', '?')}"


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    return str(value)


def shortened(text: str, width: int) -> str:
    """The text, without its middle if it has more than ``width`` characters: the begin of an id
    says the area, its end the test.
    """
    if len(text) <= width:
        return text
    end = (width - 3) // 2
    return f"{text[: width - 3 - end]}...{text[len(text) - end :]}"


def _row(name: str, text: str) -> str:
    """A named line; a long text continues below itself. A word that does not fit is shortened,
    since the record has all of it, but for a path, which is there to be followed.
    """
    room = _LINE - _WIDTH - 1
    return textwrap.fill(
        re.sub(r"\S*::\S+|(?<!\S)[^\s/]+(?!\S)", lambda word: shortened(word[0], room), text),
        _LINE,
        initial_indent=f"{name:<{_WIDTH}} ",
        subsequent_indent=" " * (_WIDTH + 1),
        break_long_words=False,
        break_on_hyphens=False,
    )
