"""Marks the tests of this folder, ``kind`` below kind/ and ``e2e`` elsewhere; a platform for them.

The tests below kind/ are collected only when that folder is named: they make clusters. Leaving them
out by ``-m`` would make the record of ``make test`` that of a part of the suite.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestellar_conformance.platforms import PlatformSettings
from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform

_HERE = Path(__file__).parent
_KIND = _HERE / "kind"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedPlatform]:
    """A platform of this test's own, in this process."""
    found = EmbeddedPlatform(PlatformSettings(run_dir=tmp_path / "own"))
    try:
        found.up()
        yield found
    finally:
        found.down()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves the kind folder out unless an argument names it or something in it."""
    asked = (config.invocation_params.dir / arg.partition("::")[0] for arg in config.args)
    if collection_path == _KIND and not any(one.is_relative_to(_KIND) for one in asked):
        return True
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Comes before pytest's own, which deselects by ``-m``."""
    for item in items:
        if item.path.is_relative_to(_KIND):
            item.add_marker(pytest.mark.kind)
        elif item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.e2e)
