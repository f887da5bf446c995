"""The per-user cache of built components: entries are whole or absent, and never change.

``<root>/components/<name>/<key>/`` has the program, the files of its module that the catalogue asks
for, and ``entry.json``. An entry is made in a folder beside its place, under a lock on its key, and
renamed into place; a folder whose lock is free belongs to a dead builder and is removed. Finding an
entry takes no lock and reads only ``entry.json``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kubestellar_conformance.components.failures import file_errors
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import claimed, locked

_MAKING = ".making-"
# Seconds after which an unused entry is removed, when another entry of its component is made.
_UNUSED = 30 * 86400.0


def default_root() -> Path:
    """The user's cache folder for this harness: below XDG_CACHE_HOME, else ``~/.cache``.

    `UserError` for a user without a home folder.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(base):
        return Path(base) / "kubestellar-conformance"
    try:
        return Path.home() / ".cache" / "kubestellar-conformance"
    except RuntimeError:
        raise UserError(
            "no cache folder: this user has no home folder; set HOME or XDG_CACHE_HOME, or "
            "give --ks-cache-dir"
        ) from None


@dataclass(frozen=True)
class CacheEntry:
    """The content of ``entry.json``. ``digest``: sha256 of the program, else of the files.
    ``seconds``: time to make it.
    """

    name: str
    key: str
    version: str
    go: str
    digest: str
    size: int
    seconds: float
    files: dict[str, list[str]] = field(default_factory=dict)


class BuildCache:
    """The cache below ``root`` (default: the user's cache folder). It writes nothing before the
    first build.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or default_root()).expanduser().absolute()

    def folder(self, name: str, key: str) -> Path:
        """The folder of the entry with that key, whether or not it exists."""
        return self.root / "components" / name / key

    def find(self, name: str, key: str) -> CacheEntry | None:
        """The entry with that key if it exists and is complete."""
        folder = self.folder(name, key)
        try:
            entry = CacheEntry(**json.loads((folder / "entry.json").read_text(encoding="utf-8")))
            if entry.size and (folder / name).stat().st_size != entry.size:
                return None
            if not all(
                (folder / "module" / path).is_file()
                for paths in entry.files.values()
                for path in paths
            ):
                return None
        except (OSError, ValueError, TypeError):
            return None
        # Marks the entry as used; a read-only cache works too.
        with contextlib.suppress(OSError):
            os.utime(folder)
        return entry

    def newest(self, name: str, recipe: str) -> CacheEntry | None:
        """The latest entry made by that recipe, whichever toolchain made it."""

        def made(path: Path) -> float:
            try:
                return path.stat().st_mtime
            except OSError:  # another run has just removed it
                return 0.0

        folders = (self.root / "components" / name).glob(f"{recipe}*/entry.json")
        for path in sorted(folders, key=made, reverse=True):
            if (entry := self.find(name, path.parent.name)) is not None:
                return entry
        return None

    def took(self, name: str) -> float | None:
        """Seconds that the latest build of ``name`` took, by whatever recipe; None if unknown. A
        build that compiled counts before one that only copied files.
        """
        best, seconds = (False, 0.0), None
        for path in (self.root / "components" / name).glob("*/entry.json"):
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                entry = json.loads(path.read_text(encoding="utf-8"))
                found, rank = float(entry["seconds"]), (bool(entry["go"]), path.stat().st_mtime)
                if rank > best and 0 <= found < _UNUSED:
                    best, seconds = rank, found
        return seconds

    def make(
        self,
        name: str,
        key: str,
        build: Callable[[Path, Path], CacheEntry],
        waiting: Callable[[str], None],
    ) -> tuple[CacheEntry, bool]:
        """The entry with that key, built if need be, and whether this call built it.

        ``build`` gets an empty folder to fill and another for temporary files, both on the cache's
        file system. ``waiting`` is called once if another process is building it.
        """
        place = self.folder(name, key)
        with file_errors(self.root):
            place.parent.mkdir(parents=True, exist_ok=True)
            with locked(
                place.parent / f".{key}",
                waiting=lambda: waiting(f"another run is building {name}: waiting for it"),
            ):
                if (entry := self.find(name, key)) is not None:
                    return entry, False
                self._sweep(place.parent, key)
                making = Path(tempfile.mkdtemp(prefix=f"{_MAKING}{key}.", dir=place.parent))
                try:
                    entry = self._fill(making, build)
                    # A damaged entry, which find() has rejected.
                    shutil.rmtree(place, ignore_errors=True)
                    (making / "entry").rename(place)
                finally:
                    shutil.rmtree(making, ignore_errors=True)
                return entry, True

    @staticmethod
    def _fill(making: Path, build: Callable[[Path, Path], CacheEntry]) -> CacheEntry:
        inside, temp = making / "entry", making / "tmp"
        inside.mkdir()
        temp.mkdir()
        entry = build(inside, temp)
        (inside / "entry.json").write_text(json.dumps(asdict(entry), indent=1), encoding="utf-8")
        return entry

    def _sweep(self, parent: Path, mine: str) -> None:
        """Remove the leftovers of dead builders, and entries that have been unused for long."""
        for left in parent.glob(f"{_MAKING}*"):
            key = left.name.removeprefix(_MAKING).rpartition(".")[0]
            if key == mine:  # this process holds its lock, so its maker is dead
                shutil.rmtree(left, ignore_errors=True)
            else:
                self._unless_locked(parent / f".{key}", left)
        for path in parent.glob("*/entry.json"):
            with contextlib.suppress(OSError):
                if time.time() - path.parent.stat().st_mtime > _UNUSED:
                    self._unless_locked(parent / f".{path.parent.name}", path.parent)

    @staticmethod
    def _unless_locked(file: Path, folder: Path) -> None:
        if (lock := claimed(file)) is not None:
            with lock:
                shutil.rmtree(folder, ignore_errors=True)

    # -- facts remembered between runs

    def remember(self, name: str, facts: dict[str, Any]) -> None:
        """Keep ``facts`` about component ``name``, with the time. A read-only cache forgets
        them.
        """
        path = self._memo(name)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", dir=path.parent, prefix=".memo-", delete=False
            ) as file:
                json.dump({**facts, "at": time.time()}, file)
            os.replace(file.name, path)

    def recall(self, name: str, age: float) -> dict[str, Any]:
        """The facts remembered about ``name`` in the last ``age`` seconds; empty if none."""
        try:
            facts: dict[str, Any] = json.loads(self._memo(name).read_text(encoding="utf-8"))
            return facts if 0 <= time.time() - float(facts["at"]) < age else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def _memo(self, name: str) -> Path:
        return self.root / "components" / name / "absent.json"
