"""The reports that are published below a folder: ``<release>/<platform>.yaml``, and
``<release>/<platform>.partial.yaml`` for one that judges only a part of the suite.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.conformance.model import ConformanceReport
from kubestellar_conformance.reporting.conformance.verify import unaltered, verified

PAGE: Final = "README.md"
_WHOLE, _PARTIAL = ".yaml", ".partial.yaml"
_RELEASE = re.compile(r"v?\d+\.\d+[\w.-]*")
"""Other folders below ``reports``, like that of the site, hold no published report."""
_PLATFORM = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Published:
    """A published report. ``name``: its file, relative to the folder of all."""

    name: str
    report: ConformanceReport
    partial: bool

    @property
    def platform(self) -> str:
        return self.report.platform.name

    @property
    def release(self) -> str:
        return self.report.kubestellar.release


def file_of(release: str, platform: str, *, partial: bool) -> str:
    """The name of a report's file, relative to the folder of all. `UserError` if release or
    platform cannot be a part of it.
    """
    if _RELEASE.fullmatch(release) is None:
        raise UserError(
            f"the release is {release!r}: only a run of a release, like 0.30.0, has a place here"
        )
    if _PLATFORM.fullmatch(platform) is None:
        raise UserError(f"the platform is {platform!r}: expected its name, of letters, digits, '-'")
    return f"{release}/{platform}{_PARTIAL if partial else _WHOLE}"


def published(folder: Path, but: Collection[str] = ()) -> list[Published]:
    """All reports below ``folder``, ``but`` for files of these names: the newest release first,
    platforms by name.

    Raises the errors of `verified` for one that is damaged, and for one whose name says whole and
    whose run was partial; `UserError` for one under a name that is not its own.
    """
    paths = sorted(path for path in folder.glob("*/*.yaml") if _counts(path))
    kept = (path for path in paths if path.relative_to(folder).as_posix() not in but)
    found = [_read(path, folder) for path in kept]
    return sorted(found, key=lambda one: _numbers(one.release), reverse=True)


def _counts(path: Path) -> bool:
    return _RELEASE.fullmatch(path.parent.name) is not None


def _read(path: Path, folder: Path) -> Published:
    partial = path.name.endswith(_PARTIAL)
    report = unaltered(path) if partial else verified(path)
    name = path.relative_to(folder).as_posix()
    try:
        own = file_of(report.kubestellar.release, report.platform.name, partial=partial)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    if own != name:
        raise UserError(f"{path}: is the report of {own}: rename it, or publish it again")
    return Published(name, report, partial)


def _numbers(release: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", release)]
