"""Spaces added to real clusters and taken away again: one topology for all, and the one that the
release breaks.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.kind.conftest import MINUTES
from tests.support.child import Ended, run_child

pytestmark = pytest.mark.timeout(3600)
TWO = "test_a_workload_reaches_the_wecs_of_its_wds[two-wdses-on-one-its]"
NAMED = "test_a_wds_of_the_core_chart_that_names_its_its_gets_its_controllers"


def test_a_second_wds_and_one_of_the_core_chart(on_kind: Ended, tmp_path: Path) -> None:
    assert on_kind.status == 0
    chosen = ("scenarios/topologies", "-k", "two-wdses or names_its_its")
    ended = run_child(
        tmp_path / "run", "--ks-platform=kind", "--ks-reuse", *chosen, limit=15 * MINUTES
    )
    assert ended.status == 0, ended.output
    found = {test["nodeid"].partition("::")[2]: test for test in ended.record["tests"]}
    assert {name: test["verdict"] for name, test in found.items()} == {
        TWO: "conforms",
        NAMED: "known deviation",
    }
    assert "You may not provide both" in found[NAMED]["message"], "the pod's own words"
