"""Makes the ConformanceReport of a run from its record. Nothing but the record goes into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

from kubestellar_conformance.reporting.conformance.digest import digest_of
from kubestellar_conformance.reporting.coverage import COLUMNS, column
from kubestellar_conformance.reporting.promises import is_declared
from kubestellar_conformance.reporting.suite_digest import PARTS
from kubestellar_conformance.reporting.verdicts import EXIT_DEVIATES, EXIT_OK, Verdict

API_VERSION: Final = "kubestellar-conformance/v1alpha1"
KIND: Final = "ConformanceReport"
CORE_RIGS: Final = frozenset("ACWS")
"""Rigs of KubeStellar itself and its WECs. A promise is *core* if one of them is enough to check
it; the others (a hosting cluster with real pods, helm, a shell, a machine) are *extended*.
"""
JUDGED: Final = (EXIT_OK, EXIT_DEVIATES)
"""A new deviation is a result as well. Any other exit status is that of a run that went wrong."""
_UNKNOWN_SUITE: Final = "the record does not say which tests the suite has"
_FACTS: Final = ("name", "version", "module", "source", "origin", "digest", "absent")
_OF_KNOWN: Final = ("id", "promises", "expected", "observed", "cause", "intermittent")
_NAMED: Final = 3


def conformance_report(record: Mapping[str, Any]) -> dict[str, Any]:
    """The content of the report, with its digest."""
    suite = record.get("suite") or {}
    tests = _tests(record, suite)
    why = _why_partial(record, suite, tests)
    platform = record["platform"]
    content: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "run": {
            "id": record.get("run"),
            "begun": record["begun"],
            "ended": record["ended"],
            "exitStatus": record["exit_status"],
            "arguments": (record.get("options") or {}).get("arguments", []),
            "machine": record.get("machine"),
            "parts": [_part(one) for one in record.get("parts", ())],
        },
        "harness": {key: what for key, what in record["harness"].items() if what is not None},
        "kubestellar": {
            "release": record["release"],
            "components": [_component(one) for one in platform.get("components", ())],
            "overrides": list(record["overrides"]),
        },
        "platform": {
            "name": platform["name"],
            "started": platform["started"],
            "capabilities": list(platform.get("capabilities", ())),
            "statusReporter": platform.get("status_reporter"),
            "differences": list(platform.get("differences", ())),
        },
        "suite": {key: suite.get(key) for key in ("name", "digest", *PARTS)},
        "complete": not why,
        "whyPartial": why,
        "profiles": _profiles(record["promises"]),
        "requirements": _requirements(record["promises"]),
        "knownDeviations": _known(record),
        "newDeviations": _new(record),
        "notSupported": _not_supported(record),
        "tests": tests,
    }
    return content | {"digest": digest_of(content)}


def _part(one: Mapping[str, Any]) -> dict[str, Any]:
    rest = {key: one[key] for key in ("begun", "ended", "arguments", "machine", "tests")}
    return {"id": one["run"], "exitStatus": one["exit_status"], **rest}


def is_core(rig: str) -> bool:
    """Whether one of the rigs that a promise's check may use is a core one."""
    return bool(CORE_RIGS & {*rig.split("/")})


def report_text(content: Mapping[str, Any]) -> str:
    """The report as YAML."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # ten times as fast, where it is built
    text: str = yaml.dump(dict(content), Dumper=dumper, sort_keys=False, allow_unicode=True)
    return text


def _component(one: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one[key] for key in _FACTS if one.get(key) is not None}


def _tests(record: Mapping[str, Any], suite: Mapping[str, Any]) -> dict[str, list[str]]:
    ran = {test["nodeid"]: test["verdict"] != Verdict.NOT_RUN for test in record["tests"]}
    return {
        "expected": list(suite.get("tests", ())),
        "executed": [name for name, done in ran.items() if done],
        "notRun": [name for name, done in ran.items() if not done],
    }


def missing(tests: Mapping[str, list[str]]) -> list[str]:
    """The expected functions of which no test was executed."""
    ran = {name.partition("[")[0] for name in tests["executed"]}
    return [name for name in tests["expected"] if name not in ran]


def _why_partial(
    record: Mapping[str, Any], suite: Mapping[str, Any], tests: Mapping[str, list[str]]
) -> list[str]:
    """Why the run judges less than the whole suite: tests that did not run, or broke."""
    why = list(record["selection"]["why_partial"])
    if not suite:
        why.append(_UNKNOWN_SUITE)
    if lost := missing(tests):
        more = ", ..." if len(lost) > _NAMED else ""
        why.append(f"not executed of the suite: {', '.join(lost[:_NAMED])}{more} ({len(lost)})")
    broken = [test["nodeid"] for test in record["tests"] if test["verdict"] == Verdict.BROKEN]
    if broken:
        more = ", ..." if len(broken) > _NAMED else ""
        why.append(f"{len(broken)} broken: {', '.join(broken[:_NAMED])}{more}")
    why += [f"broken outside the tests: {text}" for text in record["problems"]]
    if not why and record["exit_status"] not in JUDGED:
        why.append(f"it ended with exit status {record['exit_status']}")
    return why


def _profiles(rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A profile per group of areas, in the order of the promises; per area where the suite has no
    such groups.
    """
    profiles: dict[str, dict[str, dict[str, int]]] = {}
    for row in rows:
        levels = profiles.setdefault(
            row.get("profile") or row["area"], {"core": _none(), "extended": _none()}
        )
        counts = levels["core" if is_core(row["rig"]) else "extended"]
        counts["promises"] += 1
        counts[column(row)] += 1
    return [{"name": name, **levels} for name, levels in profiles.items()]


def _none() -> dict[str, int]:
    return dict.fromkeys(("promises", *COLUMNS), 0)


def _requirements(rows: list[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in COLUMNS}
    for row in rows:
        found[column(row)].append(row["id"])
    return found


def _known(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {key: entry[key] for key in _OF_KNOWN}
        | {"seen": entry["seen"], "notSeen": entry["not_seen"]}
        for entry in record["known_deviations"]
        if entry["seen"] or entry["not_seen"]
    ]


def _new(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tests that deviate, and those whose known deviation no longer shows."""
    return [
        {
            "test": test["nodeid"],
            "verdict": test["verdict"],
            "promises": list(test["promises"]),
            "where": test.get("where") or test["message"].partition("\n")[0],
        }
        for test in record["tests"]
        if test["verdict"] in (Verdict.DEVIATES, Verdict.FIXED)
    ]


def _not_supported(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for test in record["tests"]:
        if test["verdict"] == Verdict.NOT_SUPPORTED:
            reason = test["message"].partition("\n")[0].removeprefix(f"{Verdict.NOT_SUPPORTED}: ")
            row = found.setdefault(reason, {"reason": reason, "promises": [], "tests": []})
            row["promises"] = sorted({*row["promises"], *test["promises"]})
            row["tests"].append(test["nodeid"])
    for promise in filter(is_declared, record["promises"]):
        row = found.setdefault(
            promise["why"], {"reason": promise["why"], "promises": [], "tests": []}
        )
        row["promises"].append(promise["id"])
    return list(found.values())
