"""Records of runs that never were, with evidence, for the tests of what is made from records."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kubestellar_conformance.reporting.record import SCHEMA

EXAMPLE: Final = "scenarios/examples/test_scenario_4_singleton_status.py::test_scaling"
FAILED: Final = "scenarios/binding/test_bindings.py::test_fails[<row>]"
KNOWN: Final = "scenarios/binding/test_bindings.py::test_known"
GREEN: Final = "scenarios/binding/test_bindings.py::test_holds"
STOPPED: Final = """Binding policy-xabcdef in wds1: expected to name cluster1 within 10 s (binding); after 10.0 s: absent
seen: +0.0 s <absent>
      +2.5 s still absent
path:
  ok    BindingPolicy  wds1  policy-xabcdef observedGeneration 1, the generation is 1
  STOP  Binding        wds1  policy-xabcdef is absent
responsible: wds1/kubestellar-controller-manager (running)
its log /tmp/run/logs/manager.log mentions it:
  | I1126 "Created bindingPolicyResolution" binding="policy-xabcdef\""""
LONG: Final = "pkg/transport/generic/" + "transport_controller_" * 8 + "go"
"""A word that is wider than a phone."""
_DAY: Final = "2026-11-26T06:55"


def at(seconds: float) -> str:
    """A time of day in the run."""
    return f"{_DAY}:{seconds:06.3f}+00:00"


def promise(name: str, area: str, state: str, *tests: str, known: bool = False) -> dict[str, Any]:
    """A judged promise, with characters that HTML and Markdown give a meaning."""
    return {
        "id": name,
        "area": area,
        "rig": "C",
        "requirement": f"The `<field>` of {name} is a *value* & no_more.",
        "state": state,
        "known": known,
        "why": "no test of the suite names it",
        "tests": list(tests),
    }


def result(nodeid: str, verdict: str, *promises: str, **fields: Any) -> dict[str, Any]:
    """The result of a test of two steps, the second of which fails unless it conforms."""
    last = "done" if verdict == "conforms" else "failed"
    return {
        "nodeid": nodeid,
        "verdict": verdict,
        "promises": list(promises),
        "judged": dict.fromkeys(promises, verdict),
        "known_deviation": None,
        "message": "" if verdict == "conforms" else STOPPED,
        "seconds": 3.25,
        "steps": [_step("Ask for it", 1.0, 0.5), _step("It is <there>", 1.5, 2.0, last)],
        "notes": [
            {"at": at(1.8), "what": "which <one> wins", "seen": ["a|b", 2], "promises": ["BIND-01"]}
        ],
        "evidence": f"evidence/{zlib.crc32(nodeid.encode())}.json",
        **fields,
    }


def _step(title: str, begun: float, seconds: float, outcome: str = "done") -> dict[str, Any]:
    return {
        "title": title,
        "depth": 0,
        "begun": at(begun),
        "seconds": seconds,
        "outcome": outcome,
        "promises": [],
    }


def evidence() -> dict[str, Any]:
    """A policy and a Deployment that reach a WEC, and go again."""
    policy, app = "BindingPolicy policy-xabcdef", "Deployment web-xabcdef/web-xabcdef"
    work = "ManifestWork cluster1/0e0d7eeb-b2b9-4f89-9bd5-ef16a10f00fb-wds1-a51bce7f-b3a7-4938-a630-f379b3628026"
    body = {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": "web-xabcdef", "namespace": "web-xabcdef"},
        "spec": {"replicas": 1, "note": "<b> & |"},
    }
    asked = {
        "kind": "BindingPolicy",
        "apiVersion": "control.kubestellar.io/v1alpha1",
        "metadata": {"name": "policy-xabcdef"},
    }
    return {
        "writes": [
            _write(1.1, "apply", policy, asked),
            _write(1.2, "apply", app, body),
            _write(1.6, "patch", app, {"kind": "Deployment", "spec": {"replicas": 2}}),
        ],
        "timeline": [
            _event(1.11, "wds1", "ADDED", policy),
            _event(1.21, "wds1", "ADDED", app),
            _event(1.4, "its1", "ADDED", work),
            _event(1.62, "cluster1", "ADDED", app),
            _event(2.0, "cluster1", "MODIFIED", app),
            _event(4.0, "wds1", "DELETED", app),
            _event(5.0, "cluster1", "DELETED", app),
        ],
        "timeline_left_out": 0,
        "blocks": [
            {
                "at": at(1.05),
                "page": "docs/a_page.md",
                "line": 344,
                "text": 'kubectl --context "$wds_context" get <one> | tail\n',
                "says": "it shows `one` & two",
                "result": "stumbles",
                "why": "line 345: names <cluster1> itself",
                "findings": ["line 345: names <cluster1> itself"],
                "output": "NAME <none>\n",
                "tries": 2,
            }
        ],
        "waits": [
            {
                "at": at(1.7),
                "verb": "eventually",
                "subject": "Deployment web-xabcdef in cluster1",
                "expected": "to exist",
                "contract": "downsync",
                "allowed": 20.0,
                "taken": 0.3,
                "outcome": "held",
                "seen": {"cluster1": [[0.0, "absent"], [0.2, "present"]]},
            }
        ],
        "tracebacks": [],
    }


def _write(second: float, verb: str, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
    write = {"at": at(second), "space": "wds1", "verb": verb, "object": what, "body": body}
    return {**write, "outcome": "done"}


def _event(second: float, space: str, verb: str, what: str) -> dict[str, Any]:
    event = {"at": at(second), "space": space, "verb": verb, "object": what, "uid": space + what}
    return {**event, "seconds": second, "generation": 1, "missed": False}


def record(**fields: Any) -> dict[str, Any]:
    """A record with a test of each kind; ``fields`` replace its keys."""
    known = {
        "id": "KD-1",
        "reason": "KD-1 (seen 1/1): expected a `<b>`; seen none",
        "expected": "a `<b>`",
        "observed": "none. It stays so",
        "cause": f"the <cause> {LONG}",
        "promises": ["BIND-02"],
        "seen": 1,
        "issue": None,
    }
    return {
        "schema": SCHEMA,
        "harness": {"version": "0.1.0"},
        "begun": at(0),
        "ended": at(59),
        "exit_status": 1,
        "complete": True,
        "selection": {"why_partial": []},
        "platform": {
            "name": "embedded",
            "components": [{"name": "etcd", "version": "v3.6.16", "source": "release"}],
            "differences": ["no <kubelet>", LONG],
        },
        "overrides": [],
        "release": "0.30.0",
        "failure": None,
        "problems": [],
        "known_deviations": [known],
        "promises": [
            promise("BIND-01", "binding", "holds", GREEN),
            promise("BIND-02", "binding", "does not hold", KNOWN, known=True),
            promise("BIND-03", "binding", "does not hold", FAILED),
            promise("SCEN-4-01", "examples", "holds", EXAMPLE),
            promise("AUTHZ-01", "authorization", "no check yet"),
        ],
        "tests": [
            result(GREEN, "conforms", "BIND-01"),
            result(KNOWN, "known deviation", "BIND-02", known_deviation="KD-1"),
            result(FAILED, "deviates", "BIND-03"),
            result(EXAMPLE, "conforms", "SCEN-4-01"),
        ],
        **fields,
    }


def write_run(folder: Path, content: Mapping[str, Any]) -> Path:
    """Write a record into ``folder``, with the evidence of its tests. Returns the record's file."""
    (folder / "evidence").mkdir(parents=True)
    for test in content.get("tests", ()):
        (folder / test["evidence"]).write_text(json.dumps(evidence()))
    path = folder / "run.json"
    path.write_text(json.dumps(content))
    return path
