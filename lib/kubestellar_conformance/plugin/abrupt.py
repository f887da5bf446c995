"""A test that ends the whole process at once (`os._exit`) makes the run broken, never passed.

Without xdist pytest could not react: no summary, no record, and the platform would stay up. With
xdist the controller notices a worker that exits this way.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

import pytest

from kubestellar_conformance.plugin.ending import abandon
from kubestellar_conformance.plugin.progress import finish
from kubestellar_conformance.plugin.run import run_of
from kubestellar_conformance.reporting.verdicts import EXIT_BROKEN

_EXIT = pytest.StashKey[Any]()


def pytest_sessionstart(session: pytest.Session) -> None:
    config, own, leave = session.config, os.getpid(), os._exit
    if run_of(config).role != "solo":
        return
    config.stash[_EXIT] = leave

    def exit_at_once(status: int) -> NoReturn:
        if os.getpid() == own:  # else a child that the test has forked, whose way to end this is
            os._exit = leave
            capture = config.pluginmanager.get_plugin("capturemanager")
            if capture is not None:
                capture.suspend_global_capture(in_=True)
            finish(config)
            why = f"a test ended the whole process with os._exit({status})"
            abandon(session, why)
            print(f"ERROR: broken: {why}", file=sys.__stderr__, flush=True)
            status = EXIT_BROKEN
        leave(status)

    os._exit = exit_at_once


def pytest_unconfigure(config: pytest.Config) -> None:
    if (leave := config.stash.get(_EXIT, None)) is not None:
        os._exit = leave
