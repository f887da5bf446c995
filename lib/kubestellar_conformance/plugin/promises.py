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
    """What is wrong with the first test that names a promise which is not in the catalogue."""
    for item in items:
        for name in promises_of(item):
            if name not in run.promises:
                return (
                    f"{item.nodeid}: names the unknown promise {name!r}: it is not in "
                    f"{run.catalogue}"
                )
    return None
