"""A run for Allure: the labels and links of a test, its status by verdict, the categories, and the
environment. allure-pytest writes the rest: names, steps, fixtures, times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from allure_commons.model2 import Label, Link, Status
from allure_commons.types import LabelType, LinkType, Severity

from kubestellar_conformance.reporting.conformance.build import is_core
from kubestellar_conformance.reporting.promises import Promise, Promises
from kubestellar_conformance.reporting.sources import sources_of
from kubestellar_conformance.reporting.verdicts import Verdict

EPIC: Final = "KubeStellar conformance"
CATEGORIES_FILE: Final = "categories.json"
CONFIGURATION_FILE: Final = "allurerc.json"
ENVIRONMENT_FILE: Final = "environment.properties"
STATUS: Final = {
    Verdict.CONFORMS: Status.PASSED,
    Verdict.NOT_RUN: Status.SKIPPED,
    Verdict.NOT_SUPPORTED: Status.SKIPPED,
    Verdict.KNOWN: Status.SKIPPED,
    Verdict.FIXED: Status.FAILED,
    Verdict.DEVIATES: Status.FAILED,
    Verdict.BROKEN: Status.BROKEN,
}
"""Allure's status by verdict. A category separates those that share a status."""
_CATEGORIES: Final = {
    Verdict.DEVIATES: "Deviates: KubeStellar breaks a promise",
    Verdict.FIXED: "Fixed deviation: the list of known deviations must change",
    Verdict.BROKEN: "Broken: the harness or the machine failed",
    Verdict.KNOWN: "Known deviation of this release",
    Verdict.NOT_SUPPORTED: "Not supported by this platform",
    Verdict.NOT_RUN: "Not run",
}


def categories() -> list[dict[str, Any]]:
    """The content of ``categories.json``: a category per verdict other than ``conforms``. Allure 2
    matches the whole message (`told`), Allure 3 any part of it.
    """
    begins = "^{}:[\\s\\S]*"
    return [
        {"name": name, "matchedStatuses": [STATUS[verdict]], "messageRegex": begins.format(verdict)}
        for verdict, name in _CATEGORIES.items()
    ]


def configuration() -> dict[str, Any]:
    """The content of ``allurerc.json``. Allure 3 takes categories from its configuration alone."""
    return {"name": EPIC, "categories": categories()}


def told(verdict: Verdict, message: str) -> str:
    """The message of a result: it begins with the verdict, by which its category finds it."""
    return f"{verdict}: {message.removeprefix(f'{verdict}: ')}"


def labels(
    catalogue: Promises, promises: Sequence[str], verdict: Verdict, known: str | None
) -> Iterator[Label]:
    """The labels of a test: epic, feature (the area of its first promise), a story per promise,
    severity (``critical`` for a core promise, else ``normal``), and tags to search by.
    """
    found = _found(catalogue, promises)
    yield Label(LabelType.EPIC, EPIC)
    if found:
        yield Label(LabelType.FEATURE, found[0].area.replace("_", " "))
    for promise in found:
        yield Label(LabelType.STORY, f"{promise.id}: {' '.join(promise.requirement.split())}")
    core = any(is_core(promise.rig) for promise in found)
    yield Label(LabelType.SEVERITY, (Severity.CRITICAL if core else Severity.NORMAL).value)
    for tag in (verdict.value, *promises, *([known] if known else [])):
        yield Label(LabelType.TAG, tag)


def links(
    catalogue: Promises, promises: Sequence[str], release: str, issue: str | None
) -> Iterator[Link]:
    """The pages that state the promises, in the given release, and the issue of the known
    deviation.
    """
    for promise in _found(catalogue, promises):
        for source in sources_of(promise.source, catalogue.sources, release):
            if source.address is not None:
                name = f"{promise.id}: {source.page} {source.place}".strip()
                yield Link(LinkType.LINK, source.address, name)
    if issue is not None and issue.startswith(("https://", "http://")):
        yield Link(LinkType.ISSUE, issue, issue)


def _found(catalogue: Promises, promises: Sequence[str]) -> list[Promise]:
    return [catalogue[name] for name in promises if name in catalogue]


def environment(record: Mapping[str, Any]) -> str:
    """The content of ``environment.properties``: the record's facts on the run as a whole."""
    return "".join(f"{_key(name)}={_value(text)}\n" for name, text in _facts(record) if text)


def _facts(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    platform, machine = record["platform"], record.get("machine") or {}
    yield "run", record.get("run") or ""
    yield "platform", platform["name"]
    yield "release", record["release"]
    yield "whole_suite", "yes" if record["complete"] else _why(record)
    yield "suite", (record.get("suite") or {}).get("digest", "")
    for name, what in record["harness"].items():
        yield f"harness.{name}", str(what)
    for name, value in machine.items():
        yield f"machine.{name}", str(value)
    for one in platform.get("components", ()):
        yield f"component.{one['name']}", version(one)
    yield "overrides", ", ".join(record["overrides"])
    yield "differences", "; ".join(platform.get("differences", ()))


def _why(record: Mapping[str, Any]) -> str:
    return f"no: {'; '.join(record['selection']['why_partial'])}"


def version(component: Mapping[str, Any]) -> str:
    """A component's version; of one that is not a release, its source too."""
    if component.get("absent"):
        return "absent"
    source = component.get("source")
    build = f" ({source})" if source not in (None, "release") else ""
    return f"{component.get('version') or 'unknown'}{build}"


def _key(text: str) -> str:
    """Escaped as a key of a Java properties file."""
    return "".join(f"\\{one}" if one in " :=#!" else one for one in _value(text))


def _value(text: str) -> str:
    """Escaped as a value there, on one line, in ASCII."""
    line = " ".join(text.split()).replace("\\", "\\\\")
    units = line.encode("utf-16-be")
    codes = (int.from_bytes(units[n : n + 2], "big") for n in range(0, len(units), 2))
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)
