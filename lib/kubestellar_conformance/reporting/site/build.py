"""Makes the files of a site from the records of its runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting import records
from kubestellar_conformance.reporting.site.catalogue import Texts
from kubestellar_conformance.reporting.site.columns import columns
from kubestellar_conformance.reporting.site.model import Site
from kubestellar_conformance.reporting.site.pages import pages
from kubestellar_conformance.reporting.site.record import run_of
from kubestellar_conformance.reporting.site.rendering import ASSETS, Format, Renderer
from kubestellar_conformance.reporting.suite import Suite

_OURS: Final = ".ks-conformance-site"
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
    for name in ASSETS if format == "html" else ():
        yield f"assets/{name}", renderer.asset(name)


def write(site: Site, format: Format, folder: Path) -> int:
    """Write the site into a folder, in place of an earlier one. Returns the number of pages.

    `UserError` for a folder with other files, which are left as they are.
    """
    content = dict(files(site, format))
    _clear(folder)
    for name, text in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / _OURS).touch()
    return sum(not name.startswith("assets/") for name in content)


def _clear(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UserError(f"{folder}: is not a folder: give another with --out")
    if any(folder.iterdir()) and not (folder / _OURS).exists():
        raise UserError(f"{folder}: has files that no report wrote: give an empty folder")
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
