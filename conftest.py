"""Loads the harness's pytest plugin, for the scenarios and for the harness's own tests."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    "fixtures"
)  # before its first import, which is that of a plugin in it
pytest_plugins = ["fixtures.plugin", "pytester"]
