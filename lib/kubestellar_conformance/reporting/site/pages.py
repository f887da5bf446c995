"""The pages of a site: which exist, and what each shows. Both formats have the same pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from kubestellar_conformance.reporting.coverage import COLUMNS
from kubestellar_conformance.reporting.site import addresses
from kubestellar_conformance.reporting.site.catalogue import Texts
from kubestellar_conformance.reporting.site.columns import Column
from kubestellar_conformance.reporting.site.record import Requirement


@dataclass(frozen=True)
class Page:
    """One page: its address without suffix, its template, and the values of the template."""

    address: str
    template: str
    title: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Site:
    """All runs of a site. ``latest``: the run that began last, whose failures and texts count."""

    columns: Sequence[Column]
    texts: Texts

    @property
    def latest(self) -> Column:
        return max(self.columns, key=lambda column: column.run.begun)

    def ids(self) -> list[str]:
        """The requirements of all runs, in the order of the latest run's record."""
        found = dict.fromkeys(self.latest.by_id)
        for column in self.columns:
            found.update(dict.fromkeys(column.by_id))
        return list(found)

    def requirement(self, name: str) -> Requirement:
        """A requirement as the latest record that has it says it."""
        runs = (self.latest, *self.columns)
        return next(column.by_id[name] for column in runs if name in column.by_id)


def pages(site: Site) -> Iterator[Page]:
    """Every page of the site."""
    rows = [site.requirement(name) for name in site.ids()]
    areas = list(dict.fromkeys(row.area for row in rows))
    yield Page(addresses.OVERVIEW, "overview", "Overview", {"areas": areas})
    if len(site.columns) > 1:
        for column in site.columns:
            address = addresses.overview_of(column, len(site.columns))
            yield Page(address, "run", column.head, {"column": column, "areas": areas})
    yield Page(
        addresses.REQUIREMENTS,
        "requirements",
        "Requirements",
        {"rows": rows, "areas": areas, "verdicts": COLUMNS},
    )
    for row in rows:
        yield Page(addresses.requirement(row.id), "requirement", row.id, _requirement(site, row))


def _requirement(site: Site, row: Requirement) -> dict[str, Any]:
    release = site.latest.run.release
    return {
        "row": row,
        "check": site.texts.check(row),
        "sources": site.texts.sources(row, release),
        "found": [
            (column, mine, [_result(column, nodeid) for nodeid in mine.tests], _known(column, row))
            for column in site.columns
            if (mine := column.by_id.get(row.id)) is not None
        ],
    }


def _result(column: Column, nodeid: str) -> tuple[str, Any]:
    return nodeid, column.results.get(nodeid)


def _known(column: Column, row: Requirement) -> list[Any]:
    return [entry for entry in column.run.deviations if row.id in entry.promises]
