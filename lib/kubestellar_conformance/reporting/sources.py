"""The pages that a promise's source names, with their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kubestellar_conformance.reporting.markdown import address
from kubestellar_conformance.reporting.promises import split_source


@dataclass(frozen=True)
class Source:
    """One part of a promise's source: a page with its address (None for a code that the catalogue
    does not list), and the place on it.
    """

    page: str
    address: str | None
    place: str


def sources_of(text: str, pages: Mapping[str, str], release: str) -> list[Source]:
    """The parts of a source. ``pages``: the page of each code (`Promises.sources`)."""
    return [_source(part, pages, release) for part in text.split("; ") if part]


def _source(part: str, pages: Mapping[str, str], release: str) -> Source:
    code, rest = split_source(part)
    page = pages.get(code)
    if page is None:
        return Source(part, None, "")
    return Source(page.rpartition("/")[2], address(page, release), rest.strip())
