"""The lists of known deviations: an entry explains its own failure, and no other of its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestellar_conformance.reporting.known import KnownDeviation
from kubestellar_conformance.reporting.suite import Suite

ENTRIES = {
    entry.id.removeprefix("KD-0.30.0-"): entry
    for entry in Suite.load(Path(__file__).parents[2] / "scenarios").known("0.30.0")
}
HAS = "expected to exist with the WDS's spec, labels and annotations within 20 s (downsync)"
NEVER = f"{HAS}; after 20.0 s: absent"
RETURN = "within 20 s (status_return); after 20.0 s"
MANAGER = "wds-xeavcf6/kubestellar-controller-manager (KubeStellar's own) exited unexpectedly"
TRANSPORT = MANAGER.replace("kubestellar-controller-manager", "transport-controller")
COUNT = "expected that count-xabcdef for policy-xabcdef has exactly the rows {n: 2}"
LABEL = "kubestellar.io/executing-count"


def _failure(headline: str, stop: str = "", log: str = "") -> str:
    """A message, with the hop where the path stopped, if it did, and a line of a log."""
    stops = f"  STOP  {stop:<14}  wds1  is not as it should be\n" if stop else ""
    return (
        f"{headline}\nseen: +0.0 s absent\npath:\n  ok    BindingPolicy   wds1  it is there\n{stops}"
        f"its log manager.log mentions it:\n  | I1128 {log or 'synced'} StatefulSet Widget\n"
    )


def _exit(part: str, why: str) -> str:
    return f"{part} (now exited); why, from /run/logs/it.log:\n  panic: {why}\n    at status.f (f.go:1)"


def _known(message: str) -> set[str]:
    """The entries that explain it, if it is a message of one of their tests."""
    return {name for name, entry in ENTRIES.items() if entry.explains(message)}


@pytest.mark.parametrize(
    "kind", ["StatefulSet", "Job", "Widget", "Deployment", "ConfigMap", "Gadget", "Pod"]
)
def test_an_object_that_is_not_bound_is_known_only_where_it_is_the_deviation(kind: str) -> None:
    message = _failure(f"{kind} default/thing-xabcdef in eu-xabcdef-2: {NEVER}", "Binding")
    about_bindings = {"BIND-10", "BIND-11"} | ({"BIND-14"} if kind == "ConfigMap" else set())
    assert _known(message) == about_bindings


def test_a_crash_of_another_reason_is_new() -> None:
    for part in (MANAGER, TRANSPORT):
        assert _known(_exit(part, "assignment to entry in nil map")) == set()


def test_a_result_of_an_object_that_is_not_bound_is_new() -> None:
    headline = f"ConfigMap default/config-xabcdef in wds1: {COUNT}"
    message = f"{headline} within 30 s (combined_status); after 30.0 s: no CombinedStatus"
    assert _known(_failure(message, "Binding")) == set()


@pytest.mark.parametrize(
    ("name", "headline", "stop", "others"),
    [
        ("BIND-11", f"ConfigMap a in b: {NEVER}", "Binding", ["ManifestWork", "WEC object"]),
        ("BIND-12", f"ConfigMap a in b: {NEVER}", "ManifestWork", ["Binding", "WEC object"]),
        ("TRANSPORT-2", f"ConfigMap a in b: {NEVER}", "ManifestWork", ["Binding", "WEC object"]),
        (
            "STATUS-2",
            f"Job a in wds1: expected to contain status.active=9 {RETURN}: status.active: 19",
            "WDS status",
            ["Binding", "WorkStatus", "ManifestWork"],
        ),
        (
            "COLLECT-18",
            f"ConfigMap a in wds1: {COUNT} within 30 s; after 30.0 s: no CombinedStatus",
            "CombinedStatus",
            ["Binding", "WorkStatus"],
        ),
        (
            "COLLECT-22",
            f"Deployment a in wds1: expected to contain status.replicas=3 {RETURN}: (absent)",
            "WDS status",
            ["Binding", "WorkStatus"],
        ),
        (
            "XFORM-2",
            f"Widget a in near: {HAS}; after 20.0 s: present, but spec.suspend: (absent)",
            "ManifestWork",
            ["Binding", "WEC object"],
        ),
    ],
)
def test_where_the_path_stops_tells_the_deviation_from_another(
    name: str, headline: str, stop: str, others: list[str]
) -> None:
    entry = ENTRIES[name]
    assert entry.explains(_failure(headline, stop))
    assert entry.explains(_failure(headline))  # every hop was in order when it was looked at
    assert [other for other in others if entry.explains(_failure(headline, other))] == []


@pytest.mark.parametrize(
    ("name", "known", "new"),
    [
        (
            "STATUS-1",
            f"Deployment a in wds1: expected to carry the label {LABEL}=2: label {LABEL} is absent",
            f"Deployment a in wds1: expected to carry the label {LABEL}=2: absent",
        ),
        (
            "STATUS-1",
            f"Deployment a in wds1: expected to carry no label {LABEL}: labelled {LABEL}=7",
            f"Deployment a in wds1: expected to carry no label {LABEL}: labelled {LABEL}=1",
        ),
        (
            "STATUS-3",
            f"a: expected to contain status.conditions=[{{}}] {RETURN}: status.conditions: "
            "(absent), expected [{}]",
            f"a: expected to contain status.conditions=[{{}}] {RETURN}: absent",
        ),
        (
            "STATUS-4",
            "a: expected to show no ready replica throughout; not so at +0.0 s: present at 3",
            "a: expected to show no ready replica throughout; not so at +0.0 s: absent",
        ),
        (
            "STATUS-5",
            "a: expected to claim no ready replica throughout; not so at +0.0 s: present at 3",
            "a: expected to claim no ready replica throughout; not so at +0.0 s: absent",
        ),
        (
            "COLLECT-1",
            "a: the row {avg: 6} is missing; the row {avg: 4} is not expected",
            "a: the row {avg: 6} is missing; the row {avg: 47} is not expected",
        ),
        (
            "XFORM-2",
            "Widget a in near: expected to exist without spec.size; after 20.0 s: present with "
            "spec.size: 3",
            "Widget a in near: expected to exist without spec.size; after 20.0 s: absent",
        ),
    ],
)
def test_what_is_seen_tells_the_deviation_from_another(name: str, known: str, new: str) -> None:
    assert ENTRIES[name].explains(_failure(known, ""))
    assert not ENTRIES[name].explains(_failure(new, "", "spec.size: status.conditions"))


@pytest.mark.parametrize(
    ("name", "part", "why"),
    [
        ("1", MANAGER, "interface conversion: cache.DeletedFinalStateUnknown is not v1.Object"),
        ("2", TRANSPORT, "interface conversion: cache.DeletedFinalStateUnknown is not v1.Object"),
        ("COLLECT-20", MANAGER, "runtime error: invalid memory address or nil pointer dereference"),
        ("COLLECT-21", MANAGER, "hash of unhashable type: []interface {}"),
        ("COLLECT-21", MANAGER, "hash of unhashable type: map[string]interface {}"),
        ("XFORM-6", TRANSPORT, "runtime error: hash of unhashable type []interface {}"),
    ],
)
def test_a_crash_is_known_by_its_reason(name: str, part: str, why: str) -> None:
    entry: KnownDeviation = ENTRIES[name]
    assert entry.explains(_exit(part, f"{why} [recovered, repanicked]"))
    again = "another failure of this run has the frames: /run/logs/it.log"
    assert entry.explains(f"{part} (now running): panic: {why}; {again}")
    # On kind the log may go with the pod, so that nobody can read the reason.
    assert entry.explains(f"{part} (now running); last lines of /run/logs/it.log:\n  (it is empty)")
    assert not entry.explains(_exit(part, "assignment to entry in nil map"))
