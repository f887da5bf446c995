"""Makes the files of a site from the records of its runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting import records
from kubestellar_conformance.reporting.site import addresses
from kubestellar_conformance.reporting.site.catalogue import Texts
from kubestellar_conformance.reporting.site.columns import columns
from kubestellar_conformance.reporting.site.model import Site, SitePage
from kubestellar_conformance.reporting.site.pages import pages
from kubestellar_conformance.reporting.site.record import run_of
from kubestellar_conformance.reporting.site.rendering import ASSETS, Format, Renderer
from kubestellar_conformance.reporting.suite import Suite

OURS: Final = ".ks-conformance-site"
"""The file by which a folder is known as one that an earlier report wrote."""


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


def write(content: Mapping[str, str], folder: Path) -> None:
    """Write the files of a site into a folder, in place of an earlier one.

    `UserError` for a folder with other files, which are left as they are.
    """
    _clear(folder)
    for name, text in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / OURS).touch()


def _clear(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UserError(f"{folder}: is not a folder: give another with --out")
    if any(folder.iterdir()) and not (folder / OURS).exists():
        raise UserError(f"{folder}: has files that no report wrote: give an empty folder")
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
