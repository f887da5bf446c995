"""Where each page lies. Paths are relative to the site's folder, without suffix."""

from __future__ import annotations

import posixpath

from kubestellar_conformance.reporting.site.columns import Column

OVERVIEW, REQUIREMENTS = "index", "requirements"
_ASSETS = (".css", ".js", ".svg")


def requirement(name: str) -> str:
    """The page of one requirement."""
    return f"requirement/{name}"


def overview_of(column: Column, among: int) -> str:
    """The overview of one run, which is the site's own if it is the only run."""
    return OVERVIEW if among == 1 else f"{column.folder}/index"


def relative(page: str, target: str, suffix: str) -> str:
    """The address of ``target``, which may have a place after ``#``, as ``page`` links to it.
    ``suffix``: that of pages; a target with a suffix of its own keeps it.
    """
    path, hash_, place = target.partition("#")
    if not path.endswith(_ASSETS):
        path += suffix
    return posixpath.relpath(path, posixpath.dirname(page) or ".") + hash_ + place
