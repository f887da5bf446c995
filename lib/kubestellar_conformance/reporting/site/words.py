"""Values as the templates write them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from kubestellar_conformance.reporting.plural import counted

_TICKS: Final = re.compile(r"`{3,}")
_FENCED_OR_BLANK: Final = re.compile(
    r"(^(`{3,}).*?^\2$)|\n(?:[ \t]*\n){2,}", re.MULTILINE | re.DOTALL
)
_IN_MARKDOWN: Final = re.compile(r"([\\*_\[\]<>|#])")


def trimmed(text: str) -> str:
    """Markdown without blank lines at its ends, and without several in a row outside code."""
    return _FENCED_OR_BLANK.sub(lambda found: found[1] or "\n\n", text.strip("\n")) + "\n"


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
    minutes, rest = divmod(int(whole), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def seconds(value: float) -> str:
    """A duration: in ms below a second."""
    return f"{value:.1f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def plain(text: Any) -> str:
    """Markdown that shows the text unchanged, but for code between backticks."""
    parts = " ".join(str(text).split()).split("`")
    return "`".join(
        part if number % 2 else _IN_MARKDOWN.sub(r"\\\1", part) for number, part in enumerate(parts)
    )


def fence(text: str, language: str) -> str:
    """A block of code in Markdown, with a fence that its text does not end."""
    ticks = "`" * max(3, *(len(found) + 1 for found in _TICKS.findall(text)), 3)
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"


def sentence(text: str) -> str:
    """The text with a capital letter and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def shown(value: Any) -> str:
    """A JSON value on one line: a text as it stands, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


FILTERS: Final[dict[str, Callable[..., str]]] = {
    "area": area,
    "counted": counted,
    "css": css,
    "day": day,
    "duration": duration,
    "fence": fence,
    "plain": plain,
    "seconds": seconds,
    "sentence": sentence,
    "shown": shown,
}
