"""The API objects that the documentation prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kubestellar_conformance.story import Workload

FOLDERS = (Path(__file__).parent / "manifests", Path(__file__).parents[1] / "examples/manifests")


@pytest.fixture
def printed() -> Callable[[str], Workload]:
    """The objects that a page of the documentation prints, by the page's name."""

    def read(page: str) -> Workload:
        [file] = [one for folder in FOLDERS if (one := folder / f"{page}.yaml").exists()]
        return Workload.from_yaml(file.read_text(encoding="utf-8"), name=page)

    return read
