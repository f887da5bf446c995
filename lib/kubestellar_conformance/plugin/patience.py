"""``--ks-impatient``: a wait gets a multiple of the time that it took in earlier green runs.

The contracts leave room for a loaded machine, so a red run spends most of its time waiting. The
duration of each test's waits in conforming runs is kept in the cache folder, per platform.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest

from kubestellar_conformance.files import locked, write_json
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.plugin.verdicts import facts
from kubestellar_conformance.reporting.verdicts import Verdict
from kubestellar_conformance.waiting import contracts

MULTIPLE: Final = 4.0
SHORTEST: Final = 3.0
"""The least seconds that a wait gets."""
_FADES: Final = 0.8
"""The factor by which an earlier, slower figure shrinks with each further run."""
_PATIENT: Final = ("quiet", "restart")
"""Contracts that stay: one is a time to watch, the other is the harness's own in repairs too."""

Longest = dict[str, dict[str, float]]
"""Seconds of the longest held wait, by test and contract."""
_KNOWN = pytest.StashKey[Longest]()


def pytest_configure(config: pytest.Config) -> None:
    run = run_of(config)
    if config.option.ks_impatient:
        config.stash[_KNOWN] = _read(_file(run))
    if run.owner:
        config.pluginmanager.register(_Learner(run), "ks-patience")


def pytest_report_header(config: pytest.Config) -> str | None:
    known = config.stash.get(_KNOWN, None)
    if known is None or not run_of(config).owner:
        return None
    return (
        f"--ks-impatient: waits are given {MULTIPLE:g} times what they took in earlier green runs "
        f"({len(known)} tests are known)"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    known = item.config.stash.get(_KNOWN, {}).get(item.nodeid, {})
    contracts.hurry({name: max(SHORTEST, MULTIPLE * taken) for name, taken in known.items()})
    try:
        return (yield)
    finally:
        contracts.hurry({})


class _Learner:
    """Keeps the durations of the waits of conforming tests, in the process that owns the run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._red: set[str] = set()
        self._taken: Longest = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        noted = facts(report)
        if noted is None:
            return
        if noted["verdict"] != Verdict.CONFORMS:
            self._red.add(report.nodeid)
        taken = self._taken.setdefault(report.nodeid, {})
        for wait in noted.get("waits", ()):
            name = wait["contract"]
            if wait["outcome"] == "held" and name not in _PATIENT:
                taken[name] = max(taken.get(name, 0.0), wait["taken"])

    def pytest_sessionfinish(self) -> None:
        new = {test: t for test, t in self._taken.items() if t and test not in self._red}
        if not new:
            return
        file = _file(self._run)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with locked(file.with_suffix(".lock")):
                known = _read(file)
                for test, taken in new.items():
                    before = known.get(test, {})
                    known[test] = {
                        name: round(max(seconds, _FADES * before.get(name, 0.0)), 3)
                        for name, seconds in taken.items()
                    }
                write_json(file, known)
        except OSError:
            return  # a full or foreign cache folder only makes later runs patient


def _file(run: Run) -> Path:
    return runs.cache_root(run.settings.cache_dir) / "waits" / f"{run.platform_name}.json"


def _read(file: Path) -> Longest:
    try:
        content: Longest = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return content
