"""Scenarios with a program in the place of the OCM status add-on's agent, one per WEC."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestellar_conformance.platforms.common import runs
from tests.support import add_on_agent
from tests.support.child import run_child
from tests.support.enclosing import WITHOUT_NAMESPACES, needs_enclosure

pytestmark = [pytest.mark.timeout(900), needs_enclosure]
ZERO = "scenarios/examples/test_scenario_0_look_around.py"
FOUR = "scenarios/examples/test_scenario_4_singleton_status.py"


def test_status_returns_by_the_agents_that_the_user_gives(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    agent = f"--ks-component=ocm-status-addon={add_on_agent.executable(tmp_path)}"
    ended = run_child(run_dir, agent, FOUR)
    assert ended.status == 0, ended.output
    assert {test["verdict"] for test in ended.record["tests"]} == {"conforms"}
    assert "the OCM status add-on binary" in ended.record["platform"]["status_reporter"]
    for wec in ("cluster1", "cluster2"):
        log = (run_dir / "logs" / f"{wec}-status-agent.log").read_text()
        assert "ready: AppliedManifestWorks listed" in log
    assert runs.marked_processes().get(run_dir, []) == []


def test_a_machine_without_namespaces_is_refused_before_anything_starts(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    agent = f"--ks-component=ocm-status-addon={add_on_agent.executable(tmp_path)}"
    ended = run_child(run_dir, agent, ZERO, under=WITHOUT_NAMESPACES)
    assert ended.status == 4, ended.output
    errors = [line for line in ended.output.splitlines() if line.startswith("ERROR:")]
    assert len(errors) == 1
    assert errors[0].startswith(
        "ERROR: --ks-component ocm-status-addon: each of its agents listens"
    )
    assert "port 8443 of all addresses" in errors[0]
    assert not list((run_dir / "logs").glob("*.log"))
