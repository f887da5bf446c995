"""What decides an image: every input changes its key, and nothing else does; names are the charts'
own.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.components import (
    Binary,
    Built,
    CacheEntry,
    Provisioned,
    PublishedVersion,
    Source,
    load_catalogue,
)
from kubestellar_conformance.components.fingerprint import file_digest
from kubestellar_conformance.images import product
from kubestellar_conformance.images.archive import Config
from kubestellar_conformance.images.recipe import Recipe, of_program


def _fill(_tree: Path, _temp: Path) -> None:
    raise AssertionError("a key is known before anything is made")


RECIPE = Recipe("one", "example.test/one:1", Config(("/one",)), _fill, {"program": "abc"})


def built(folder: Path, name: str, source: Source, version: str) -> Built:
    component = load_catalogue()[name]
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(name)
    digest = file_digest(folder / name)
    return Built(
        component, source, folder, CacheEntry(name, "key", version, "", digest, 1, 0.0), False
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "example.test/one:2"},
        {"config": Config(("/two",))},
        {"inputs": {"program": "abd"}},
        {"keep_owners": True},
    ],
)
def test_whatever_shows_in_an_image_changes_its_key(changes: dict[str, Any]) -> None:
    assert replace(RECIPE, **changes).key != RECIPE.key


def test_what_does_not_show_leaves_the_key_alone() -> None:
    assert replace(RECIPE, stands_for="another", facts={"version": "1"}).key == RECIPE.key


def test_a_program_is_all_that_is_in_its_image(tmp_path: Path) -> None:
    etcd = built(tmp_path / "cache", "etcd", PublishedVersion("v1.0.0"), "v1.0.0")
    recipe = of_program(etcd, "e:1", "/usr/bin/etcd", Config())
    (tmp_path / "tree").mkdir()
    recipe.fill(tmp_path / "tree", tmp_path)
    files = [path for path in (tmp_path / "tree").rglob("*") if path.is_file()]
    assert [str(path.relative_to(tmp_path / "tree")) for path in files] == ["usr/bin/etcd"]
    assert files[0].stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "tree" / "tmp").stat().st_mode & 0o7777 == 0o1777


def test_images_have_the_names_and_tags_of_the_charts(tmp_path: Path) -> None:
    names = product.COMPONENTS
    found = {
        name: built(tmp_path / name, name, PublishedVersion("v0.30.0"), "v0.30.0") for name in names
    }
    references = {product.reference(Provisioned(found), name) for name in names}
    assert "ghcr.io/kubestellar/kubestellar/controller-manager:0.30.0" in references
    assert "quay.io/open-cluster-management/registration:v0.30.0" in references


def test_a_replaced_program_has_a_tag_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_text("x")
    name = "kubestellar-controller-manager"
    one = built(tmp_path / "cache", name, Binary(path), "v0.30.0-3-gabc+dirty")
    assert product.tag(one) == f"0.30.0-3-gabc-dirty-{one.digest[:12]}"
