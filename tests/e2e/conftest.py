"""Marks the tests of this folder: ``kind`` below kind/, ``e2e`` elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

_HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Comes before pytest's own, which deselects by ``-m``."""
    for item in items:
        if item.path.is_relative_to(_HERE / "kind"):
            item.add_marker(pytest.mark.kind)
        elif item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.e2e)
