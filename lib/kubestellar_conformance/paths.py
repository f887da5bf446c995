"""Checks paths that a user gives. A path that cannot be used raises a one-line `UserError`, in
which ``what`` names the setting.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Literal

from kubestellar_conformance.errors import UserError

Kind = Literal["file", "folder", "other", "absent"]


def given(text: str, base: Path, what: str) -> Path:
    """The path, relative to the folder ``base``; ``~`` is the home folder. `UserError` if ``~name``
    is not a user.
    """
    try:
        return base / Path(text).expanduser()
    except RuntimeError:
        raise UserError(
            f"{what}: no such user in '{Path(text).parts[0]}': give the full path"
        ) from None


def kind(path: Path, what: str) -> Kind:
    """The type of the file at ``path``. `UserError` if it cannot be determined: below a folder
    without search permission, or with a name that is too long.
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


def demand_text(path: Path, what: str) -> None:
    """`UserError` for a path that is not UTF-8: no JSON file, kubeconfig or report can name it."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        shown = str(path).encode("ascii", "backslashreplace").decode()
        raise UserError(f"{what}: the name {shown} is not UTF-8: use another folder") from None


def writable_folder(path: Path, what: str) -> Path:
    """The path without symbolic links, of a folder that is writable or can be created; `UserError`
    otherwise.
    """
    demand_text(path, what)
    there = next(parent for parent in (path, *path.parents) if kind(parent, what) != "absent")
    if not there.is_dir():
        raise UserError(f"{what}: {there} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"{what}: {there} is not writable")
    return path.resolve()


def mounted_noexec(path: Path) -> bool:
    """Whether the file system of that path forbids running programs."""
    try:
        return bool(os.statvfs(path).f_flag & os.ST_NOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return False
        raise
