"""The Markdown of generated pages: paragraphs, items of a list, tables, and addresses."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

LINE: Final = 100
"""Characters of a line, at most."""
_UPSTREAM: Final = "https://github.com/kubestellar/kubestellar/blob/v"


def address(page: str, release: str) -> str:
    """The address of a source's page (`Promises.sources`), or of a file of KubeStellar's module, in
    a release of KubeStellar.
    """
    return page if page.startswith("https://") else f"{_UPSTREAM}{release}/{page}"


def paragraph(text: str) -> list[str]:
    """The lines of a paragraph that is Markdown already."""
    return textwrap.wrap(text, LINE, break_long_words=False, break_on_hyphens=False)


def item(text: str, first: str = "  ") -> list[str]:
    """The lines of an item of a list (``first``: ``- ``), or of a part of one. The text is shown
    unchanged.
    """
    return textwrap.wrap(
        _plain(text),
        LINE,
        initial_indent=first,
        subsequent_indent="    " if text.startswith("- ") else "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0
) -> Iterator[str]:
    """The lines of a table whose last ``numbers`` columns are numbers."""
    words = len(heads) - numbers
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * words}{'--:|' * numbers}"
    for row in rows:
        yield f"| {' | '.join(map(cell, row))} |"


def cell(text: str) -> str:
    """A text that is Markdown already, in one line of a table or a list."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _plain(text: str) -> str:
    """Markdown that shows the text unchanged: outside code ``<`` and ``_`` are escaped."""
    parts = text.split("`")
    return "`".join(
        part if number % 2 else part.replace("<", "&lt;").replace("_", r"\_")
        for number, part in enumerate(parts)
    )
