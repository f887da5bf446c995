"""Makes the files of a site from the records of its runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from kubestellar_conformance.reporting import records
from kubestellar_conformance.reporting.site import addresses
from kubestellar_conformance.reporting.site.catalogue import Texts
from kubestellar_conformance.reporting.site.columns import columns
from kubestellar_conformance.reporting.site.model import Site, SitePage
from kubestellar_conformance.reporting.site.pages import pages
from kubestellar_conformance.reporting.site.record import run_of
from kubestellar_conformance.reporting.site.rendering import ASSETS, Format, Renderer
from kubestellar_conformance.reporting.suite import Suite


def site_of(found: Iterable[Path], suite: Suite) -> Site:
    """The site of these records' files. `UserError` for a file that is not a record."""
    runs = [run_of(path, records.read(path)) for path in found]
    return Site(columns(runs), Texts(suite))


def files(site: Site, format: Format) -> Iterator[tuple[str, str]]:
    """Every file of the site, by its path inside: pages, and what they share."""
    renderer = Renderer(site, format)
    for page in pages(site):
        yield page.address + renderer.suffix, renderer.page(page)
        if format == "markdown":
            yield from _drawings(renderer, page)
    for name, parts in ASSETS.items() if format == "html" else ():
        yield f"assets/{name}", renderer.parts(parts)


def _drawings(renderer: Renderer, page: SitePage) -> Iterator[tuple[str, str]]:
    """The drawings of a page's stories, which Markdown keeps in files of their own."""
    for story in page.stories:
        column = page.values["column"]
        if story.picture.boxes:
            address = addresses.drawing(column, story.result.nodeid, "spaces")
            yield address, renderer.drawing("spaces", story)
        if story.timeline is not None:
            address = addresses.drawing(column, story.result.nodeid, "timeline")
            yield address, renderer.drawing("timeline", story)
