"""Snapshots of a complete system: etcd's data and the credentials, copied right after a start from
nothing.

A snapshot belongs to one set of components, one topology, one wiring (see `wiring_files`) and one
block of ports, since the stored credentials name addresses. It is used again only if all four are
the same and it is not too old.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubestellar_conformance.components import catalogue
from kubestellar_conformance.files import locked, write_private_json
from kubestellar_conformance.platforms import common
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.embedded.process import Process

MAX_AGE = 14 * 86400.0  # seconds; certificates and tokens in it live for a year
KEPT = 8
"""The number used side by side when the harness's own tests run."""


def wiring_files() -> list[Path]:
    """The sources and data that decide the content of a complete system: those of this package and
    of `common`, and the harness's own CRDs, which no component's key covers.
    """
    folders = (Path(__file__).parent, *map(Path, common.__path__), catalogue.OWN_CRDS)
    found = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return sorted(file for file in found if file.suffix != ".pyc")


def wiring_key() -> str:
    """Hash of the files that set a system up: different files make a different system."""
    digest = hashlib.sha256()
    for file in wiring_files():
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _copy(source: Path, target: Path) -> None:
    # cp keeps the holes of etcd's preallocated files: a twentieth of the bytes.
    subprocess.run(
        ["cp", "-a", "--sparse=always", "--reflink=auto", str(source), str(target)], check=True
    )


@dataclass(frozen=True)
class Snapshots:
    """The snapshots of one user, below the cache folder."""

    root: Path
    key: str

    def _folder(self, base: int) -> Path:
        return self.root / f"{self.key}-{base}"

    def restore(self, base: int, folder: RunFolder) -> dict[str, Any] | None:
        """Copy the snapshot for that block of ports into a run folder. Returns its manifest, or
        None if no snapshot exists.
        """
        try:
            with self._locked():
                return self._restored(base, folder)
        except OSError:  # a folder of another user's, say
            return None

    def _restored(self, base: int, folder: RunFolder) -> dict[str, Any] | None:
        source = self._folder(base)
        try:
            manifest: dict[str, Any] = json.loads((source / "manifest.json").read_text())
            if not 0 <= time.time() - manifest["created"] < MAX_AGE:
                self._remove(source)
                return None
            _copy(source / "etcd", folder.data / "etcd")
            shutil.rmtree(folder.credentials)
            _copy(source / "credentials", folder.credentials)
            os.utime(source / "manifest.json")  # so that the least recently used is removed first
        except (OSError, ValueError, KeyError, TypeError, subprocess.CalledProcessError):
            # The rest of a damaged snapshot goes too, since it would block the next one.
            self._remove(source)
            for half in (folder.data / "etcd", folder.credentials):
                shutil.rmtree(half, ignore_errors=True)
            folder.make()
            return None
        return manifest

    def take(self, base: int, folder: RunFolder, etcd: Process, manifest: dict[str, Any]) -> bool:
        """Make a snapshot unless one exists. Returns whether it made one.

        etcd is paused while its files are copied, so the copy is in the state after a crash, from
        which etcd recovers by design. Raises `OSError` or `subprocess.CalledProcessError` if the
        files cannot be written.
        """
        target = self._folder(base)
        with self._locked():
            for left in self.root.glob(".*.new"):  # by takers that were killed
                self._remove(left)
            if target.exists():
                return False
            temporary = target.with_name(f".{target.name}.new")
            temporary.mkdir(mode=0o700)
            try:
                self._fill(temporary, folder, etcd)
                write_private_json(
                    temporary / "manifest.json", {**manifest, "created": time.time()}
                )
                temporary.rename(target)
            except BaseException:
                # The incomplete snapshot may be what has filled the disk.
                shutil.rmtree(temporary, ignore_errors=True)
                raise
            self._prune()
        return True

    def _fill(self, temporary: Path, folder: RunFolder, etcd: Process) -> None:
        identity = etcd.identity()
        assert identity is not None
        pidfd.hold(*identity)
        try:
            _copy(folder.data / "etcd", temporary / "etcd")
        finally:
            pidfd.send(*identity, signal.SIGCONT)
        _copy(folder.credentials, temporary / "credentials")

    def discard(self, base: int) -> None:
        """Remove the snapshot for that block of ports."""
        with self._locked():
            self._remove(self._folder(base))

    def _locked(self) -> AbstractContextManager[None]:
        """Lock the snapshots: one that is being copied must not be removed, since the copy would
        lack files and look complete.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return locked(self.root / "all")

    def _remove(self, path: Path) -> None:
        shutil.rmtree(path, ignore_errors=True)

    def _prune(self) -> None:
        snapshots = sorted(
            self.root.glob("*/manifest.json"), key=lambda f: f.stat().st_mtime, reverse=True
        )
        for manifest in snapshots[KEPT:]:
            self._remove(manifest.parent)
