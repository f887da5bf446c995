"""The facts about suite, machine and options that identify a run in its record: by them two records
are found to speak of the same, or not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.plugin.run import role_of, scenario_folder
from kubestellar_conformance.reporting.machine import machine
from kubestellar_conformance.reporting.marks import Mark, by_promise, read_marks
from kubestellar_conformance.reporting.promises import Promises
from kubestellar_conformance.reporting.suite_digest import suite_identity

_DEFAULTS = {"ks_platform": "embedded"}


def identity(config: pytest.Config, promises: Promises) -> dict[str, Any]:
    """The arguments of a `RunRecord` that identify it, and the tests of the suite by the promises
    that they name.

    `UserError` for a promise that the catalogue lacks. A worker leaves all this to the process that
    owns the run.
    """
    if role_of(config) == "worker":
        return {}
    suite = scenario_folder(config)
    marks = read_marks(suite, config.rootpath)
    for mark in marks:
        if (why := promises.lacks(mark.promise)) is not None:
            raise UserError(f"{mark.where}: {why}")
    return {
        "checked": by_promise(marks),
        "suite": _suite(suite, marks),
        "machine": machine(),
        "options": {
            "arguments": [str(one) for one in config.invocation_params.args],
            "values": _given(config),
        },
    }


def _suite(folder: Path, marks: list[Mark]) -> dict[str, Any] | None:
    if not folder.is_dir():
        return None
    try:
        return suite_identity(folder, folder.name, marks)
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _given(config: pytest.Config) -> dict[str, Any]:
    """The options of the harness that were given, by flag."""
    return {
        f"--{name.replace('_', '-')}": value
        for name, value in sorted(vars(config.option).items())
        if name.startswith("ks_") and value and value != _DEFAULTS.get(name)
    }
