"""Tries one mutant: edits a copy of KubeStellar, builds it through the cache, runs its area."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kubestellar_conformance.components import load_catalogue
from kubestellar_conformance.errors import HarnessError, UserError
from tests.mutants.catalogue import PARTS, Mutant
from tests.support.child import ROOT, Ended, run_child
from tests.support.modules import writable_copy

_SECONDS = 1200.0
_LAST_LINES = 25
"""Of a broken run's output, to say why."""
ENOUGH = 3
"""Checks that may fail before a run is stopped: the mutant is found by then."""


@dataclass(frozen=True)
class Result:
    """How a mutant fared. ``silent``: those of ``found_by`` whose message does not hold the guilty
    part responsible.
    """

    id: str
    area: str
    outcome: str
    """``found``, ``survived``, or ``broken``: the run says nothing of the mutant."""
    found_by: tuple[str, ...]
    silent: tuple[str, ...]
    seconds: float

    @property
    def blamed(self) -> bool:
        """Whether each failure names the guilty part."""
        return self.outcome == "found" and not self.silent

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, data: dict[str, Any]) -> Result:
        names = {field: tuple(data[field]) for field in ("found_by", "silent")}
        return cls(**{**data, **names})


def pristine(into: Path, part: str) -> Path:
    """A writable copy of the module of a guilty part, as released, made once per folder."""
    return writable_copy(load_catalogue()[PARTS[part]], into)


def try_out(
    mutant: Mutant,
    module: Path,
    run_dir: Path,
    arguments: Sequence[str] = (),
    *,
    reuse: bool = False,
) -> Result:
    """Edit the copy, run the checks of the area against it, and take the edit back. ``reuse``: on
    the platform that was left up, whose part is exchanged meanwhile.
    """
    path = module / mutant.file
    original, begun = path.read_bytes() if path.is_file() else b"", time.monotonic()
    mutant.apply(module)
    try:
        area = f"scenarios/{mutant.area}"
        asked = [f"{area}/{name}" for name in mutant.tests] or [area]
        source = f"{PARTS[mutant.guilty]}={module}"
        if reuse:
            _exchange(source)
        how = "--ks-reuse" if reuse else f"--ks-component={source}"
        ended = run_child(run_dir, how, f"--maxfail={ENOUGH}", *arguments, *asked, limit=_SECONDS)
    finally:
        path.write_bytes(original)
        if reuse:
            _exchange(f"{PARTS[mutant.guilty]}={load_catalogue()[PARTS[mutant.guilty]].version}")
    return _judged(mutant, ended, time.monotonic() - begun)


def _exchange(source: str) -> None:
    """Run the build of this source in the platform that was left up. Raises `UserError`."""
    command = [sys.executable, "-m", "kubestellar_conformance", "replace", source]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    if done.returncode:
        raise UserError(f"{source}: {done.stdout}{done.stderr}")


def _judged(mutant: Mutant, ended: Ended, seconds: float) -> Result:
    try:
        tests = ended.record["tests"]
    except (OSError, ValueError) as error:
        raise HarnessError(f"{mutant.id}: the run has no record:\n{ended.output}") from error
    found = [test for test in tests if test["verdict"] in ("deviates", "fixed")]
    silent = [test for test in found if not _blames(test["message"] or "", mutant.guilty)]
    outcome = "found" if found else "survived" if ended.status == 0 else "broken"
    if outcome == "broken":
        last = "\n".join(ended.output.splitlines()[-_LAST_LINES:])
        sys.stderr.write(f"{mutant.id}: exit status {ended.status}:\n{last}\n")
    return Result(mutant.id, mutant.area, outcome, _names(found), _names(silent), round(seconds, 1))


def _names(tests: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(test["nodeid"].removeprefix("scenarios/") for test in tests)


def _blames(message: str, part: str) -> bool:
    """Whether the diagnosis holds that part responsible."""
    lines = [line.strip() for line in message.splitlines()]
    return any(line.startswith("responsible:") and f"/{part}" in line for line in lines)


def results_file() -> Path:
    """Where results are kept between runs: ``docs/mutants.json``."""
    return ROOT / "docs" / "mutants.json"


def recalled(file: Path) -> dict[str, Result]:
    """The results that the file has, by the ids of their mutants."""
    if not file.exists():
        return {}
    return {row["id"]: Result.of(row) for row in json.loads(file.read_text())}


def remember(result: Result, file: Path) -> dict[str, Result]:
    """Add a result to the file, in place of an earlier one of the same mutant; all of them."""
    known = recalled(file) | {result.id: result}
    rows = [known[name].to_dict() for name in sorted(known)]
    scratch = file.with_suffix(".new")
    scratch.write_text(json.dumps(rows, indent=1) + "\n")
    os.replace(scratch, file)
    return known
