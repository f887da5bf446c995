"""A pytest plugin for child runs: takes one part of the platform away before a test, as often as it
is told.

What to do is in the environment, words of ``verb:part=test``:
``stop:wds1/transport-controller=test_a_workload_...`` makes the test run with that part stopped (or
paused, or killed). After each, the harness makes all parts run again.
"""

from __future__ import annotations

import os
import signal

import pytest

from kubestellar_conformance.platforms import Platform

VARIABLE = "KS_TEST_SABOTAGE"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cases = [word.rpartition("=") for word in os.environ[VARIABLE].split()]
    wanted = [what for what, _, test in cases if test == metafunc.function.__name__]
    metafunc.parametrize("_sabotage", wanted, indirect=True)


@pytest.fixture(autouse=True)
def _sabotage(request: pytest.FixtureRequest, platform: Platform, _surroundings: None) -> None:
    verb, _, name = request.param.partition(":")
    part = platform.component(name)
    if verb == "kill":
        identity = part.identity()  # type: ignore[attr-defined]  # embedded: a process
        os.kill(identity[0], signal.SIGKILL)
    else:
        {"stop": part.stop, "pause": part.pause}[verb]()
