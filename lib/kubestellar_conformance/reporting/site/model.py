"""A site: its runs, and its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kubestellar_conformance.reporting.site.catalogue import Texts
from kubestellar_conformance.reporting.site.columns import Column
from kubestellar_conformance.reporting.site.record import Requirement
from kubestellar_conformance.reporting.site.story import Story


@dataclass(frozen=True)
class SitePage:
    """One page: its address without suffix, its template, the values of the template,
    and the tests that it tells."""

    address: str
    template: str
    title: str
    values: dict[str, Any] = field(default_factory=dict)
    stories: Sequence[Story] = ()


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
