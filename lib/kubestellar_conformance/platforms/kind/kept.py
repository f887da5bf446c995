"""Notes the owner of the kind clusters: a run, the user if the run left them up (``--ks-keep``), or
nobody if the run was killed.

One file per Docker engine, since clusters of these names exist once in each. It is in the user's
own cache folder, also for a run that keeps its components in another one, where the next run and
platform-stop would not look.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from kubestellar_conformance.components import BuildCache
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.common.layout import RunFolder


def _file() -> Path:
    engine = " ".join(os.environ.get(name, "") for name in ("DOCKER_HOST", "DOCKER_CONTEXT"))
    return (
        BuildCache().root
        / "kind"
        / f"clusters-{hashlib.sha256(engine.encode()).hexdigest()[:8]}.json"
    )


def _known() -> dict[str, Any]:
    try:
        known: dict[str, Any] = json.loads(_file().read_text())
    except (OSError, ValueError, UserError):  # without a home folder no run has noted anything
        return {}
    return known


def claim(folder: RunFolder, clusters: list[str], owner: int) -> None:
    """Note that the run of that process is about to make these clusters."""
    facts = {"pid": owner, "created": pidfd.start_ticks(owner)}
    try:
        file = _file()
    except UserError:
        raise UserError(
            "this user has no home folder, and the owner of kind clusters is noted there: set "
            "HOME or XDG_CACHE_HOME"
        ) from None
    write_private_json(
        file, {"folder": str(folder.root), "clusters": clusters, "kept": False, **facts}
    )


def remember(folder: RunFolder, clusters: list[str]) -> None:
    """Note that these clusters are left up, with their credentials in that folder."""
    write_private_json(_file(), {"folder": str(folder.root), "clusters": clusters, "kept": True})


def find(clusters: list[str] | None = None) -> RunFolder | None:
    """The folder of the run that left clusters up (exactly these, if given); None if no run did."""
    known = _known()
    if not known.get("kept") or sorted(known["clusters"]) != sorted(clusters or known["clusters"]):
        return None
    folder = RunFolder(Path(known["folder"]))
    return folder if folder.platform_file.exists() else None


def abandoned() -> RunFolder | None:
    """The folder of the last run that made clusters, if it was killed before it deleted them."""
    known = _known()
    if not known or known["kept"] or pidfd.alive(known["pid"], known["created"]):
        return None
    return RunFolder(Path(known["folder"]))


def forget(folder: RunFolder) -> None:
    """Note that the clusters are gone."""
    if _known().get("folder") == str(folder.root):
        _file().unlink()
