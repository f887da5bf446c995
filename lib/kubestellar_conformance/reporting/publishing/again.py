"""The commands that repeat the run of a report."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from kubestellar_conformance.reporting.conformance.model import ConformanceReport

_MAKE: Final = {
    "kind": ("scenarios", "--ks-platform", "kind", "-n", "2"),
    "scenarios": ("-n", "6"),
}
"""What the targets of the Makefile give pytest."""
_INSTALL: Final = "make .venv/.installed"
"""Makes the virtual environment in a fresh clone; the targets that run tests do so themselves."""
_ELSEWHERE: Final = ("--ks-run-dir", "--ks-report", "--ks-cache-dir", "--basetemp", "--junitxml")
_ALLURE: Final = "--alluredir"
"""Options that say where a run keeps its files; nothing else depends on them."""


def commands(report: ConformanceReport, *, partial: bool) -> Iterator[str]:
    """The commands, in a clone of the harness's repository."""
    commit = report.harness.get("commit")
    if commit is not None:
        yield f"git checkout {commit}"
    runs = [one.arguments for one in report.run.parts] or [report.run.arguments]
    if not command(runs[0]).startswith("make "):
        yield _INSTALL
    folders = [f"run/part-{number}" for number, _ in enumerate(report.run.parts, 1)]
    for folder, one in zip(folders, report.run.parts, strict=True):
        yield command(one.arguments, folder)
    if folders:
        yield f".venv/bin/ks-conformance merge {' '.join(folders)}"
    else:
        yield command(report.run.arguments)
    merged = ["reports/merged"] if folders else []
    given = " ".join([*merged, *(["--partial"] if partial else [])])
    yield f"make publish ARGS={shlex.quote(given)}" if given else "make publish"


def command(arguments: Sequence[str], folder: str | None = None) -> str:
    """The command of a run with these arguments of pytest, in this folder of the run."""
    kept = [*_kept(arguments), *([f"--ks-run-dir={folder}"] if folder else [])]
    for target, own in _MAKE.items():
        if tuple(kept[: len(own)]) == own:
            more = shlex.join(kept[len(own) :])
            return f"make {target} ARGS={shlex.quote(more)}" if more else f"make {target}"
    return shlex.join([".venv/bin/python", "-m", "pytest", *kept])


def _kept(arguments: Sequence[str]) -> Iterator[str]:
    skip = False
    for one in arguments:
        name, equals, _ = one.partition("=")
        if skip:
            skip = False
        elif name in (*_ELSEWHERE, _ALLURE):
            skip = not equals
        else:
            yield one
