"""Runs the programs that a story uses, within a time contract. Their last line is the reason of a
failure.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from kubestellar_conformance.components.process import Finished, run
from kubestellar_conformance.errors import Broken
from kubestellar_conformance.waiting.contracts import contracts


def at_home(folder: Path, **more: str) -> dict[str, str]:
    """The whole environment of a program that finds nothing of the user's: ``folder`` is its home,
    and has its temporary files.
    """
    return {"HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C.UTF-8", **more}


def finished(
    doing: str,
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    within: str,
    cwd: Path | None = None,
) -> Finished:
    """Run a program to its end. `Broken`, which begins with ``doing``, if it takes longer than the
    time contract ``within`` allows.
    """
    limit = contracts.seconds(within)
    try:
        return run(argv, env=env, cwd=cwd, seconds=limit)
    except subprocess.TimeoutExpired:
        raise Broken(f"{doing} did not end within {limit:g} s") from None


def last_line(done: Finished) -> str:
    """The last line of a program's errors, or else its exit status."""
    return next(iter(done.stderr.strip().splitlines()[-1:]), f"it exits with {done.status}")
