"""A wrong or empty selection is told, also under pytest-xdist, which says nothing of it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from kubestellar_conformance.plugin import choosing
from kubestellar_conformance.plugin.collection import as_typed
from kubestellar_conformance.plugin.run import run_of
from kubestellar_conformance.reporting.session_folder import RunFailure

_CHOICES = ("keyword", "markexpr", *choosing.OPTIONS)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, Any, Any]:
    """A worker's message about a path or an id that does not exist gets lost otherwise."""
    run = run_of(session.config)
    try:
        return (yield)
    except pytest.UsageError as error:
        if run.role == "worker":
            told = " ".join(str(part) for part in error.args)
            run.folder.has_failed(RunFailure("usage", " ".join(told.split())))
        raise


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Say what a selection without tests has selected by."""
    if exitstatus != pytest.ExitCode.NO_TESTS_COLLECTED or run_of(config).role == "worker":
        return
    words = [
        f"{as_typed(name)} {value!r}"
        for name in _CHOICES
        for value in _given(config.getoption(name))
    ]
    by = f" matches {' and '.join(words)}" if words else ""
    among = ", ".join(config.args)
    terminalreporter.write_line(f"ERROR: no test in {among}{by}: nothing was run", red=True)


def _given(value: str | list[str] | None) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []
