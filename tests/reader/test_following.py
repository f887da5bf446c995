"""What each block comes to: it holds, it stumbles with the page's line, or it cannot be run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.reader.following import Follower, Outcome, stray_names
from kubestellar_conformance.reader.page import Block, shell_blocks
from kubestellar_conformance.reader.plan import Fields, ReadingPlan, Scenario, planned
from kubestellar_conformance.reader.shell import Shell
from kubestellar_conformance.waiting.contracts import Contracts

PLAN = ReadingPlan.model_construct(
    needs={"net": "no download"},
    fields=Fields(pattern=r"spec\.\w+", explain="test spec.good = ", unknown=""),
    scenarios={},
)
VARIABLES = {"wec1_name": "edge-1", "wec1_context": "edge-1", "label_query_both": "a=b"}


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with Shell({"PATH": os.environ["PATH"], **VARIABLES}, tmp_path) as made:
        yield made


def follow(
    shell: Shell,
    blocks: Sequence[str],
    rows: Sequence[dict[str, Any]],
    **seconds: float,
) -> list[Outcome]:
    """Follow a page of these blocks, the last of them under a teardown. ``seconds``: of time
    contracts.
    """
    fences = [f"```shell\n{block}\n```\n\n" for block in blocks]
    page = "".join(["## Scenario 9\n\n", *fences[:-1], "### Teardown\n\n", fences[-1]])
    headings = {"Scenario 9": rows[:-1], "Teardown": rows[-1:]}
    scenario = Scenario.model_validate({"headings": headings})
    times = Contracts()
    for name, allowed in seconds.items():
        times.change(name, allowed)
    follower = Follower(shell, VARIABLES, PLAN, times=times, pause=0.01)
    return [follower.follow(one) for one in planned(scenario, shell_blocks(page))]


Row = dict[str, Any]
DONE: Row = {"does": "tear down"}


def test_blocks_that_do_as_the_page_says_hold(shell: Shell) -> None:
    rows: list[Row] = [
        {"does": "set"},
        {"does": "show", "says": "it shows", "shows": ["^$wec1_name 5$"]},
    ]
    found = follow(shell, ["x=5", 'echo "$wec1_name $x"', "true"], [*rows, DONE])
    assert [one.result for one in found] == ["holds"] * 3
    assert [(one.line, one.tries) for one in found] == [(4, 1), (8, 1), (14, 1)]
    assert found[1].output == "edge-1 5\n"


def test_a_block_is_repeated_until_it_holds(shell: Shell) -> None:
    rows: list[Row] = [
        {"does": "look", "says": "three", "shows": ["^n=3$"], "within": "downsync"},
        DONE,
    ]
    found = follow(shell, ["n=$((${n-0} + 1)); echo n=$n", "true"], rows)
    assert (found[0].result, found[0].tries) == ("holds", 3)


def test_what_follows_a_block_is_waited_for_too(shell: Shell) -> None:
    then = "n=$((${n-0} + 1)); test $n = 3"
    rows: list[Row] = [
        {"does": "make", "says": "it is so", "then": then, "within": "downsync"},
        DONE,
    ]
    found = follow(shell, ["m=$((${m-0} + 1)); echo $m", "true"], rows)
    assert (found[0].result, found[0].output, found[0].tries) == ("holds", "1\n", 1)


@pytest.mark.parametrize(
    ("block", "row", "said"),
    [
        ("false; echo on", {}, "line 4: exits with 1: on"),
        ("echo no", {"says": "yes is seen", "shows": ["^yes$"]}, "expected that yes is seen"),
        ("echo no", {"says": "yes", "shows": ["^yes$"], "within": "downsync"}, "output is: no"),
        ("true", {"says": "it is gone", "then": "false", "within": "downsync"}, "it is gone"),
        ("echo $nobody_sets_it", {}, "nobody_sets_it: unbound variable"),
    ],
)
def test_a_block_that_does_otherwise_is_a_finding_with_its_line(
    shell: Shell, block: str, row: dict[str, Any], said: str
) -> None:
    found = follow(shell, [block, "true"], [{"does": "try", **row}, DONE], downsync=0.2)
    assert found[0].result == "stumbles"
    assert [one.partition(":")[0] for one in found[0].findings] == ["line 4"]
    assert said in found[0].why


def test_a_block_that_hangs_is_a_finding(shell: Shell) -> None:
    found = follow(shell, ["sleep 600", "true"], [{"does": "hang"}, DONE], recovery=0.2)
    assert found[0].findings == ("line 4: does not end within 0.2 s",)
    assert (found[1].result, found[1].why) == ("not run", "the reader is stuck at line 4")


def test_a_reader_who_is_stuck_only_tears_down(shell: Shell) -> None:
    rows = [{"does": "fail"}, {"does": "go on"}, DONE]
    found = follow(shell, ["false", "echo never", "echo torn down"], rows)
    assert [one.result for one in found] == ["stumbles", "not run", "holds"]
    assert found[1].why == "the reader is stuck at line 4"


def test_a_block_that_cannot_be_run_here_says_so(shell: Shell) -> None:
    rows = [{"does": "fetch", "needs": "net"}, {"does": "go on"}, DONE]
    found = follow(shell, ["touch made; exit 7", "test ! -e made", "true"], rows)
    assert [one.result for one in found] == ["not supported", "holds", "holds"]
    assert found[0].why == "no download"


def test_blocks_without_a_row_and_rows_without_a_block_are_findings(shell: Shell) -> None:
    page = shell_blocks("## Scenario 9\n\n```shell\ntouch made\n```\n")
    scenario = Scenario.model_validate({"headings": {"Gone": [{"does": "look"}]}})
    follower = Follower(shell, VARIABLES, PLAN)
    new, lost = (follower.follow(one) for one in planned(scenario, page))
    assert (new.line, new.result, lost.line, lost.result) == (4, "stumbles", 0, "stumbles")
    assert "no expectation" in new.why
    assert "'Gone'" in lost.why
    assert new.tries == lost.tries == 0


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("ok\nmatchLabels: {name: edge-1}", ["line 8: names edge-1 itself"]),
        ('kubectl --context "$wec1_context" get pods', []),
        ("kubectl get pods my-edge-1 edge-10 edge-1.example a=b", []),
    ],
)
def test_a_name_that_a_variable_stands_for_is_found(text: str, lines: list[str]) -> None:
    block = Block(7, "shell", text, "Scenario 9", "Scenario 9", 1)
    assert [one.partition(",")[0] for one in stray_names(block, VARIABLES)] == lines


def test_a_field_that_the_prose_names_and_nothing_has_is_found(shell: Shell) -> None:
    page = "## Scenario 9\n\n```shell\ntrue\n```\n\nSay spec.good,\nor spec.bad and spec.good.\n"
    scenario = Scenario.model_validate({"headings": {"Scenario 9": [{"does": "try"}]}})
    (one,) = planned(scenario, shell_blocks(page))
    found = Follower(shell, VARIABLES, PLAN).follow(one)
    assert found.findings == ("line 8: names the field spec.bad: (nothing)",)
    assert (found.result, found.status) == ("stumbles", 0)
