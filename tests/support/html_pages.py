"""Reads pages as a browser and a screen reader do: links, headings, tables, form fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_FIELDS: Final = ("input", "select", "textarea")
_LOADED: Final = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src"}
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_VOID: Final = ("meta", "link", "input", "br", "hr", "img", "wbr", "line", "rect", "circle", "path")


@dataclass
class Html(HTMLParser):
    """A page. ``loaded``: what it loads; ``links``: where it leads; ``levels``: of its headings, in
    order; ``faults``: tags that do not nest.
    """

    text: str
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    landmarks: list[str] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    tables_without_heads: int = 0
    title: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self._fields: list[str] = []
        self._labels: set[str] = set()
        self._heads: list[int] = []
        self.feed(self.text)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self._open]
        self.unlabelled = [name for name in self._fields if name not in self._labels]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values["href"])
        if tag in _LOADED:
            self.loaded.append(values[_LOADED[tag]])
        if tag in _HEADINGS:
            self.levels.append(int(tag[1]))
        if tag in ("main", "header", "footer", "nav"):
            self.landmarks.append(tag)
        if tag in _FIELDS:
            self._fields.append(values.get("id", tag))
        if tag == "label":
            self._labels.add(values["for"])
        if tag == "table":
            self._heads.append(0)
        if tag == "th":
            self._heads[-1] += 1
            if values.get("scope") not in ("col", "row", "rowgroup"):
                self.faults.append("a <th> without scope")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> inside {self._open[-1:]}")
            return
        self._open.pop()
        if tag == "table" and not self._heads.pop():
            self.tables_without_heads += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["title"] and "svg" not in self._open:
            self.title += data
