"""The shell blocks of a documentation page, each with its line, its headings and the words around
it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it.token import Token

_SHELLS: Final = ("shell", "bash", "sh", "zsh", "console")
"""The languages of the blocks that a reader types into a shell."""
_SCENARIO: Final = "h2"


@dataclass(frozen=True)
class Prose:
    """A paragraph, or an output that the page shows, and the line where it begins."""

    line: int
    text: str


@dataclass(frozen=True)
class Block:
    """A fenced shell block of a page.

    ``line``: where its text begins. ``section``: the level-2 heading above it; ``heading``: the
    nearest heading of any level; ``number``: its place under ``heading``, from 1. ``before`` and
    ``after``: the prose since the block before it, and until the next one.
    """

    line: int
    language: str
    text: str
    section: str
    heading: str
    number: int
    before: tuple[Prose, ...] = ()
    after: tuple[Prose, ...] = ()


def shell_blocks(page: str) -> tuple[Block, ...]:
    """The shell blocks of a Markdown page, in order."""
    found: list[Block] = []
    section = heading = ""
    prose: list[Prose] = []
    count: Counter[tuple[str, str]] = Counter()
    for kind, token, text in _pieces(page):
        if token.type == "heading_open":
            heading, prose = text, []
            section = text if kind == _SCENARIO else section
        elif token.type == "fence" and kind in _SHELLS:
            count[section, heading] += 1
            number, line = count[section, heading], _line(token) + 1
            found.append(Block(line, kind, text, section, heading, number, tuple(prose)))
            prose = []
        else:
            prose.append(Prose(_line(token), text))
            if found and (found[-1].section, found[-1].heading) == (section, heading):
                found[-1] = replace(found[-1], after=tuple(prose))
    return tuple(found)


def _pieces(page: str) -> Iterator[tuple[str, Token, str]]:
    """Headings, paragraphs and fences: the tag or the language, the token, and its text."""
    from markdown_it import MarkdownIt  # only where a page is read: it takes its time to load

    tokens = MarkdownIt("commonmark").parse(page)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "fence":
            words = token.info.split()
            yield words[0] if words else "", token, token.content
        elif token.type in ("heading_open", "paragraph_open") and following is not None:
            yield token.tag, token, following.content


def _line(token: Token) -> int:
    """The line of a token, from 1."""
    assert token.map is not None  # every block token has one
    return token.map[0] + 1
