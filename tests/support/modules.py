"""Writable copies of the Go modules of components, to be edited or built apart."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from kubestellar_conformance.components.catalogue import Component
from kubestellar_conformance.errors import UserError


def writable_copy(component: Component, into: Path) -> Path:
    """The component's module at the component's version, copied once per folder. Raises `UserError`
    when Go cannot download it.
    """
    copy = into / component.group
    if not copy.exists():
        what = f"{component.module}@{component.version}"
        done = subprocess.run(
            ["go", "mod", "download", "-json", what],
            cwd=into,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise UserError(f"{what} cannot be downloaded: {done.stdout}{done.stderr}")
        scratch = into / "copying"
        shutil.rmtree(scratch, ignore_errors=True)
        # Go's module cache is read-only.
        shutil.copytree(json.loads(done.stdout)["Dir"], scratch, copy_function=shutil.copyfile)
        for folder in (scratch, *(path for path in scratch.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        scratch.rename(copy)
    return copy
