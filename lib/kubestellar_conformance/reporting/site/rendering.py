"""Renders pages by the package's templates, as HTML or as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final, Literal

import jinja2

from kubestellar_conformance.reporting.site import addresses
from kubestellar_conformance.reporting.site.model import Site, SitePage
from kubestellar_conformance.reporting.site.story import Story
from kubestellar_conformance.reporting.site.words import FILTERS, trimmed

Format = Literal["html", "markdown"]
_SUFFIX: Final[dict[Format, str]] = {"html": ".html", "markdown": ".md"}
ASSETS: Final = {"site.css": ("colours.css", "site.css", "drawing.css"), "site.js": ("site.js",)}
"""The files that all HTML pages share, each with the parts that it is made of."""
DRAWING: Final = ("colours.css", "drawing.css")
"""The style of a drawing that stands alone."""


class Renderer:
    """Renders the pages of one site in one format."""

    def __init__(self, site: Site, format: Format) -> None:
        self.suffix = _SUFFIX[format]
        loader = jinja2.PackageLoader("kubestellar_conformance.reporting.site")
        self._environment = jinja2.Environment(
            loader=loader,
            autoescape=lambda name: not (name or "").endswith(".md.j2"),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
        )
        self._environment.filters.update(FILTERS)
        self._environment.globals.update(site=site, addresses=addresses)
        self._loader, self._folder = loader, format

    def page(self, page: SitePage) -> str:
        """The text of one page."""
        template = self._environment.get_template(f"{self._folder}/{page.template}{self.suffix}.j2")
        link = partial(self._link, page.address)
        text = template.render(page=page, link=link, **page.values)
        return trimmed(text) if self._folder == "markdown" else text

    def drawing(self, kind: str, story: Story) -> str:
        """A drawing of a story as a file of its own: ``spaces`` or ``timeline``."""
        template = self._environment.get_template(f"{self._folder}/{kind}.svg.j2")
        return trimmed(template.render(story=story, style=self.parts(DRAWING)))

    def parts(self, names: Iterable[str]) -> str:
        """The text of a file that is made of these parts."""
        sources = (self._loader.get_source(self._environment, f"assets/{name}") for name in names)
        return "".join(source for source, _, _ in sources)

    def _link(self, here: str, target: str) -> str:
        return addresses.relative(here, target, self.suffix)
