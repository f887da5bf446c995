"""Marks the tests of this folder, ``kind`` below kind/ and ``e2e`` elsewhere; a platform for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestellar_conformance.platforms import PlatformSettings
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform

_HERE = Path(__file__).parent


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedPlatform]:
    """A platform of this test's own, in this process."""
    found = EmbeddedPlatform(PlatformSettings(run_dir=tmp_path / "own"))
    try:
        found.up()
        yield found
    finally:
        found.down()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Comes before pytest's own, which deselects by ``-m``."""
    for item in items:
        if item.path.is_relative_to(_HERE / "kind"):
            item.add_marker(pytest.mark.kind)
        elif item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.e2e)
