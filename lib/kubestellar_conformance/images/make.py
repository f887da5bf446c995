"""Makes the whole set of images; each is kept until one of its inputs changes."""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubestellar_conformance.components import (
    BuildCache,
    CacheEntry,
    Override,
    Progress,
    Provisioned,
    load_catalogue,
    provision,
)
from kubestellar_conformance.components.fingerprint import file_digest
from kubestellar_conformance.images import (
    archive,
    debian,
    kubeflex_k8s,
    kubernetes,
    node,
    postgres,
    product,
    reporter,
    workloads,
)
from kubestellar_conformance.images.recipe import Recipe
from kubestellar_conformance.time_left import expected

PLATFORM = "kind"
_ROOTFS, _NODE = "node-rootfs", "kind-node"


@dataclass(frozen=True)
class Image:
    """One image in a file for ``docker load`` and ``kind load image-archive``."""

    reference: str
    archive: Path
    key: str
    version: str
    stands_for: str
    made: bool
    seconds: float


@dataclass(frozen=True)
class ImageSet:
    """All images of a platform. ``kubernetes`` ones are in the node's image already."""

    node: Image
    kubernetes: tuple[Image, ...]
    product: tuple[Image, ...]
    reporter: Image
    workloads: tuple[Image, ...]
    built: Provisioned

    @property
    def all(self) -> tuple[Image, ...]:
        return (*self.kubernetes, *self.product, self.reporter, *self.workloads, self.node)

    def describe(self) -> list[dict[str, Any]]:
        """The facts of each image for the run's record, ready for JSON."""
        return [
            {
                "image": image.reference,
                "key": image.key,
                "bytes": image.archive.stat().st_size,
                "cache": "made" if image.made else "cached",
                "seconds": image.seconds if image.made else 0.0,
                **({"stands_for": image.stands_for} if image.stands_for else {}),
            }
            for image in self.all
        ]


def make_images(
    cache: BuildCache, progress: Progress, overrides: Sequence[Override] = ()
) -> ImageSet:
    """Make the images that are missing or out of date. `UserError` if the machine lacks a
    prerequisite.

    Programs come from ``cache`` and are built if need be; the images are kept below it in
    ``images``.
    """
    catalogue = load_catalogue()
    wanted = [c.name for c in (*catalogue, *catalogue.only_for(PLATFORM)) if not c.optional]
    built = provision(wanted, overrides, cache, progress)
    try:
        return _Maker(BuildCache(cache.root / "images"), progress).set_of(built)
    finally:
        progress.close()


class _Maker:
    def __init__(self, cache: BuildCache, progress: Progress) -> None:
        self._cache, self._progress = cache, progress
        self._n = self._total = 0
        self._missing: list[str] = []
        """The names of the images that are still to be made, in their order."""

    def set_of(self, built: Provisioned) -> ImageSet:
        parts_of_product = [
            *product.recipes(built),
            *kubeflex_k8s.recipes(built),
            postgres.recipe(),
        ]
        groups = [
            kubernetes.recipes(built),
            parts_of_product,
            [reporter.recipe()],
            workloads.recipes(),
        ]
        self._total = sum(map(len, groups)) + 2
        system = _rootfs_key()
        self._missing = self._without(groups, system)
        cluster, parts, (status,), shown = (
            [self._image(recipe) for recipe in group] for group in groups
        )
        rootfs, key = self._rootfs(system)
        whole = node.recipe(built, rootfs, key, [(image.archive, image.key) for image in cluster])
        return ImageSet(
            self._image(whole), tuple(cluster), tuple(parts), status, tuple(shown), built
        )

    def _image(self, recipe: Recipe) -> Image:
        entry, path, made = self._made(
            recipe.name, recipe.key, lambda into, temp: _write(recipe, into, temp)
        )
        version = recipe.facts.get("version", "")
        return Image(
            recipe.reference, path, entry.key, version, recipe.stands_for, made, entry.seconds
        )

    def _without(self, groups: Sequence[Sequence[Recipe]], system_key: str) -> list[str]:
        def missing(name: str, key: str) -> list[str]:
            return [name] if self._cache.find(name, key) is None else []

        found = [[name for r in group for name in missing(r.name, r.key)] for group in groups]
        system = missing(_ROOTFS, system_key)
        # The node's image holds the system and the first group: it is made again after either.
        node_image = [_NODE] if system or found[0] else []
        return [*itertools.chain(*found), *system, *node_image]

    def _rootfs(self, key: str) -> tuple[Path, str]:
        def make(into: Path, temp: Path) -> None:
            tree = temp / "tree"
            debian.bootstrap(node.PACKAGES, tree)
            archive.pack(tree, into, keep_owners=True)

        entry, path, _ = self._made(_ROOTFS, key, make)
        return path, entry.key

    def _made(
        self, name: str, key: str, make: Callable[[Path, Path], None]
    ) -> tuple[CacheEntry, Path, bool]:
        self._n += 1
        path = self._cache.folder(name, key) / name
        if (found := self._cache.find(name, key)) is not None:
            return found, path, False
        began = time.monotonic()
        ahead = [name, *(other for other in self._missing if other != name)]
        self._missing = ahead[1:]
        past = {each: took for each in ahead if (took := self._cache.took(each)) is not None}
        self._progress.start(f"image {name}", self._n, self._total, expected(ahead, past))

        def build(into: Path, temp: Path) -> CacheEntry:
            file = into / name
            make(file, temp)
            seconds = round(time.monotonic() - began, 3)
            return CacheEntry(name, key, "", "", file_digest(file), file.stat().st_size, seconds)

        entry, made = self._cache.make(name, key, build, self._progress.note)
        self._progress.done(f"image {name}", time.monotonic() - began)
        return entry, path, made


def _rootfs_key() -> str:
    inputs = json.dumps(node.rootfs_inputs(), sort_keys=True)
    return hashlib.sha256(inputs.encode()).hexdigest()[:24]


def _write(recipe: Recipe, into: Path, temp: Path) -> None:
    tree, layer = temp / "tree", temp / "layer.tar"
    tree.mkdir()
    recipe.fill(tree, temp)
    archive.pack(tree, layer, keep_owners=recipe.keep_owners)
    archive.write(into, recipe.reference, layer, recipe.config)
