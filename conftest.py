"""Loads `pytester`: the harness's own tests run pytest inside pytest. Its plugin is installed."""

from __future__ import annotations

pytest_plugins = ["pytester"]
