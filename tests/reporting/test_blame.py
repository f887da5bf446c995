"""Promises are blamed for what broke them, and for nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.reporting.blame import judge_story
from kubestellar_conformance.reporting.verdicts import Verdict


def begun(*steps: tuple[str, str]) -> list[dict[str, Any]]:
    """Steps as (promises, outcome)."""
    return [{"promises": ids.split(), "outcome": outcome} for ids, outcome in steps]


@pytest.mark.parametrize(
    ("steps", "guilty", "verdict", "expected"),
    [
        pytest.param(
            begun(("A", "done"), ("B", "failed")),
            "B",
            Verdict.DEVIATES,
            {"A": "conforms", "B": "deviates", "C": "not run", "OWN": "not run"},
            id="a promised step fails",
        ),
        pytest.param(
            begun(("A", "done"), ("", "failed")),
            "",
            Verdict.DEVIATES,
            {"A": "conforms", "B": "not run", "C": "not run", "OWN": "deviates"},
            id="a step without a promise fails",
        ),
        pytest.param(
            begun(("A", "done"), ("B", "failed"), ("C", "failed")),
            "C",
            Verdict.DEVIATES,
            {"A": "conforms", "B": "not run", "C": "deviates", "OWN": "not run"},
            id="the innermost step is blamed",
        ),
        pytest.param(
            begun(("A", "done"), ("B", "failed"), ("", "failed")),
            "B",
            Verdict.KNOWN,
            {"A": "conforms", "B": "known deviation", "C": "not run", "OWN": "not run"},
            id="a step inside a promised one fails, as is known",
        ),
        pytest.param(
            begun(("A", "done"), ("A", "failed")),
            "A",
            Verdict.DEVIATES,
            {"A": "deviates", "B": "not run", "C": "not run", "OWN": "not run"},
            id="a promise stands on two steps",
        ),
        pytest.param(
            begun(("A", "done"), ("B", "done"), ("C", "done")),
            "",
            Verdict.CONFORMS,
            dict.fromkeys(("A", "B", "C", "OWN"), "conforms"),
            id="all is well",
        ),
        pytest.param(
            begun(("A", "done"), ("B", "done")),
            "",
            Verdict.CONFORMS,
            {"A": "conforms", "B": "conforms", "C": "not run", "OWN": "conforms"},
            id="a step is passed over",
        ),
        pytest.param(
            [],
            "",
            Verdict.NOT_SUPPORTED,
            dict.fromkeys(("A", "B", "C", "OWN"), "not supported"),
            id="nothing was begun",
        ),
        pytest.param(
            begun(("A", "done"), ("B", "failed")),
            "B",
            Verdict.BROKEN,
            {"A": "conforms", "B": "broken", "C": "not run", "OWN": "not run"},
            id="the harness breaks in a promised step",
        ),
        pytest.param(
            begun(("A", "failed"), ("B", "done")),
            "",
            Verdict.CONFORMS,
            {"A": "not run", "B": "conforms", "C": "not run", "OWN": "conforms"},
            id="the failure of a step is caught",
        ),
        pytest.param(
            begun(("A", "failed"), ("B", "done"), ("", "failed")),
            "",
            Verdict.DEVIATES,
            {"A": "not run", "B": "conforms", "C": "not run", "OWN": "deviates"},
            id="the failure of a step is caught, and another one is not",
        ),
    ],
)
def test_a_promise_is_judged_by_its_step(
    steps: list[dict[str, Any]], guilty: str, verdict: Verdict, expected: dict[str, str]
) -> None:
    found = judge_story(["OWN"], ["A", "B", "C"], steps, verdict, "why\nand more", guilty.split())
    assert {name: found[name][0].value for name in expected} == expected
    for judged, why in found.values():
        if judged is Verdict.NOT_RUN:
            assert why in ("not reached: why", "its step was not begun", "its step was not done")
