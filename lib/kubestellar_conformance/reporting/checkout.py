"""The commit of the harness that made a record: with it a run can be repeated exactly."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

DIRTY: Final = "-dirty"
"""The end of a commit whose checkout has uncommitted changes."""
_ROOT = Path(__file__).parents[3]
_SECONDS = 5.0


def harness_commit(root: Path = _ROOT) -> str | None:
    """The commit of the checkout in which the harness runs, with `DIRTY` if a tracked file was
    changed. None outside a checkout of its own, and where git is missing or refuses.
    """
    if not (root / ".git").exists():  # a package installed below a foreign checkout
        return None
    command = ["git", "describe", "--always", "--abbrev=40", "--exclude=*", f"--dirty={DIRTY}"]
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},  # a run writes nothing into .git
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
