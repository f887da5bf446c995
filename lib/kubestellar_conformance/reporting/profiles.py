"""Groups of areas: the profiles of a run, and the areas that a change of KubeStellar may touch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.yamlfile import Row, read_rows

PROFILES, TOUCHED = "profiles", "touched"
"""Files of the catalogue's folder."""
_ADDED: Final = "+++ b/"
_REMOVED: Final = "--- a/"


@dataclass(frozen=True)
class Profile:
    """A named group of areas; ``meaning`` completes "is about"."""

    name: str
    meaning: str
    areas: tuple[str, ...]


def load_profiles(folder: Path, areas: Collection[str]) -> dict[str, Profile]:
    """The profiles in the catalogue's folder, by name; none without its ``profiles.yaml``. Raises a
    one-line `UserError` for a bad row, and for an area that is in no profile or in two.
    """
    path = folder / f"{PROFILES}.yaml"
    found: dict[str, Profile] = {}
    seen: dict[str, str] = {}
    for row in read_rows(path) if path.is_file() else ():
        row.only({"profile", "meaning", "areas"})
        one = Profile(row.text("profile"), row.text("meaning"), _areas(row, areas))
        if one.name in found:
            raise UserError(f"{row.where}: duplicate profile {one.name!r}")
        for area in one.areas:
            if area in seen:
                raise UserError(f"{row.where}: the area {area!r} is in profile {seen[area]!r} too")
            seen[area] = one.name
        found[one.name] = one
    if found and (left := sorted(set(areas) - set(seen))):
        raise UserError(f"{path}: the area {left[0]!r} is in no profile")
    return found


def load_touched(folder: Path, areas: Collection[str]) -> dict[str, tuple[str, ...]]:
    """By the beginning of a path of KubeStellar, the areas that a change there may touch. Raises
    `UserError` as above.
    """
    path = folder / f"{TOUCHED}.yaml"
    found: dict[str, tuple[str, ...]] = {}
    for row in read_rows(path) if path.is_file() else ():
        row.only({"path", "areas"})
        if (begin := row.text("path").strip("/")) in found:
            raise UserError(f"{row.where}: duplicate path {begin!r}")
        found[begin] = _areas(row, areas, may_be_empty=True)
    return found


def _areas(row: Row, areas: Collection[str], *, may_be_empty: bool = False) -> tuple[str, ...]:
    if may_be_empty and row.fields.get("areas") == []:
        return ()
    listed = row.texts("areas")
    if unknown := [one for one in listed if one not in areas]:
        raise UserError(f"{row.where}: unknown area {unknown[0]!r}: use {', '.join(sorted(areas))}")
    return listed


def touched_areas(
    paths: Iterable[str], table: Mapping[str, tuple[str, ...]], areas: Collection[str]
) -> set[str]:
    """The areas that a change of these files of KubeStellar may touch. A file that the table does
    not have may touch all.
    """
    found: set[str] = set()
    for path in paths:
        fitting = [one for one in table if path == one or path.startswith(f"{one}/")]
        found.update(table[max(fitting, key=len)] if fitting else areas)
    return found


def changed_paths(text: str) -> list[str]:
    """The files that a diff of git changes, adds or removes."""
    lines = text.splitlines()
    marks = (_ADDED, _REMOVED)
    found = (line.removeprefix(mark) for line in lines for mark in marks if line.startswith(mark))
    return list(dict.fromkeys(path.partition("\t")[0].strip() for path in found))
