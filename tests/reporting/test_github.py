"""What GitHub Actions shows of a run."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.reporting.coverage import coverage
from kubestellar_conformance.reporting.github import MOST, step_summary, workflow_commands
from tests.support import run_records
from tests.support.run_records import FAILED, GREEN, KNOWN, result

FAILURE = {"kind": "usage", "message": "etcd does not start:\nno space", "detail": "long"}


def record(**fields: Any) -> dict[str, Any]:
    made = run_records.record(**fields)
    return {**made, "coverage": coverage(made["promises"])}


def test_the_summary_has_counts_and_each_red_test_with_its_walk() -> None:
    text = step_summary(record())
    assert text.startswith("## KubeStellar conformance: 1 of ")
    assert f"### deviates: `{FAILED}`" in text
    assert "  STOP  Binding        wds1  policy-xabcdef is absent" in text
    assert KNOWN not in text
    assert "Partial run" not in text
    head, rule, *rows = [line for line in text.splitlines() if line.startswith("|")]
    assert head.startswith("| area | promises | holds | known deviation | new deviation |")
    assert len({line.count("|") for line in (head, rule, *rows)}) == 1
    assert rows[-1].startswith("| **all areas** | ")


def test_a_partial_run_and_one_without_a_platform_say_so() -> None:
    why = {"why_partial": ["only scenarios/binding", "ended early"]}
    partial = record(complete=False, selection=why, tests=[], platform=None, problems=["no\nway"])
    text = step_summary(partial)
    assert "**Partial run**: only scenarios/binding; ended early" in text
    assert "on no platform" in text
    assert "**Broken**: no way" in text
    assert list(workflow_commands(partial)) == [
        "::error title=broken::no%0Away",
        "::notice title=Partial run::only scenarios/binding; ended early",
    ]


def test_each_red_test_is_an_annotation_of_one_line() -> None:
    [line] = workflow_commands(record())
    assert line.startswith(
        "::error file=scenarios/binding/test_bindings.py,title=deviates%3A BIND-"
    )
    assert f"::{FAILED}%0ABinding policy-xabcdef in wds1: expected" in line
    assert "\n" not in line


def test_what_github_would_leave_out_is_counted() -> None:
    red = [result(f"scenarios/a.py::test_{n}", "broken", "A-1") for n in range(MOST + 2)]
    lines = list(workflow_commands(record(tests=red)))
    assert len(lines) == MOST + 1
    assert lines[-1] == "::error title=and more::2 more tests are red: see the step summary"


def test_a_fixed_deviation_says_what_to_do() -> None:
    [line] = workflow_commands(
        record(tests=[result("scenarios/a.py::test_x", "fixed deviation", "A-1")])
    )
    assert "title=no longer deviates%2C so its known deviation has to go%3A A-1::" in line


@pytest.mark.parametrize(
    ("fields", "headline"),
    [
        ({"exit_status": 0}, "as expected"),
        ({"exit_status": 0, "complete": False}, "as expected, as far as it went"),
        ({"exit_status": 3, "failure": FAILURE}, "the run could not continue"),
        ({"exit_status": 4, "failure": FAILURE, "complete": False}, "the run could not continue"),
        ({"exit_status": 3}, "the run ended with exit status 3"),
        ({"exit_status": 2, "complete": False}, "the run ended with exit status 2"),
        ({"exit_status": 10, "problems": ["no way"]}, "broken outside the tests"),
    ],
)
def test_without_a_red_test_the_headline_says_how_the_run_ended(
    fields: dict[str, Any], headline: str
) -> None:
    text = step_summary(record(tests=[result(GREEN, "conforms", "BIND-01")], **fields))
    assert text.startswith(f"## KubeStellar conformance: {headline}\n")


def test_a_run_that_could_not_continue_says_why() -> None:
    failed = record(tests=[], failure=FAILURE, exit_status=4)
    assert "\n**The run could not continue**: etcd does not start: no space\n" in step_summary(
        failed
    )
    assert list(workflow_commands(failed)) == [
        "::error title=the run could not continue::etcd does not start:%0Ano space"
    ]
