"""The pages of a site: which exist, and what each shows. Both formats have the same pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kubestellar_conformance.reporting.coverage import COLUMNS
from kubestellar_conformance.reporting.site import addresses
from kubestellar_conformance.reporting.site.columns import Column
from kubestellar_conformance.reporting.site.evidence import Note
from kubestellar_conformance.reporting.site.model import Site, SitePage
from kubestellar_conformance.reporting.site.record import Requirement
from kubestellar_conformance.reporting.site.story_pages import story_pages


def pages(site: Site) -> Iterator[SitePage]:
    """Every page of the site."""
    yield from _of_requirements(site)
    yield from story_pages(site)


def _of_requirements(site: Site) -> Iterator[SitePage]:
    rows = [site.requirement(name) for name in site.ids()]
    areas = list(dict.fromkeys(row.area for row in rows))
    yield SitePage(addresses.OVERVIEW, "overview", "Overview", {"areas": areas})
    if len(site.columns) > 1:
        for column in site.columns:
            address = addresses.overview_of(column, len(site.columns))
            yield SitePage(address, "run", column.head, {"column": column, "areas": areas})
    yield SitePage(
        addresses.REQUIREMENTS,
        "requirements",
        "Requirements",
        {"rows": rows, "areas": areas, "verdicts": COLUMNS},
    )
    for row in rows:
        yield SitePage(
            addresses.requirement(row.id), "requirement", row.id, _requirement(site, row)
        )


def _requirement(site: Site, row: Requirement) -> dict[str, Any]:
    release = site.latest.run.release
    return {
        "row": row,
        "check": site.texts.check(row),
        "sources": site.texts.sources(row, release),
        "found": [
            (
                column,
                mine,
                [_result(column, nodeid) for nodeid in mine.tests],
                _known(column, row),
                _notes(column, mine),
            )
            for column in site.columns
            if (mine := column.by_id.get(row.id)) is not None
        ],
    }


def _result(column: Column, nodeid: str) -> tuple[str, Any]:
    return nodeid, column.results.get(nodeid)


def _notes(column: Column, row: Requirement) -> list[tuple[str, Note]]:
    """What the tests of a requirement noted for it, each note with its test."""
    results = [column.results[name] for name in row.tests if name in column.results]
    return [(one.nodeid, note) for one in results for note in one.notes if row.id in note.promises]


def _known(column: Column, row: Requirement) -> list[Any]:
    return [entry for entry in column.run.deviations if row.id in entry.promises]
