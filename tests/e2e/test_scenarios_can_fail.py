"""The proof that the scenarios can fail: with a part of the path taken away they fail, and name the
hop.

A scenario that passes with a part missing is a defect of the scenario. A part that dies is noticed
at once.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.sabotage import VARIABLE
from tests.support.child import Ended, run_child

pytestmark = pytest.mark.timeout(900)
EXAMPLES = "scenarios/examples"
ONE = "test_a_workload_reaches_both_wecs"
STATUS = "test_the_only_wec_s_whole_status_returns_to_the_wds"
FILES = {ONE: "test_scenario_1_kubectl.py", STATUS: "test_scenario_4_singleton_status.py"}
MISSING = [
    # the part, the scenario, the hop where it has to stop
    ("stop:wds1/kubestellar-controller-manager", ONE, "Binding"),
    ("stop:wds1/transport-controller", ONE, "ManifestWork"),
    ("pause:cluster1/status-agent", STATUS, "WorkStatus"),
    ("pause:cluster1/klusterlet-agent", ONE, "AppliedManifestWork"),
    # The other WEC must never get the workload: nothing reaches it now, and that must not pass for
    # a proof.
    ("pause:cluster2/klusterlet-agent", STATUS, "AppliedManifestWork"),
]


def sabotaged(run_dir: Path, cases: list[tuple[str, str]], *arguments: str) -> Ended:
    """One child pytest on one platform, a test for each (sabotage, scenario)."""
    words = json.dumps(cases)
    asked = sorted({f"{EXAMPLES}/{FILES[test]}::{test}" for _, test in cases})
    return run_child(run_dir, "-p", "tests.e2e.sabotage", *asked, *arguments, env={VARIABLE: words})


def test_scenarios_fail_and_name_the_hop_when_a_part_is_missing(tmp_path: Path) -> None:
    ended = sabotaged(
        tmp_path / "run", [(what, test) for what, test, _ in MISSING], "--ks-slow=0.5"
    )
    assert ended.status == 1, ended.output
    for what, test, hop in MISSING:
        check = ended.check(f"{test}[{what}]")
        verb, _, part = what.partition(":")
        message = check["message"]
        assert check["verdict"] == "deviates", ended.output
        [stop] = [line for line in message.splitlines() if line.strip().startswith("STOP")]
        assert stop.split()[1] == hop, message
        assert f"{part} ({ {'stop': 'stopped', 'pause': 'paused'}[verb] })" in message, message
        assert len(message.splitlines()) <= 30, message


@pytest.mark.parametrize(
    ("part", "verdict", "status"),
    [("wds1/transport-controller", "deviates", 1), ("cluster1/klusterlet-agent", "broken", 10)],
)
def test_a_part_that_dies_ends_the_wait_at_once(
    tmp_path: Path, part: str, verdict: str, status: int
) -> None:
    """KubeStellar's own is a deviation with its last lines, any other is broken."""
    ended = sabotaged(tmp_path / "run", [(f"crash:{part}", ONE)])
    check = ended.check(f"{ONE}[crash:{part}]")
    assert check["verdict"] == verdict, ended.output
    assert ended.status == status, ended.output
    assert f"{part} (" in check["message"], check["message"]
    assert "exited unexpectedly" in check["message"], check["message"]
    waits = ended.waits(f"{ONE}[crash:{part}]")
    assert sum(waits) < 10  # of the 20 s that the contract gives it
