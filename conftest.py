"""Loads `pytester`: the harness's own tests run pytest inside pytest. Its plugin is installed."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["pytester"]
_NEEDED = {
    "kubestellar": "this package (pip install --editable .)",
    "timeout": "pytest-timeout",
}
"""The plugins without which nothing here runs as it should, with their packages."""


def pytest_configure(config: pytest.Config) -> None:
    """One line where such a plugin is missing, instead of an option that pytest does not know."""
    for name, package in _NEEDED.items():
        if config.pluginmanager.has_plugin(name):
            continue
        if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
            what = "PYTEST_DISABLE_PLUGIN_AUTOLOAD is set: unset it"
        elif config.pluginmanager.is_blocked(name):
            what = f"leave out -p no:{name}"
        else:
            what = f"install {package}"
        raise pytest.UsageError(f"the pytest plugin {name!r} is not loaded: {what}")
