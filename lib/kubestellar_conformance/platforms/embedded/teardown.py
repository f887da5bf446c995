"""Ending all that a run started, whoever of its processes started it."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.common import pidfd, runs
from kubestellar_conformance.platforms.common.layout import RunFolder

GRACE = 0.7  # seconds; nothing of a run that ends is needed again, so this is only for tidy logs


def end_run(folder: RunFolder) -> None:
    """End every process of the run; `Broken` when one survives SIGKILL."""
    polite, noted = [], []
    for file in folder.state.glob("process-*.json"):
        known = json.loads(file.read_text())
        with contextlib.suppress(
            OSError
        ):  # a full disk, say, which is no reason to leave processes running
            write_private_json(file, {**known, "intended": "stopped"})
        if "pid" in known:
            noted.append((known["pid"], known["created"]))
            polite += noted[-1:] if known["spec"]["grace"] > 0 else []
    pidfd.end(polite, GRACE)
    # What is left are API servers and etcd, and whatever was started but not written down yet.
    survivors = pidfd.end({*noted, *runs.marked_processes().get(folder.root, [])}, grace=0)
    if survivors:
        raise Broken(
            f"processes {[pid for pid, _ in survivors]} of {folder.root} did not end within "
            "5 s of SIGKILL"
        )


def empty(path: Path) -> None:
    """Remove a folder's content."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True, mode=0o700)
