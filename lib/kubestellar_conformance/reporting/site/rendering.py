"""Renders pages by the package's templates, as HTML or as Markdown."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal

import jinja2

from kubestellar_conformance.reporting.site import addresses
from kubestellar_conformance.reporting.site.model import Page, Site

Format = Literal["html", "markdown"]
_SUFFIX: Final[dict[Format, str]] = {"html": ".html", "markdown": ".md"}
ASSETS: Final = ("site.css", "site.js")
_IN_MARKDOWN: Final = re.compile(r"([\\*_\[\]<>|#])")


class Renderer:
    """Renders the pages of one site in one format."""

    def __init__(self, site: Site, format: Format) -> None:
        self._site, self.suffix = site, _SUFFIX[format]
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("kubestellar_conformance.reporting.site"),
            autoescape=format == "html",
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
        )
        self._environment.filters.update(
            area=area, css=css, day=day, duration=duration, plain=plain, seconds=seconds
        )
        self._environment.globals.update(site=site, addresses=addresses)
        self._folder = format

    def page(self, page: Page) -> str:
        """The text of one page."""
        template = self._environment.get_template(f"{self._folder}/{page.template}{self.suffix}.j2")
        link = partial(self._link, page.address)
        return template.render(page=page, link=link, **page.values)

    def asset(self, name: str) -> str:
        """The text of a file that all pages share."""
        loader, environment = self._environment.loader, self._environment
        assert loader is not None
        return loader.get_source(environment, f"assets/{name}")[0]

    def _link(self, here: str, target: str) -> str:
        return addresses.relative(here, target, self.suffix)


def area(name: str) -> str:
    """An area's name in words."""
    return name.replace("_", " ").capitalize()


def css(text: str) -> str:
    """A verdict as a name in the style sheet."""
    return text.replace(" ", "-")


def day(time: str) -> str:
    """A time of a record to the minute; as it stands if it is not one."""
    try:
        return datetime.fromisoformat(time).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return time or "unknown"


def duration(begun: str, ended: str) -> str:
    """Minutes and seconds between two times of a record; empty if one is missing."""
    try:
        whole = (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds()
    except ValueError:
        return ""
    return f"{int(whole) // 60} min {int(whole) % 60} s"


def seconds(value: float) -> str:
    """A duration: in ms below a second."""
    return f"{value:.1f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def plain(text: Any) -> str:
    """Markdown that shows the text unchanged, but for code between backticks."""
    parts = " ".join(str(text).split()).split("`")
    return "`".join(
        part if number % 2 else _IN_MARKDOWN.sub(r"\\\1", part) for number, part in enumerate(parts)
    )
