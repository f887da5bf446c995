"""How long each test took in earlier runs: a file in the cache folder, per platform.

It serves estimates of the time left and the order in which workers get tests, and decides no
verdict, so a file that is broken is ignored.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import locked, write_json
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.reporting.verdicts import Verdict

MOST: Final = 5000
"""The number of tests that are kept: those that ran last."""
_LARGEST = 4 * 2**20
"""Bytes. A larger file is not one of this module's."""
_LONGEST = 86400.0


def pytest_configure(config: pytest.Config) -> None:
    run = run_of(config)
    if run.owner:
        config.pluginmanager.register(_Keeper(run), "ks-durations")


def past(run: Run) -> dict[str, float]:
    """Seconds that each test took when it last ran on this platform, without waits for its turn;
    empty if nothing is known.
    """
    try:
        return _read(_file(run))
    except UserError:  # this user has no cache folder
        return {}


class _Keeper:
    """Notes the time of each test, in the process that owns the run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._taken: dict[str, float] = {}
        self._whole: set[str] = set()
        self._red: set[str] = set()

    def pytest_runtest_logreport(self, report: Any) -> None:
        noted = getattr(report, "ks", None)
        if noted is None:
            return
        self._taken[report.nodeid] = self._taken.get(report.nodeid, 0.0) + report.duration
        if Verdict(noted["verdict"]).red:
            self._red.add(report.nodeid)  # it took the time of a failure
        elif report.when == "teardown":
            self._whole.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        whole = self._whole - self._red
        new = {test: round(t, 2) for test, t in self._taken.items() if test in whole}
        if not new:
            return
        try:
            file = _file(self._run)
            with locked(file):
                before = {test: t for test, t in _read(file).items() if test not in new}
                write_json(file, dict([*before.items(), *new.items()][-MOST:]))
        except (OSError, UserError):
            return  # a full or foreign cache folder only makes later runs say less


def _file(run: Run) -> Path:
    return runs.cache_root(run.settings.cache_dir) / "durations" / f"{run.platform_name}.json"


def _read(file: Path) -> dict[str, float]:
    try:
        if file.stat().st_size > _LARGEST:
            return {}
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {test: seconds for test, seconds in content.items() if _is_duration(seconds)}


def _is_duration(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value < _LONGEST  # type: ignore[operator]
