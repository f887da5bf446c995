"""The promises that a test names. An unknown id stops the run before it begins."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from kubestellar_conformance.plugin.run import Run
from kubestellar_conformance.reporting.marks import Mark, read_file


def own_promises(item: pytest.Item) -> tuple[str, ...]:
    """The ids on a test, on its module or on its table row, without the ids on its steps."""
    marked = (str(name) for mark in item.iter_markers("promises") for name in mark.args)
    steps = step_promises(item)
    return tuple(name for name in dict.fromkeys(marked) if name not in steps)


def step_promises(item: pytest.Item) -> tuple[str, ...]:
    """The ids on the steps of a test, read from its source, since no step has run yet. Only a
    function has steps, and a doctest may lie in a file that is not Python.
    """
    if not isinstance(item, pytest.Function):
        return ()
    file, _, rest = item.nodeid.partition("::")
    test = f"{file}::{rest.partition('[')[0]}"
    found = (mark for mark in _marks(item.path, file) if mark.step is not None)
    return tuple(dict.fromkeys(mark.promise for mark in found if mark.test == test))


def promises_of(item: pytest.Item) -> tuple[str, ...]:
    """All ids that a test names, each once."""
    return (*own_promises(item), *step_promises(item))


def unknown_promise(run: Run, items: list[pytest.Item]) -> str | None:
    """Why the first test that names a promise outside the catalogue may not do so; None if all may.

    In a suite `read_marks` has found such a name already; in a test elsewhere it shows here.
    """
    for item in items:
        for name in promises_of(item):
            if (why := run.promises.lacks(name)) is not None:
                return f"{item.nodeid}: {why}"
    return None


@functools.cache
def _marks(path: Path, name: str) -> tuple[Mark, ...]:
    return tuple(read_file(path, name))
