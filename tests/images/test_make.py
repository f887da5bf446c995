"""The image cache: an image is made once, again when an input changes, and kept otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kubestellar_conformance.components import BuildCache, Silent
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.images.archive import Config
from kubestellar_conformance.images.make import _Maker
from kubestellar_conformance.images.recipe import Recipe

MADE: list[str] = []


def _fill(tree: Path, _temp: Path) -> None:
    MADE.append("made")
    (tree / "file").write_text("content")


RECIPE = Recipe("one", "example.test/one:1", Config(), _fill, {"content": "1"})


@pytest.fixture
def maker(tmp_path: Path) -> _Maker:
    MADE.clear()
    return _Maker(BuildCache(tmp_path / "images"), Silent())


def test_an_image_is_made_once(maker: _Maker) -> None:
    first, second = maker._image(RECIPE), maker._image(RECIPE)
    assert (first.made, second.made, len(MADE)) == (True, False, 1)
    assert first.archive == second.archive
    assert first.archive.stat().st_size > 0


def test_it_is_made_again_when_an_input_changes_and_the_old_one_stays(maker: _Maker) -> None:
    first = maker._image(RECIPE)
    second = maker._image(replace(RECIPE, inputs={"content": "2"}))
    assert second.made
    assert first.key != second.key
    assert first.archive.exists()


def test_a_failure_leaves_nothing_behind(maker: _Maker, tmp_path: Path) -> None:
    def fail(_tree: Path, _temp: Path) -> None:
        raise UserError("no space")

    with pytest.raises(UserError, match="no space"):
        maker._image(replace(RECIPE, fill=fail))
    assert [
        path
        for path in (tmp_path / "images").rglob("*")
        if path.is_file() and path.suffix != ".lock"
    ] == []
    assert maker._image(RECIPE).made
