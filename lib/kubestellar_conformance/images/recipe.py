"""The recipe of an image: everything that decides its content, and the function that assembles
it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kubestellar_conformance.components import Built
from kubestellar_conformance.images.archive import Config

_LAYOUT = 2  # of the files that these functions write; a new number makes all images anew
Fill = Callable[[Path, Path], None]
"""Fills a folder with an image's files; the other folder is for temporary ones."""


@dataclass(frozen=True)
class Recipe:
    """One image. ``inputs``: everything that decides its content; ``stands_for``: what it replaces,
    if it does.
    """

    name: str
    reference: str
    config: Config
    fill: Fill
    inputs: Mapping[str, str]
    keep_owners: bool = False
    stands_for: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Identity of the content: two recipes with the same key make the same image."""
        said = [_LAYOUT, self.reference, asdict(self.config), dict(self.inputs), self.keep_owners]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:24]


def of_program(built: Built, reference: str, at: str, config: Config) -> Recipe:
    """An image that contains only one static program, at the absolute path ``at``."""

    def fill(tree: Path, _temp: Path) -> None:
        place(built.binary, tree, at)
        (tree / "tmp").mkdir(mode=0o1777, exist_ok=True)
        (tree / "tmp").chmod(0o1777)

    name = built.component.name
    return Recipe(
        name,
        reference,
        config,
        fill,
        {"program": built.digest, "at": at},
        facts={"version": built.version},
    )


def place(program: Path, tree: Path, at: str) -> None:
    """Copy a program to its absolute path in an image's tree."""
    target = tree / at.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(program, target)
    target.chmod(0o755)
