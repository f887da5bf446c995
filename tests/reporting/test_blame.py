"""Promises are blamed for what broke them, and for nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.reporting.blame import judge_story
from kubestellar_conformance.reporting.verdicts import Verdict


def begun(*steps: tuple[str, str] | tuple[str, str, int]) -> list[dict[str, Any]]:
    """Steps as (promises, outcome, depth)."""
    return [
        {"promises": ids.split(), "outcome": outcome, "depth": depth[0] if depth else 0}
        for ids, outcome, *depth in steps
    ]


@pytest.mark.parametrize(
    ("steps", "verdict", "expected"),
    [
        pytest.param(
            begun(("A", "done"), ("B", "failed")),
            Verdict.DEVIATES,
            {"A": "conforms", "B": "deviates", "C": "not run", "OWN": "not run"},
            id="a promised step fails",
        ),
        pytest.param(
            begun(("A", "done"), ("", "failed")),
            Verdict.DEVIATES,
            {"A": "conforms", "B": "not run", "C": "not run", "OWN": "deviates"},
            id="a step without a promise fails",
        ),
        pytest.param(
            begun(("A", "done"), ("B", "failed", 0), ("C", "failed", 1)),
            Verdict.DEVIATES,
            {"A": "conforms", "B": "not run", "C": "deviates", "OWN": "not run"},
            id="the innermost step is blamed",
        ),
        pytest.param(
            begun(("A", "done"), ("B", "failed", 0), ("", "failed", 1)),
            Verdict.KNOWN,
            {"A": "conforms", "B": "known deviation", "C": "not run", "OWN": "not run"},
            id="a step inside a promised one fails, as is known",
        ),
        pytest.param(
            begun(("A", "done"), ("A", "failed")),
            Verdict.DEVIATES,
            {"A": "deviates", "B": "not run", "C": "not run", "OWN": "not run"},
            id="a promise stands on two steps",
        ),
        pytest.param(
            begun(("A", "done"), ("B", "done"), ("C", "done")),
            Verdict.CONFORMS,
            dict.fromkeys(("A", "B", "C", "OWN"), "conforms"),
            id="all is well",
        ),
        pytest.param(
            begun(("A", "done"), ("B", "done")),
            Verdict.CONFORMS,
            {"A": "conforms", "B": "conforms", "C": "not run", "OWN": "conforms"},
            id="a step is passed over",
        ),
        pytest.param(
            [],
            Verdict.NOT_SUPPORTED,
            dict.fromkeys(("A", "B", "C", "OWN"), "not supported"),
            id="nothing was begun",
        ),
        pytest.param(
            begun(("A", "done"), ("B", "failed")),
            Verdict.BROKEN,
            {"A": "conforms", "B": "broken", "C": "not run", "OWN": "not run"},
            id="the harness breaks in a promised step",
        ),
    ],
)
def test_a_promise_is_judged_by_its_step(
    steps: list[dict[str, Any]], verdict: Verdict, expected: dict[str, str]
) -> None:
    found = judge_story(["OWN"], ["A", "B", "C"], steps, verdict, "why\nand more")
    assert {name: found[name][0].value for name in expected} == expected
    for judged, why in found.values():
        if judged is Verdict.NOT_RUN:
            assert why in ("not reached: why", "its step was not begun")
