"""The README says what is there: its example is a scenario, its commands and options exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_example_is_a_scenario_of_at_most_40_lines(tmp_path: Path) -> None:
    """Collected by the real plugin, so every name, fixture and promise in it exists."""
    [example] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(example.splitlines()) <= 40
    story = tmp_path / "test_readme_example.py"
    story.write_text(example)
    options = [
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(ROOT),
        "-c",
        "pyproject.toml",
    ]
    asked = [sys.executable, "-m", "pytest", "--setup-plan", "-q", *options, str(story)]
    done = subprocess.run(asked, cwd=ROOT, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SETUP    M wds" in done.stdout, done.stdout


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"(?:`|^ {4})make ([a-z-]+)", README, re.MULTILINE)))
)
def test_every_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_option_exists() -> None:
    asked = [sys.executable, "-m", "pytest", "--help"]
    known = subprocess.run(asked, cwd=ROOT, text=True, capture_output=True, check=True).stdout
    named = set(re.findall(r"--ks-[a-z-]+", README))
    assert named
    assert [option for option in sorted(named) if option not in known] == []


def test_make_has_an_exit_status_of_its_own(tmp_path: Path) -> None:
    """The README sends CI jobs that read the status to pytest."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\nexit 10\n")
    python.chmod(0o755)
    stamp = tmp_path / ".installed"
    stamp.touch()
    asked = ["make", "-s", "-o", str(stamp), f"VENV={tmp_path}", "scenarios"]
    assert subprocess.run(asked, cwd=ROOT, capture_output=True, check=False).returncode == 2
    said = " ".join(README.split())
    assert "`make` itself exits with 2 when a command fails" in said
    assert "a CI job that reads the status calls `.venv/bin/pytest scenarios`" in said
