"""Whose kind clusters are: a run's, the user's when it left them up (``--ks-keep``), nobody's when it was killed.

One file for each Docker engine, since clusters of these names exist once in each.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from kubestellar_conformance.platforms.embedded import pidfd
from kubestellar_conformance.platforms.embedded.layout import RunFolder, write_json


def _file(cache: Path) -> Path:
    engine = " ".join(os.environ.get(name, "") for name in ("DOCKER_HOST", "DOCKER_CONTEXT"))
    return cache / "kind" / f"clusters-{hashlib.sha256(engine.encode()).hexdigest()[:8]}.json"


def _known(cache: Path) -> dict[str, Any]:
    try:
        known: dict[str, Any] = json.loads(_file(cache).read_text())
    except (OSError, ValueError):
        return {}
    return known


def claim(cache: Path, folder: RunFolder, clusters: list[str], owner: int) -> None:
    """Say that these clusters are about to be made by the run of that process."""
    facts = {"pid": owner, "created": pidfd.start_ticks(owner)}
    write_json(_file(cache), {"folder": str(folder.root), "clusters": clusters, "kept": False, **facts})


def remember(cache: Path, folder: RunFolder, clusters: list[str]) -> None:
    """Say that these clusters are left up, with their credentials in that folder."""
    write_json(_file(cache), {"folder": str(folder.root), "clusters": clusters, "kept": True})


def find(cache: Path, clusters: list[str] | None = None) -> RunFolder | None:
    """The folder of the run that left up clusters (exactly these, when given), if one did."""
    known = _known(cache)
    if not known.get("kept") or sorted(known["clusters"]) != sorted(clusters or known["clusters"]):
        return None
    folder = RunFolder(Path(known["folder"]))
    return folder if folder.platform_file.exists() else None


def abandoned(cache: Path) -> RunFolder | None:
    """The folder of a run that was killed before it deleted its clusters, if that is the last that made some."""
    known = _known(cache)
    if not known or known["kept"] or pidfd.alive(known["pid"], known["created"]):
        return None
    return RunFolder(Path(known["folder"]))


def forget(cache: Path, folder: RunFolder) -> None:
    """They are gone now."""
    if _known(cache).get("folder") == str(folder.root):
        _file(cache).unlink()
