"""The time limit of a test on a platform that needs longer than the limit of the suite."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest

from kubestellar_conformance.platforms import Platform
from kubestellar_conformance.plugin.extent import uses_platform


def limit(config: pytest.Config, platform: Platform, items: Iterable[pytest.Item]) -> None:
    """Give the tests that use the platform its `Platform.test_limit` where the suite's
    (``timeout`` of its ini file) is shorter. A test's own mark stays, and so does what the user
    sets with ``--timeout`` or ``PYTEST_TIMEOUT``.
    """
    if not config.pluginmanager.hasplugin("timeout") or platform.test_limit is None:
        return
    if config.getoption("timeout") is not None or "PYTEST_TIMEOUT" in os.environ:
        return
    if not 0 < float(config.getini("timeout") or 0) < platform.test_limit:  # 0: no limit
        return
    for item in items:
        if uses_platform(item) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(platform.test_limit))
