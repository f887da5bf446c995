"""The package as a contributor installs it: a scenario beside code of one's own, in any folder."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.child import ROOT

pytestmark = pytest.mark.timeout(600)
_SOURCES = ("lib", "fixtures", "scenarios", "pyproject.toml", "README.md")
_PLAIN = "def test_of_another_project():\n    assert 1 + 1 == 2\n"


def _run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of an environment that holds the built wheel and what it depends on."""
    here = tmp_path_factory.mktemp("installed")
    source = here / "source"
    source.mkdir()
    for name in _SOURCES:  # a build leaves files in its source
        path = ROOT / name
        if path.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(path, source / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(path, source / name)
    _run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", here, source, cwd=here)
    [wheel] = here.glob("*.whl")
    _run(sys.executable, "-m", "venv", here / "env", cwd=here)
    python, constraints = here / "env" / "bin" / "python", ROOT / "constraints.txt"
    _run(python, "-m", "pip", "install", "-q", "-c", constraints, wheel, cwd=here)
    return python.parent


def test_a_scenario_in_an_unrelated_folder_runs(environment: Path, tmp_path: Path) -> None:
    """The example of the README, with the catalogue of promises that the wheel carries."""
    [example] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_hello.py").write_text(example)
    (tmp_path / "test_plain.py").write_text(_PLAIN)
    done = _run(environment / "pytest", "--ks-run-dir", tmp_path / "r", cwd=tmp_path)
    record = json.loads((tmp_path / "r" / "report" / "run.json").read_text())
    assert [test["verdict"] for test in record["tests"]] == ["conforms"], done.stdout
    assert record["tests"][0]["nodeid"].startswith("test_hello.py::")
    assert "2 passed" in done.stdout


def test_tests_of_another_project_are_left_alone(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_plain.py").write_text(_PLAIN)
    done = _run(environment / "pytest", cwd=tmp_path)
    assert "KubeStellar" not in done.stdout
    left = {path.name for path in tmp_path.iterdir()} - {"__pycache__", ".pytest_cache"}
    assert left == {"pytest.ini", "test_plain.py"}
