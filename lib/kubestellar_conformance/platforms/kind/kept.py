"""A platform that was left up: where its run's folder is, so that a later run can use it (``--ks-reuse``)."""

from __future__ import annotations

import json
from pathlib import Path

from kubestellar_conformance.platforms.embedded.layout import RunFolder, write_json


def _file(cache: Path) -> Path:
    return cache / "kind" / "kept.json"


def remember(cache: Path, folder: RunFolder, clusters: list[str]) -> None:
    """Say that these clusters are left up, with their credentials in that folder."""
    write_json(_file(cache), {"folder": str(folder.root), "clusters": clusters})


def find(cache: Path, clusters: list[str]) -> RunFolder | None:
    """The folder of the run that left up exactly these clusters, if one did."""
    try:
        known = json.loads(_file(cache).read_text())
    except (OSError, ValueError):
        return None
    folder = RunFolder(Path(known["folder"]))
    return folder if sorted(known["clusters"]) == sorted(clusters) and folder.platform_file.exists() else None


def forget(cache: Path, folder: RunFolder) -> None:
    """They are gone now."""
    try:
        known = json.loads(_file(cache).read_text())
    except (OSError, ValueError):
        return
    if known["folder"] == str(folder.root):
        _file(cache).unlink()
