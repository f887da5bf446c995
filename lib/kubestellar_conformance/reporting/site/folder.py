"""The folder of a site. What a report wrote there is replaced by the next one, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from kubestellar_conformance.errors import UserError

_OURS: Final = ".ks-conformance-site"
"""Lists the files that a report wrote into the folder. That of an earlier version is empty."""
_ANOTHER: Final = "give another folder"
_NAME: Final = r"[a-z0-9][a-z0-9.-]*"
_EARLIER: Final = re.compile(
    r"(index|requirements|scenarios|failures)\.(html|md)|assets/site\.(css|js)"
    rf"|requirement/[\w.-]+\.(html|md)|{_NAME}/(failed/)?{_NAME}\.(html|md)"
    rf"|{_NAME}/drawings/{_NAME}\.svg"
)
"""The files of a site of a version that listed none."""


def write(content: Mapping[str, str], folder: Path) -> None:
    """Write the files of a site into a folder, in place of those of an earlier one.

    `UserError`, with nothing changed, if the folder is not one of a report, or if another file is
    in the way.
    """
    earlier = _earlier(folder)
    for name in content:
        _demand_free(folder, name, earlier)
    _remove(folder, earlier)
    folder.mkdir(parents=True, exist_ok=True)
    # Written first, so that it has whatever a report leaves that does not come to its end.
    (folder / _OURS).write_text("".join(f"{name}\n" for name in sorted(content)), encoding="utf-8")
    for name, text in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def pages(folder: Path) -> list[str]:
    """The files of the folder that are a site's: those that a report wrote, or all if it has no
    list of them.
    """
    listed = _listed(folder)
    return sorted(_all(folder) if listed is None else listed)


def _earlier(folder: Path) -> set[str]:
    """The files that an earlier report left in the folder."""
    if not folder.exists():
        return set()
    if not folder.is_dir():
        raise UserError(f"{folder}: is not a folder: {_ANOTHER} with --out")
    if not (folder / _OURS).is_file():
        if any(folder.iterdir()):
            raise UserError(f"{folder}: has files that no report wrote: give an empty folder")
        return set()
    if (listed := _listed(folder)) is not None:
        return listed
    found = set(_all(folder))
    if foreign := sorted(name for name in found if not _EARLIER.fullmatch(name)):
        raise UserError(
            f"{folder}: has {foreign[0]}, and no list of what a report wrote, as an earlier "
            f"version left it: remove the site's pages yourself, or {_ANOTHER}"
        )
    return found


def _listed(folder: Path) -> set[str] | None:
    """The files of the folder's list that are there; None if it has no list."""
    try:
        names = (folder / _OURS).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return None
    there = {name for name in names if _inside(folder, name) and (folder / name).is_file()}
    return there if names else None


def _all(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    return [name for path in found if (name := path.relative_to(folder).as_posix()) != _OURS]


def _inside(folder: Path, name: str) -> bool:
    """Whether that is a file of the folder. Neither a damaged list nor a link leads elsewhere."""
    return (folder / name).parent.resolve().is_relative_to(folder.resolve())


def _demand_free(folder: Path, name: str, earlier: set[str]) -> None:
    if not _inside(folder, name):
        raise UserError(f"{folder}: {name} would be outside of it: {_ANOTHER}")
    for part in (name, *map(str, PurePosixPath(name).parents)):
        path = folder / part
        taken = path.is_symlink() or (path.exists() and not (part != name and path.is_dir()))
        if taken and part not in earlier:
            raise UserError(f"{path}: no report wrote it, and a page would replace it: {_ANOTHER}")


def _remove(folder: Path, names: Iterable[str]) -> None:
    """Remove these files, and the folders that are empty without them."""
    for name in names:
        path = folder / name
        path.unlink()
        for parent in path.parents:
            if parent == folder or any(parent.iterdir()):
                break
            parent.rmdir()
