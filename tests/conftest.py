"""What the harness's own tests of its pytest plugin share."""

from __future__ import annotations

import signal

import pytest

from tests.suite import Suite

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs something in its background makes it ignore Ctrl-C, and so would all that
    # the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A small suite on the fake platform, to run the plugin on."""
    return Suite(pytester, monkeypatch)
