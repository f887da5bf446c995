"""A pytest that lacks a plugin which the suite needs says so in one line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.child import ROOT, environment


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            "'kubestellar' is not loaded: PYTEST_DISABLE_PLUGIN_AUTOLOAD is set: unset it",
        ),
        ({"PYTEST_ADDOPTS": "-p no:timeout"}, "'timeout' is not loaded: leave out -p no:timeout"),
    ],
)
def test_a_plugin_that_is_not_loaded(variables: dict[str, str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "scenarios/examples"],
        cwd=ROOT,
        env=environment(variables),
        text=True,
        capture_output=True,
    )
    assert done.returncode == 4, done.stdout
    [line] = filter(None, (done.stdout + done.stderr).splitlines())
    assert line == f"ERROR: the pytest plugin {said}"
