"""Paths as a user gives them. What cannot be is a `UserError` of one line that says ``what`` was
given.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Literal

from kubestellar_conformance.errors import UserError

Kind = Literal["file", "folder", "other", "absent"]


def given(text: str, base: Path, what: str) -> Path:
    """The path, from the folder ``base`` on; ``~`` is the home folder."""
    try:
        return base / Path(text).expanduser()
    except RuntimeError:
        raise UserError(
            f"{what}: no user has the home folder {Path(text).parts[0]}: write the path out"
        ) from None


def kind(path: Path, what: str) -> Kind:
    """What is there. Below a folder that may not be searched, or with too long a name, that cannot
    be said.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "absent"
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{what}: {path} cannot be used ({reason})") from None
    if stat.S_ISDIR(mode):
        return "folder"
    return "file" if stat.S_ISREG(mode) else "other"


def writable_folder(path: Path, what: str) -> Path:
    """The same path without links, of a folder that is there and may be written to, or may be
    made.
    """
    there = next(parent for parent in (path, *path.parents) if kind(parent, what) != "absent")
    if not there.is_dir():
        raise UserError(f"{what}: {there} is no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"{what}: {there} is not writable")
    return path.resolve()
