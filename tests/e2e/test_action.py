"""The steps of the GitHub action, run in a shell with the variables that GitHub sets."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.child import ROOT, environment

ACTION = ROOT / ".ci" / "action"
MERGE = ACTION / "merge"


def steps(action: Path = ACTION) -> dict[str, Any]:
    content = yaml.safe_load((action / "action.yml").read_text())
    return {step["id"]: step for step in content["runs"]["steps"] if "run" in step}


def run(
    step: dict[str, Any], folder: Path, action: str = "", **inputs: str
) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub's runner does: bash, with its own options. ``action``: the folder of an
    action below the first one.
    """
    given = {name: inputs[name.lower()] for name in step["env"]}
    files = {name: str(folder / name.lower()) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    github = {
        "GITHUB_ACTIONS": "true",
        "CI": "true",
        "GITHUB_ACTION_PATH": str(ACTION / action),
        **files,
    }
    env = {**environment(), **github, "RUNNER_TEMP": str(folder), **given}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(shell, env=env, capture_output=True, text=True, timeout=400, check=False)


def outputs_of(folder: Path) -> dict[str, str]:
    lines = (folder / "github_output").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.skipif(not (ROOT / ".venv").exists(), reason="no .venv, which make makes")
def test_the_steps_of_the_action_run_the_scenarios_and_say_where_the_report_is(
    tmp_path: Path,
) -> None:
    todo = steps()
    assert list(todo) == ["install", "run"]
    installed = run(todo["install"], tmp_path, python="python3")
    assert installed.returncode == 0, installed.stderr
    path = "scenarios/examples/test_scenario_0_look_around.py"
    asked = {"checkout": "", "selection": f"{path} -k lists_exactly", "splits": "2", "group": "1"}
    ran = run(todo["run"], tmp_path, **asked)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    outputs = outputs_of(tmp_path)
    record = json.loads(Path(outputs["record"]).read_text())
    assert [test["verdict"] for test in record["tests"]] == ["conforms"]
    assert os.path.dirname(outputs["record"]) == outputs["report"]
    assert "::notice title=Partial run::only scenarios/examples" in ran.stdout
    assert record["selection"]["options"]["--splits"] == "2"
    summary = (tmp_path / "github_step_summary").read_text()
    assert summary.startswith("## KubeStellar conformance: as expected, as far as it went")
    _the_part_alone_is_partial(Path(outputs["report"]), tmp_path / "last")


def _the_part_alone_is_partial(report: Path, folder: Path) -> None:
    """The last job, where the other one has left no artifact."""
    part = folder / "kubestellar-conformance-1"
    part.parent.mkdir()
    report.rename(part)
    ended = run(steps(MERGE)["merge"], folder, MERGE.name, parts=str(folder))
    assert ended.returncode == 13, ended.stdout + ended.stderr
    assert "::notice title=Partial run::not in any part: scenarios/" in ended.stdout
    merged = json.loads(Path(outputs_of(folder)["record"]).read_text())
    assert (merged["complete"], len(merged["tests"])) == (False, 1)
    summary = (folder / "github_step_summary").read_text()
    assert "**Partial run**: not in any part: scenarios/" in summary


def test_a_run_of_which_no_part_is_left_is_red(tmp_path: Path) -> None:
    ended = run(steps(MERGE)["merge"], tmp_path, MERGE.name, parts=str(tmp_path))
    assert ended.returncode == 13
    assert ended.stdout.startswith("::error title=No part::no job has left a record")
    assert not (tmp_path / "github_output").exists()


def test_a_red_run_ends_the_step_with_its_own_status(tmp_path: Path) -> None:
    step = steps()["run"]
    asked = {"checkout": "", "selection": "scenarios/no/such.py", "splits": "", "group": ""}
    ended = run(step, tmp_path, **asked)
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert "not found: scenarios/no/such.py" in ended.stdout
    assert "report=" in (tmp_path / "github_output").read_text()


@pytest.mark.parametrize(("job", "action"), [("part", ACTION), ("conformance", MERGE)])
def test_the_example_workflow_uses_the_inputs_that_the_action_has(job: str, action: Path) -> None:
    inputs = yaml.safe_load((action / "action.yml").read_text())["inputs"]
    workflow = yaml.safe_load((ACTION / "example-workflow.yml").read_text())
    name = action.relative_to(ROOT).as_posix()
    [used] = [
        step
        for step in workflow["jobs"][job]["steps"]
        if step.get("uses", "").endswith(f"conformance/{name}@REF")
    ]
    assert set(used.get("with", {})) <= set(inputs)
    assert all(entry["description"] for entry in inputs.values())


def test_the_parts_are_made_by_past_durations_of_scenarios() -> None:
    """A name that no longer exists does no harm; it would if none did."""
    durations = json.loads((ACTION / "durations.json").read_text())
    files = {name.partition("::")[0] for name in durations}
    assert sum((ROOT / file).exists() for file in files) > len(files) / 2
    assert all(re.match(r"scenarios/.*::", name) and took >= 0 for name, took in durations.items())
