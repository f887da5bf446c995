"""Stops every process of a run, whichever of the run's processes started it."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path

from kubestellar_conformance.errors import Broken
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.common import pidfd, runs
from kubestellar_conformance.platforms.common.freezer import is_frozen
from kubestellar_conformance.platforms.common.layout import RunFolder

GRACE = 0.7  # seconds; only for tidy logs, since a run that ends needs no data again


def end_run(folder: RunFolder) -> None:
    """Stop every process of the run. `Broken` if one survives SIGKILL."""
    polite, noted = [], []
    for file in folder.state.glob("process-*.json"):
        try:
            known = json.loads(file.read_text())
        except OSError:  # a worker has just removed the part; left ones are found by their mark
            continue
        # A full disk, for example, is not a reason to leave processes running.
        with contextlib.suppress(OSError):
            write_private_json(file, {**known, "intended": "stopped"})
        if "pid" in known:
            noted.append((known["pid"], known["created"]))
            polite += noted[-1:] if known["spec"]["grace"] > 0 else []
    pidfd.end(polite, GRACE)
    # API servers and etcd are left, and processes that were started but not yet written down.
    survivors = pidfd.end({*noted, *runs.marked_processes().get(folder.root, [])}, grace=0)
    if survivors:
        frozen = ": their cgroup is frozen" if any(is_frozen(pid) for pid, _ in survivors) else ""
        raise Broken(
            f"processes {[pid for pid, _ in survivors]} of {folder.root} did not exit within "
            f"5 s of SIGKILL{frozen}"
        )


def empty(path: Path) -> None:
    """Remove a folder's content."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True, mode=0o700)
