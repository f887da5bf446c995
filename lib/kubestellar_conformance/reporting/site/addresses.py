"""Where each page lies. Paths are relative to the site's folder, without suffix."""

from __future__ import annotations

import hashlib
import posixpath
import re
from functools import cache

from kubestellar_conformance.reporting.site.columns import Column, slug
from kubestellar_conformance.reporting.site.record import Result

OVERVIEW, REQUIREMENTS, SCENARIOS, FAILURES = "index", "requirements", "scenarios", "failures"
_ASSETS = (".css", ".js", ".svg")
_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,80}", re.ASCII)
_DOCUMENTED = ("/examples/", "/reader/")
_QUIET = ("conforms", "not run", "not supported")
"""Verdicts of a test that has no page of its own."""


def requirement(name: str) -> str:
    """The page of one requirement. Its file is called as the requirement, unless that is no id of a
    catalogue, as a damaged record may have one.
    """
    if _ID.fullmatch(name):
        return f"requirement/{name}"
    return f"requirement/{slug(name)[:80]}-{_digest(name)}"


def overview_of(column: Column, among: int) -> str:
    """The overview of one run, which is the site's own if it is the only run."""
    return OVERVIEW if among == 1 else f"{column.folder}/index"


def module_of(nodeid: str) -> str:
    """The file of a test."""
    return nodeid.partition("::")[0]


def is_documented(nodeid: str) -> bool:
    """Whether the test follows one of the documented example scenarios."""
    return any(folder in module_of(nodeid) for folder in _DOCUMENTED)


def scenario(column: Column, module: str) -> str:
    """The page of a documented scenario, which is a file of the suite."""
    stem = posixpath.basename(module).removeprefix("test_").removesuffix(".py")
    return f"{column.folder}/{slug(stem)}"


def anchor(nodeid: str) -> str:
    """The place of a test on its scenario's page."""
    return slug(nodeid.partition("::")[2])


def fails(result: Result) -> bool:
    """Whether the test has a page that shows where its path stopped."""
    return result.verdict not in _QUIET


def failure(column: Column, nodeid: str) -> str:
    """The page of a test that does not conform."""
    return _own(column, "failed", nodeid)


def of_result(column: Column, result: Result) -> str | None:
    """The page that shows the test, with the place on it; None for a test without one."""
    if fails(result):
        return failure(column, result.nodeid)
    if is_documented(result.nodeid) and result.verdict != "not run":
        return f"{scenario(column, module_of(result.nodeid))}#{anchor(result.nodeid)}"
    return None


def failed_in(column: Column, verdict: str, area: str) -> str:
    """The place on the list of failures of a run's tests of one verdict and area."""
    return slug(f"{verdict} {column.folder} {area or 'other'}")


def drawing(column: Column, nodeid: str, kind: str) -> str:
    """The file of a drawing that the Markdown pages show."""
    return f"{_own(column, 'drawings', nodeid)}-{kind}.svg"


def _own(column: Column, folder: str, nodeid: str) -> str:
    name = slug(nodeid.partition("::")[2])[:80].strip("-.")
    return f"{column.folder}/{folder}/{name}-{_digest(nodeid)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def relative(page: str, target: str, suffix: str) -> str:
    """The address of ``target``, which may have a place after ``#``, as ``page`` links to it.
    ``suffix``: that of pages; a target with a suffix of its own keeps it.
    """
    path, hash_, place = target.partition("#")
    if not path.endswith(_ASSETS):
        path += suffix
    return _between(posixpath.dirname(page) or ".", path) + hash_ + place


@cache
def _between(folder: str, path: str) -> str:
    return posixpath.relpath(path, folder)
