"""Runs the programs that make images, and keeps their output for the error."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from kubestellar_conformance.components.process import run
from kubestellar_conformance.errors import UserError


def program(name: str, package: str) -> str:
    """The absolute path of a program. `UserError` that names the Debian package if it is
    missing.
    """
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        raise UserError(f"making images needs {name}: install the Debian package {package}")
    return found


def output(argv: Sequence[str | Path], *, cwd: Path = Path("/"), doing: str) -> str:
    """The output of a command. `UserError` with its last line if it fails; ``doing`` names its
    purpose.
    """
    done = run(
        argv, env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}, cwd=cwd
    )
    if done.status != 0:
        last = "; ".join(line.strip() for line in done.output.splitlines()[-4:])
        raise UserError(f"{doing} failed ({Path(argv[0]).name} exited with {done.status}): {last}")
    return done.stdout
