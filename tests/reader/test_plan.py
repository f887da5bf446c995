"""The plan: read strictly, and compared with the blocks that a page has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kubestellar_conformance.reader.page import shell_blocks
from kubestellar_conformance.reader.plan import (
    ReadingPlan,
    Scenario,
    load_plan,
    planned,
    section_of,
)
from kubestellar_conformance.waiting.contracts import contracts

PAGE = "## Scenario 7: x\n\n```shell\na\n```\n\n```shell\nb\n```\n\n### Teardown\n\n```sh\nc\n```\n"


def _scenario(**headings: int) -> Scenario:
    return Scenario.model_validate(
        {
            "headings": {
                name.replace("_", " "): [{"does": f"{name} {number}"} for number in range(count)]
                for name, count in headings.items()
            }
        }
    )


def test_the_plan_of_the_example_scenarios_is_whole() -> None:
    plan = load_plan()
    assert list(plan.scenarios) == [f"Scenario {number}" for number in range(7)]
    for scenario in plan.scenarios.values():
        for expected in (one for under in scenario.headings.values() for one in under):
            assert expected.within is None or contracts[expected.within].meaning
            assert not expected.shows or expected.says


def test_a_block_meets_the_row_at_its_place() -> None:
    blocks = shell_blocks(PAGE.replace("Scenario 7: x", "Scenario 7"))
    assert {section_of(block) for block in blocks} == {"Scenario 7"}
    found = list(planned(_scenario(Scenario_7=2, Teardown=1), blocks))
    assert [(one.block.text if one.block else "") for one in found] == ["a\n", "b\n", "c\n"]
    assert [one.expected.does if one.expected else "" for one in found] == [
        "Scenario_7 0",
        "Scenario_7 1",
        "Teardown 0",
    ]
    assert [one.teardown for one in found] == [False, False, True]


def test_a_new_block_has_no_expectation() -> None:
    blocks = shell_blocks(PAGE.replace("Scenario 7: x", "Scenario 7"))
    found = list(planned(_scenario(Scenario_7=1), blocks))
    assert [one.expected is None for one in found] == [False, True, True]
    assert all(one.block for one in found)


def test_a_row_whose_block_the_page_has_lost_is_found() -> None:
    blocks = shell_blocks(PAGE.replace("Scenario 7: x", "Scenario 7"))
    found = list(planned(_scenario(Scenario_7=3, Teardown=1, Gone=1), blocks))
    lost = [(one.heading, one.number) for one in found if one.block is None]
    assert lost == [("Scenario 7", 3), ("Gone", 1)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"does": "x", "then": "true"}, "'then' needs 'within'"),
        ({"does": "x", "needs": "why", "shows": ["y"]}, "promises nothing"),
        ({"does": "x", "needs": "other"}, "needs used and explained differ"),
        ({"does": "x", "shows": ["("]}, "missing \\)"),
        ({"does": "x", "within": "a while"}, "within"),
        ({"does": "x", "shwos": ["y"]}, "Extra inputs"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused(row: dict[str, Any], said: str) -> None:
    rows = [row, {"does": "y", "needs": "why"}]
    content = {"needs": {"why": "because"}, "scenarios": {"S": {"headings": {"H": rows}}}}
    with pytest.raises((ValidationError, ValueError), match=said):
        ReadingPlan.model_validate(content)


def test_a_plan_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("needs: {}\nscenarios: {S: {headings: {H: [{does: look}]}}}\n")
    assert load_plan(file).scenarios["S"].headings["H"][0].does == "look"
