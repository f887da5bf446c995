"""What the harness's own tests of its pytest plugin share."""

from __future__ import annotations

import pytest

from tests.suite import Suite


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A small suite on the fake platform, to run the plugin on."""
    return Suite(pytester, monkeypatch)
