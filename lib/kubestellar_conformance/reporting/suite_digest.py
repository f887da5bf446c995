"""The identity of a suite: digests of its catalogue, its lists of known deviations and its
scenarios. Only records of one suite can be merged, or compared test by test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from kubestellar_conformance.reporting.marks import Mark

PARTS: Final = ("promises", "known_deviations", "scenarios")
"""The parts of a suite; ``scenarios`` is every file outside the folders of the other two."""


def suite_identity(folder: Path, name: str, marks: Iterable[Mark]) -> dict[str, Any]:
    """Name, digests and tests of the suite in ``folder``.

    ``tests`` are the functions that its source names promises for, without parameters. They are
    read from the source, so a run that collects less cannot shorten the list. Raises `OSError`.
    """
    by_part: dict[str, dict[str, bytes]] = {part: {} for part in PARTS}
    for path in _files(folder):
        relative = path.relative_to(folder)
        part = relative.parts[0] if relative.parts[0] in PARTS[:2] else PARTS[2]
        by_part[part][relative.as_posix()] = hashlib.sha256(path.read_bytes()).digest()
    digests = {part: _digest(files) for part, files in by_part.items()}
    tests = sorted(_functions(marks))
    return {"name": name, "digest": digest_of_parts(digests), **digests, "tests": tests}


def digest_of_parts(digests: Mapping[str, str | None]) -> str:
    """The digest of a suite, from those of its parts."""
    return _digest({part: (digests[part] or "").encode() for part in PARTS})


def _files(folder: Path) -> Iterable[Path]:
    for base in (folder, folder / PARTS[0], folder / PARTS[1]):
        # An installed catalogue has links in place of the two folders.
        if base == folder or base.is_symlink():
            yield from (path for path in base.rglob("*") if _counts(path.relative_to(folder), path))


def _counts(relative: Path, path: Path) -> bool:
    hidden = any(part.startswith((".", "__pycache__")) for part in relative.parts)
    return path.is_file() and not hidden


def _digest(files: dict[str, bytes]) -> str:
    found = hashlib.sha256()
    for name, content in sorted(files.items()):
        found.update(f"{len(name)}:{name}:{len(content)}:".encode())
        found.update(content)
    return f"sha256:{found.hexdigest()}"


def _functions(marks: Iterable[Mark]) -> set[str]:
    tests = {mark.test.partition("[")[0] for mark in marks}
    return {test for test in tests if test.rpartition("::")[2].startswith("test")}
