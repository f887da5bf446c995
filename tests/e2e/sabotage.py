"""A pytest plugin for child runs: takes one part of the platform away before each test.

What to do is in the environment: ``KS_TEST_SABOTAGE=stop:wds1/transport-controller`` (stop, pause or kill).
"""

from __future__ import annotations

import os
import signal

import pytest

from kubestellar_conformance.platforms import Platform


@pytest.fixture(autouse=True)
def _sabotage(platform: Platform, _surroundings: None) -> None:
    verb, _, name = os.environ["KS_TEST_SABOTAGE"].partition(":")
    part = platform.component(name)
    if verb == "kill":
        identity = part.identity()  # type: ignore[attr-defined]  # embedded: a process
        os.kill(identity[0], signal.SIGKILL)
    else:
        {"stop": part.stop, "pause": part.pause}[verb]()
