"""The steps of the GitHub action, run in a shell with the variables that GitHub sets."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.child import ROOT, environment

ACTION = ROOT / ".ci" / "action"


def steps() -> dict[str, Any]:
    action = yaml.safe_load((ACTION / "action.yml").read_text())
    return {step["id"]: step for step in action["runs"]["steps"] if "run" in step}


def run(step: dict[str, Any], folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub's runner does: bash, with its own options."""
    given = {name: inputs[name.lower()] for name in step["env"]}
    files = {name: str(folder / name.lower()) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    github = {"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_ACTION_PATH": str(ACTION), **files}
    env = {**environment(), **github, "RUNNER_TEMP": str(folder), **given}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(shell, env=env, capture_output=True, text=True, timeout=400, check=False)


@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="no .venv, which make makes")
def test_the_steps_of_the_action_run_the_scenarios_and_say_where_the_report_is(
    tmp_path: Path,
) -> None:
    todo = steps()
    assert list(todo) == ["install", "run"]
    installed = run(todo["install"], tmp_path, python="python3")
    assert installed.returncode == 0, installed.stderr
    path = "scenarios/examples/test_scenario_0_look_around.py"
    ran = run(todo["run"], tmp_path, checkout="", selection=f"{path} -k lists_exactly")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    outputs = dict(
        line.split("=", 1) for line in (tmp_path / "github_output").read_text().splitlines()
    )
    record = json.loads(Path(outputs["record"]).read_text())
    assert [test["verdict"] for test in record["tests"]] == ["conforms"]
    assert os.path.dirname(outputs["record"]) == outputs["report"]
    assert "::notice title=Partial run::only scenarios/examples" in ran.stdout
    summary = (tmp_path / "github_step_summary").read_text()
    assert summary.startswith("## KubeStellar conformance: as expected, as far as it went")


def test_a_red_run_ends_the_step_with_its_own_status(tmp_path: Path) -> None:
    step = steps()["run"]
    ended = run(step, tmp_path, checkout="", selection="scenarios/no/such.py")
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert "not found: scenarios/no/such.py" in ended.stdout
    assert "report=" in (tmp_path / "github_output").read_text()


def test_the_example_workflow_uses_the_inputs_that_the_action_has() -> None:
    inputs = yaml.safe_load((ACTION / "action.yml").read_text())["inputs"]
    workflow = yaml.safe_load((ACTION / "example-workflow.yml").read_text())
    [used] = [
        step
        for step in workflow["jobs"]["conformance"]["steps"]
        if "conformance/.ci/action" in step.get("uses", "")
    ]
    assert set(used["with"]) <= set(inputs)
    assert all(entry["description"] for entry in inputs.values())
