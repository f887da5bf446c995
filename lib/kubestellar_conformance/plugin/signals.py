"""Makes SIGTERM and SIGHUP end a run as Ctrl-C does: tests stop, the platform is taken down, and
the report says so.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

import pytest

from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.signals import ENDING, may_be_handled

_INTERRUPTED = int(pytest.ExitCode.INTERRUPTED)
_BEFORE = pytest.StashKey[dict[int, Any]]()


def pytest_configure(config: pytest.Config) -> None:
    run = run_of(config)
    config.pluginmanager.register(_Interruption(run), "ks-interruption")

    def interrupt(number: int, _frame: FrameType | None) -> None:
        if run.interrupted:
            return  # already on the way down
        run.interrupted = True
        raise KeyboardInterrupt(signal.Signals(number).name)

    others = [number for number in ENDING if number is not signal.SIGINT and may_be_handled(number)]
    before: dict[int, Any] = {number: signal.signal(number, interrupt) for number in others}
    config.stash[_BEFORE] = before


def pytest_unconfigure(config: pytest.Config) -> None:
    for number, handler in config.stash.get(_BEFORE, {}).items():
        signal.signal(number, handler)


class _Interruption:
    """Notes Ctrl-C too, which pytest handles; from then on nothing may wait for the product."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        error = excinfo.value
        if isinstance(error, pytest.exit.Exception):
            status = _INTERRUPTED if error.returncode is None else error.returncode
            self._run.exited = f"pytest.exit: {error.msg}", int(status)
        # "Interrupted" is the exception of pytest and xdist, when they stop by themselves.
        elif excinfo.typename != "Interrupted":
            self._run.interrupted = True
