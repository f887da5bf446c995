"""Runs the scenarios in a pytest of its own, as a user would, and reads what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIMIT = 480.0  # seconds; a child that hangs is a failure of its own
GRACE = 60.0  # seconds in which a child that is ended takes its platform down
OF_THE_SCREEN = ("CI", "BUILD_NUMBER", "FORCE_COLOR", "NO_COLOR", "PY_COLORS", "GITHUB_ACTIONS")
"""Variables by which pytest decides how it prints: a CI's are not those of a terminal."""


@dataclass(frozen=True)
class Ended:
    """A child pytest that is over."""

    status: int
    output: str
    run_dir: Path

    @property
    def record(self) -> dict[str, Any]:
        """The run's record."""
        content: dict[str, Any] = json.loads((self.run_dir / "report" / "run.json").read_text())
        return content

    def check(self, name: str) -> dict[str, Any]:
        """What the record says of the one test of that name."""
        found: dict[str, Any]
        [found] = [test for test in self.record["tests"] if test["nodeid"].endswith(f"::{name}")]
        return found

    def waits(self, name: str) -> list[float]:
        """Seconds that each wait of the one test of that name took, from its evidence."""
        evidence = json.loads((self.run_dir / "report" / self.check(name)["evidence"]).read_text())
        return [wait["taken"] for wait in evidence["waits"]]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, without what pytest and pytest-xdist leave in it for their own,
    on a plain screen of 80 columns.
    """
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith("PYTEST_") and k not in OF_THE_SCREEN
    }
    return kept | {"COLUMNS": "80"} | dict(extra or {})


def command(run_dir: Path, arguments: Sequence[str]) -> list[str]:
    return [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-q",
        f"--ks-run-dir={run_dir}",
        *arguments,
    ]


def run_child(
    run_dir: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    limit: float = LIMIT,
    under: Sequence[str] = (),
) -> Ended:
    """Run pytest on the scenarios until its end, which must come within ``limit`` seconds.

    ``under`` is a command that runs the one given after it.
    """
    with subprocess.Popen(
        [*under, *command(run_dir, arguments)],
        cwd=ROOT,
        env=environment(env),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as child:
        try:
            output, _ = child.communicate(timeout=limit)
        except BaseException:
            _end(child)
            raise
    return Ended(child.returncode, output, run_dir)


def _end(child: subprocess.Popen[str]) -> None:
    """End it so that it takes its platform down, as it does after SIGTERM; kill it if it does not
    end.
    """
    child.terminate()
    try:
        child.communicate(timeout=GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
