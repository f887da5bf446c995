"""Which promises a test names. An unknown id stops the run before it begins."""

from __future__ import annotations

import pytest

from kubestellar_conformance.plugin.run import Run


def promises_of(item: pytest.Item) -> tuple[str, ...]:
    """The ids that a test is marked with, each once, in the order written."""
    return tuple(
        dict.fromkeys(str(name) for mark in item.iter_markers("promises") for name in mark.args)
    )


def unknown_promise(run: Run, items: list[pytest.Item]) -> str | None:
    """Why the first test that names a promise which is not in the catalogue may not do so.

    Within a suite `read_marks` has found it already; a test elsewhere shows it here.
    """
    for item in items:
        for name in promises_of(item):
            if (why := run.promises.lacks(name)) is not None:
                return f"{item.nodeid}: {why}"
    return None
