"""The proof that the scenarios can fail: with a part of the path taken away they fail, and name the hop.

A scenario that passes with a part missing is a defect of the scenario.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.child import run_child

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
ONE = "scenarios/examples/test_scenario_1_kubectl.py::test_a_workload_reaches_both_wecs"
STATUS = "scenarios/examples/test_scenario_4_singleton_status.py::test_the_only_wec_s_whole_status_returns_to_the_wds"
QUICK = "--ks-slow=0.4"  # what will not come need not be waited for as long


@pytest.mark.parametrize(
    ("sabotage", "scenario", "hop", "whose"),
    [
        ("stop:wds1/kubestellar-controller-manager", ONE, "Binding", "stopped"),
        ("stop:wds1/transport-controller", ONE, "ManifestWork", "stopped"),
        ("pause:cluster1/klusterlet-agent", ONE, "AppliedManifestWork", "paused"),
        ("pause:cluster1/status-agent", STATUS, "WorkStatus", "paused"),
        # The other WEC must never get the workload: nothing reaches it now, and that must not pass for a proof.
        ("pause:cluster2/klusterlet-agent", STATUS, "AppliedManifestWork", "paused"),
    ],
)
def test_a_scenario_fails_and_names_the_hop_when_a_part_is_missing(
    tmp_path: Path, sabotage: str, scenario: str, hop: str, whose: str
) -> None:
    part = sabotage.partition(":")[2]
    ended = run_child(
        tmp_path / "run", "-p", "tests.e2e.sabotage", QUICK, scenario, env={"KS_TEST_SABOTAGE": sabotage}
    )
    check = ended.check(scenario.rpartition("::")[2])
    assert check["verdict"] == "deviates", ended.output
    assert ended.status == 1, ended.output
    stop = [line for line in check["message"].splitlines() if line.strip().startswith("STOP")]
    assert stop, check["message"]
    assert stop[0].split()[1:2] == [hop], check["message"]
    assert f"{part} ({whose})" in check["message"], check["message"]
    assert len(check["message"].splitlines()) <= 30, check["message"]
