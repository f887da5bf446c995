"""Processes the collected tests: checks their promises, attaches the expected known deviations, and
notes the selection.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.plugin import choosing
from kubestellar_conformance.plugin.extent import uses_platform
from kubestellar_conformance.plugin.fleets import wrong_fleet
from kubestellar_conformance.plugin.mistakes import first_mistake
from kubestellar_conformance.plugin.promises import own_promises, promises_of, unknown_promise
from kubestellar_conformance.plugin.run import Run, run_of, scenario_folder
from kubestellar_conformance.reporting.known import KnownDeviation
from kubestellar_conformance.reporting.session_folder import RunFailure

ENTRY = pytest.StashKey[KnownDeviation]()
_FOUND = pytest.StashKey[list[pytest.Item]]()
_NARROWING = (
    "keyword",
    "markexpr",
    "deselect",
    "ignore",
    "ignore_glob",
    "lf",
    "stepwise",
    "setuponly",
    "setupplan",
    "splits",
    "group",
    *choosing.OPTIONS,
)
"""Options of pytest, of pytest-split, and of the harness."""
_AS_TYPED = {
    "keyword": "-k",
    "markexpr": "-m",
    "lf": "--lf",
    "setuponly": "--setup-only",
    "setupplan": "--setup-plan",
}
_USUAL = {"python_functions": ["test"], "python_classes": ["Test"]}
"""Settings that narrow the collection of a file, with pytest's defaults, which this project uses
too.
"""
_FILES = ("test_*.py", "*_test.py")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """Wraps the hook from outside, to see all tests before any plugin removes some."""
    run = run_of(config)
    run.note_scenarios(item.nodeid for item in items if _checks_the_product(item))
    scenarios = config.stash[_FOUND] = [item for item in items if run.is_scenario(item.nodeid)]
    wrong = (
        unknown_promise(run, scenarios)
        or first_mistake(scenarios)
        or wrong_fleet(scenarios)
        or _stale_entry(run, config, scenarios)
    )
    if wrong is not None:
        _refuse(run, session, items, wrong)
    else:
        for item in scenarios:
            # JUnit shows these properties.
            item.user_properties += [("promise", name) for name in promises_of(item)]
            if (entry := run.known.of(item.nodeid)) is not None:
                item.stash[ENTRY] = entry
                item.user_properties.append(("known_deviation", entry.id))
    return (yield)


def _checks_the_product(item: pytest.Item) -> bool:
    return uses_platform(item) or item.get_closest_marker("promises") is not None


def _refuse(run: Run, session: pytest.Session, items: list[pytest.Item], message: str) -> None:
    if run.owner:
        raise pytest.UsageError(message)
    # An exception would look like a crashed worker, once per worker. Each worker finds the same
    # error and runs nothing.
    run.folder.has_failed(RunFailure("usage", message))
    session.shouldstop = "wrong usage"
    items.clear()


def _stale_entry(run: Run, config: pytest.Config, scenarios: list[pytest.Item]) -> str | None:
    if not whole_suite(config):
        return None  # the test may exist without having been collected
    for entry, test in run.known.stale(item.nodeid for item in scenarios):
        return (
            f"{entry.where}: known deviation {entry.id} of release {run.known.release} names a "
            f"test that does not exist: {test}"
        )
    return None


def whole_suite(config: pytest.Config) -> bool:
    """Whether the run asks for everything below the scenarios folder, before -k, -m and the like
    narrow it.
    """
    if any(
        getattr(config.option, name, None) for name in ("ignore", "ignore_glob", "lf", "pyargs")
    ):
        return False
    suite = scenario_folder(config).resolve()
    if not suite.is_dir():
        return False  # a root folder without a suite
    asked = [_path(config, str(arg)) for arg in config.args]
    return any(path is not None and (path == suite or path in suite.parents) for path in asked)


def _path(config: pytest.Config, arg: str) -> Path | None:
    if "::" in arg:
        return None
    return Path(os.path.realpath(config.invocation_params.dir / arg))  # never raises


def narrowing(config: pytest.Config) -> dict[str, str]:
    """The options and settings that narrow a run, as they would be typed."""
    found: dict[str, Any] = {name: getattr(config.option, name, None) for name in _NARROWING}
    settings = {name: list(config.getini(name)) for name in _USUAL}
    return {as_typed(name): _typed(value) for name, value in found.items() if value} | {
        f"-o {name}={' '.join(value)}": ""
        for name, value in settings.items()
        if value != _USUAL[name]
    }


def as_typed(name: str) -> str:
    """The option of this name, as a user types it."""
    return _AS_TYPED.get(name, f"--{name.replace('_', '-')}")


def _typed(value: Any) -> str:
    if value is True:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def taken_away(session: pytest.Session) -> list[str]:
    """The collected scenarios that are not among the tests to run, whichever plugin or option
    removed them.
    """
    left = set(session.items)
    return [item.nodeid for item in session.config.stash.get(_FOUND, ()) if item not in left]


def whole_functions(config: pytest.Config) -> list[str]:
    """The scenarios' functions of which every row was collected. A row that was asked for by its id
    says nothing of the others; ``--lf`` leaves rows out before anybody sees them.
    """
    if getattr(config.option, "lf", False):
        return []
    single = {str(arg).rpartition("::")[2].partition("[")[0] for arg in config.args if "[" in arg}
    found = {item.nodeid.partition("[")[0] for item in config.stash.get(_FOUND, ())}
    return sorted(name for name in found if name.rpartition("::")[2] not in single)


def uncollected(config: pytest.Config) -> list[str]:
    """Files of the suite in which nothing was collected: left out by a setting or a conftest,
    skipped, faulty or empty.
    """
    found = {item.nodeid.partition("::")[0] for item in config.stash.get(_FOUND, ())}
    suite = scenario_folder(config)
    inside = {path.relative_to(suite) for pattern in _FILES for path in suite.rglob(pattern)}
    shown = (
        suite / path for path in inside if not any(part.startswith(".") for part in path.parts)
    )
    return sorted({path.relative_to(config.rootpath).as_posix() for path in shown} - found)


def note_selection(config: pytest.Config) -> None:
    """Note the selection of tests for the record."""
    selection = run_of(config).record.selection
    selection.suite = whole_suite(config)
    selection.paths = [] if selection.suite else [str(arg) for arg in config.args]
    selection.options = narrowing(config)


def marks(item: pytest.Item) -> dict[str, Any]:
    """The facts of a test that its report carries, in a form that crosses from a worker to the
    controller.
    """
    entry = item.stash.get(ENTRY, None)
    return {
        "promises": list(promises_of(item)),
        "own": list(own_promises(item)),
        "known": entry.id if entry else None,
    }
