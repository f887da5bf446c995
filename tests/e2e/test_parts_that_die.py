"""A part that dies during a test is noticed at once: KubeStellar's own is a deviation, any other is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.child import run_child

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
ONE = "scenarios/examples/test_scenario_1_kubectl.py::test_a_workload_reaches_both_wecs"


@pytest.mark.parametrize(
    ("part", "verdict", "status"),
    [("wds1/transport-controller", "deviates", 1), ("cluster1/klusterlet-agent", "broken", 10)],
)
def test_a_killed_part_ends_the_wait_at_once(tmp_path: Path, part: str, verdict: str, status: int) -> None:
    ended = run_child(tmp_path / "run", "-p", "tests.e2e.sabotage", ONE, env={"KS_TEST_SABOTAGE": f"kill:{part}"})
    check = ended.check("test_a_workload_reaches_both_wecs")
    assert check["verdict"] == verdict, ended.output
    assert ended.status == status, ended.output
    assert f"{part} (" in check["message"], check["message"]
    assert "ended without being told to" in check["message"], check["message"]
    assert sum(ended.waits("test_a_workload_reaches_both_wecs")) < 5  # of the 20 s that the contract gives it
