"""``reader.follow``: the verdict on a scenario, its evidence, and what is cleaned up after it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.errors import Broken, Deviation, NotSupported
from kubestellar_conformance.reader.plan import ReadingPlan
from kubestellar_conformance.reporting.evidence import Evidence
from kubestellar_conformance.reporting.model.evidence import Block
from kubestellar_conformance.reporting.scrub import Scrubber
from kubestellar_conformance.story.reader import Desk, Page, Reader
from kubestellar_conformance.story.steps import collecting

PAGE = """## Scenario 1: look

```shell
{}
```

### Teardown

```shell
{}
```
"""


def _reader(folder: Path, first: str, last: str, *rows: dict[str, Any], clean: str = "") -> Reader:
    """A reader of a page with a block and a teardown; ``rows``: what is expected of them."""
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text("current-context: a")
    variables = {"there": str(folder), "wds_context": "wds1"}
    desk = Desk(os.environ["PATH"], kubeconfig, variables, folder)
    headings = {"Scenario 1: look": rows[:1], "Teardown": rows[1:]}
    scenarios = {"Scenario 1": {"headings": headings, "clean": clean}}
    used = {row["needs"]: "nobody has it" for row in rows if "needs" in row}
    plan = ReadingPlan.model_validate({"needs": used, "scenarios": scenarios})
    return Reader(Page("docs/page.md", PAGE.format(first, last)), plan, desk)


def _followed(reader: Reader) -> Evidence:
    with collecting(Scrubber()) as evidence:
        reader.follow("Scenario 1")
    return evidence


LOOK, UNDO = {"does": "look"}, {"does": "undo"}


def test_a_scenario_whose_blocks_hold_conforms_and_leaves_nothing(tmp_path: Path) -> None:
    reader = _reader(tmp_path, "x=1", 'echo "$x" "$KUBECONFIG"', LOOK, UNDO, clean="exit 7")
    evidence = _followed(reader)
    assert [step.title for step in evidence.steps] == ["Line 4: look", "Line 10: undo"]
    first, second = (Block.model_validate(row) for row in evidence.blocks)
    assert (first.page, first.text, first.result) == ("docs/page.md", "x=1\n", "holds")
    assert second.output.startswith(f"1 {tmp_path}/reader-")
    began = [step.begun for step in evidence.steps]
    assert began[0] <= first.at <= began[1] <= second.at  # each belongs to its step on the site
    assert [path.name for path in tmp_path.iterdir()] == ["kubeconfig"]


def test_a_finding_is_a_deviation_and_its_step_fails(tmp_path: Path) -> None:
    reader = _reader(tmp_path, "echo no >&2; exit 3", "true", LOOK, UNDO)
    with collecting(Scrubber()) as evidence, pytest.raises(Deviation) as found:
        reader.follow("Scenario 1")
    assert str(found.value).splitlines() == [
        "a reader of docs/page.md stumbles, 1 finding:",
        "  line 4: exits with 3: no",
    ]
    assert [step.outcome for step in evidence.steps] == ["failed", "done"]
    assert evidence.blocks[0]["findings"] == ["line 4: exits with 3: no"]


def test_a_name_in_a_block_that_holds_is_a_finding_too(tmp_path: Path) -> None:
    reader = _reader(tmp_path, "echo wds1", "true", LOOK, UNDO)
    with pytest.raises(Deviation, match=r"line 4: names wds1 itself, .* \$wds_context"):
        _followed(reader)


def test_a_scenario_of_which_a_block_cannot_be_run_is_not_supported(tmp_path: Path) -> None:
    reader = _reader(tmp_path, "exit 3", "true", {**LOOK, "needs": "argo"}, UNDO)
    with pytest.raises(NotSupported, match=r"^1 of 2 blocks .* line 4: nobody has it$"):
        _followed(reader)


def test_what_a_teardown_that_cannot_be_run_leaves_is_removed(tmp_path: Path) -> None:
    rows = LOOK, {**UNDO, "needs": "argo"}
    reader = _reader(tmp_path, 'touch "$there/made"', "true", *rows, clean='rm "$there/made"')
    with pytest.raises(NotSupported):
        _followed(reader)
    assert not (tmp_path / "made").exists()


def test_leftovers_that_cannot_be_removed_break_the_test(tmp_path: Path) -> None:
    rows = LOOK, {**UNDO, "needs": "argo"}
    reader = _reader(tmp_path, "true", "true", *rows, clean="echo refused; false")
    with pytest.raises(Broken, match="the objects of Scenario 1 were not removed: refused"):
        _followed(reader)


def test_a_scenario_that_the_page_gains_or_loses_shows(tmp_path: Path) -> None:
    reader = _reader(tmp_path, "true", "true", LOOK, UNDO)
    assert reader.unplanned() == []
    other: dict[str, Any] = {"needs": {}, "scenarios": {"Scenario 2": {"headings": {}}}}
    desk = Desk("", tmp_path, {}, tmp_path)
    reader = Reader(Page("docs/page.md", PAGE), ReadingPlan.model_validate(other), desk)
    assert reader.unplanned() == ["Scenario 1", "Scenario 2"]
