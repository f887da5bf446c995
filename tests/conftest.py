"""Fixtures that the harness's own tests share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.support.api_servers import (
    api_servers,
    carrier,
    its_server,
    nginx,
    provisioned,
    three,
    wds_server,
    wec_server,
)
from tests.support.suite import Suite

__all__ = [
    "api_servers",
    "carrier",
    "its_server",
    "nginx",
    "provisioned",
    "suite",
    "three",
    "wds_server",
    "wec_server",
]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs something in its background makes it ignore Ctrl-C, and so would all that
    # the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _handlers_stay() -> Iterator[None]:
    """What a test has changed of the handling of signals would reach every child of later tests."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A small suite on the fake platform, to run the plugin on."""
    return Suite(pytester, monkeypatch)
