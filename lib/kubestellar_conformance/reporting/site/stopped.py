"""Where the path of a failed test stopped, read from its message (`diagnosis.walk` writes it)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

_HOP: Final = re.compile(r"  (ok|STOP|\?)\s+(.*)")
_IN_ORDER: Final = "every hop is in order"
_BETWEEN: Final = re.compile(r"\s{2,}")


@dataclass(frozen=True)
class Hop:
    """One hop of the path: ``mark`` is ``ok``, ``STOP`` or ``?`` (not known)."""

    mark: str
    name: str
    space: str
    text: str


@dataclass(frozen=True)
class Stopped:
    """A message in its parts. ``seen``: the states during the wait; ``log``: lines of the
    responsible component; ``remark``: why no hop is marked; ``rest``: everything else, as it
    stands.
    """

    headline: str
    seen: tuple[str, ...]
    hops: tuple[Hop, ...]
    responsible: str
    remark: str
    log: tuple[str, ...]
    rest: str

    @property
    def last_seen(self) -> str:
        """The last state seen: what the wait ended with."""
        _, found, after = self.headline.partition("; after ")
        return after.partition(": ")[2] if found else ""

    def reworded(self, say: Callable[[str], str]) -> Stopped:
        """The same with other words for names; the log stays as it was written."""
        return replace(
            self,
            headline=say(self.headline),
            seen=tuple(map(say, self.seen)),
            hops=tuple(replace(hop, text=say(hop.text)) for hop in self.hops),
        )


def stopped(message: str) -> Stopped:
    """Take a message apart. One of another form is its first line, and the rest."""
    headline, *lines = message.strip("\n").split("\n")
    seen: list[str] = []
    hops: list[Hop] = []
    log: list[str] = []
    rest: list[str] = []
    responsible = remark = ""
    for line in lines:
        if line.startswith("seen: "):
            seen.append(line.removeprefix("seen: "))
        elif line.startswith("      ") and seen and not hops:
            seen.append(line.strip())
        elif (hop := _HOP.fullmatch(line)) is not None:
            hops.append(_hop(hop[1], hop[2]))
        elif line.startswith("responsible: ") and not responsible:
            responsible = line.removeprefix("responsible: ")
        elif line.startswith(_IN_ORDER) and not remark:
            remark = line
        elif line.startswith("  | "):
            log.append(line.removeprefix("  | "))
        elif line != "path:" and not line.startswith("its log "):
            rest.append(line)
    return Stopped(
        headline, tuple(seen), tuple(hops), responsible, remark, tuple(log), "\n".join(rest)
    )


def _hop(mark: str, text: str) -> Hop:
    columns = _BETWEEN.split(text.strip(), maxsplit=2)
    name, *more = columns
    return Hop(mark, name, more[0] if len(more) > 1 else "", more[-1] if more else "")
