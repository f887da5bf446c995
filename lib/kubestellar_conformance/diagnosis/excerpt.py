"""What of a component's log a failure shows: how it crashed, or the lines that name an object.

Reads klog's and zap's lines. All functions are pure; the lines come from `ComponentSight.log_tail`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

SCANNED = 3000
"""How many of the last lines of a log are searched."""
LONGEST_LINE = 2000
"""A longer line (a whole object, at a high verbosity) is cut; the log has the rest."""
PRODUCT = "github.com/kubestellar/kubestellar/"
"""Begins the names of KubeStellar's own functions in a Go stack trace."""
FRAMES = 3
CLOCKS_DIFFER = 60.0
"""Seconds that a line may seem to come from the future."""
_HEADLINE = re.compile(
    r'^(panic: |fatal error: |unexpected fault address |F\d{4} )|"level":"(fatal|panic)"'
)
_KLOG = re.compile(r"^([IWEF])(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d+) ")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)")
_ERROR = re.compile(r'^[EF]\d{4} |"level":"(error|fatal|panic|dpanic)"|\tERROR\t')
_FUNCTION = re.compile(r"^(?P<name>[\w./*()\[\]{}~@·-]+\.[\w.*()\[\]·-]+?)\(.*\)$")
_PLACE = re.compile(r"^\s+(?P<file>/?\S+\.go:\d+)")
_NOT_A_CULPRIT = ("panic", "runtime.", "k8s.io/apimachinery/pkg/util/runtime.", "go.uber.org/zap")
_TRACE_IN_LINE = re.compile(r',"stacktrace":"(?:[^"\\]|\\.)*"')
_FRAME = "  at "
_LOGGED_AFTER = 5
"""So many ordinary lines of other goroutines may follow the headline of a crash."""


def crash(lines: Sequence[str]) -> list[str]:
    """How a program crashed that ends with these lines: the line that says why, and the first
    frames of KubeStellar's own code (or of any, where none is its own). Empty if it did not crash.
    """
    at = next((n for n in range(len(lines) - 1, -1, -1) if _HEADLINE.search(lines[n])), None)
    if at is None or sum(map(_is_logged, lines[at + 1 :])) > _LOGGED_AFTER:
        return []
    first = at
    while first > 0 and _HEADLINE.search(lines[first - 1]):
        first -= 1
    said = [shortened(line) for line in lines[first : at + 1]]
    return said + [f"{_FRAME}{frame}" for frame in _frames(lines[at + 1 :])]


def _frames(trace: Sequence[str]) -> list[str]:
    """The first frames of the goroutine that crashed, the innermost first."""
    found: list[tuple[str, str]] = []
    begun = False
    for one, after in pairwise(trace):
        if one.startswith("goroutine "):
            if begun:
                break  # the others only ran at the same time
            begun = True
        function, place = _FUNCTION.match(one), _PLACE.match(after)
        if begun and function and place:
            found.append((function["name"], place["file"]))
    own = [frame for frame in found if frame[0].startswith((PRODUCT, "main."))]
    if own:
        return [_product_s(name, place) for name, place in own[:FRAMES]]
    others = [frame for frame in found if not frame[0].startswith(_NOT_A_CULPRIT)]
    return [f"{name} ({place})" for name, place in others[:FRAMES]]


def _product_s(name: str, place: str) -> str:
    """A frame of KubeStellar's, on one row of a screen: the file says where its package is."""
    return f"{name.rpartition('/')[2]} ({place.removeprefix(PRODUCT)})"


def in_a_line(why: Sequence[str]) -> str:
    """A `crash` in a line: its reason and its first frame."""
    first = next((line.strip() for line in why if line.startswith(_FRAME)), "")
    return f"{why[0]} {first}".rstrip()


def last_words(lines: Sequence[str], most: int) -> list[str]:
    """Why a program ended, if its log says so; else its last lines."""
    return crash(lines) or [shortened(line) for line in lines[-most:]]


def naming(lines: Iterable[str], names: Iterable[str], most: int) -> list[str]:
    """The last lines that name one of the objects, errors before others; in the log's order."""
    wanted = sorted({name for name in names if name}, key=len, reverse=True)
    if not wanted:
        return []
    named = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, wanted))})(?![\w-]|\.\w)")
    found = [(number, line) for number, line in enumerate(lines) if named.search(line)]
    errors = [pair for pair in found if is_error(pair[1])][-(most // 2) :]
    others = [pair for pair in found if pair not in errors]
    kept = errors + others[len(others) - (most - len(errors)) :] if len(found) > most else found
    return [shortened(line) for _, line in sorted(kept)]


def is_error(line: str) -> bool:
    """Whether a line was logged as an error."""
    return _ERROR.search(line) is not None


def when(line: str, now: float) -> float | None:
    """When a line was logged, in seconds since the epoch; None where it does not say.

    klog leaves out the year and the time zone: a line is taken to be as late as it can be, in local
    time or in UTC.
    """
    if match := _ISO.search(line[:200]):
        return datetime.datetime.fromisoformat(match[0]).timestamp()
    if not (match := _KLOG.match(line)):
        return None
    month, day, hour, minute, second = (int(match[group]) for group in range(2, 7))
    micro = int(match[7][:6].ljust(6, "0"))
    today = datetime.datetime.fromtimestamp(now)
    for year in (today.year, today.year - 1):
        try:
            said = datetime.datetime(year, month, day, hour, minute, second, micro)
        except ValueError:
            continue
        zones = (said.timestamp(), said.replace(tzinfo=datetime.UTC).timestamp())
        if past := [stamp for stamp in zones if stamp <= now + CLOCKS_DIFFER]:
            return max(past)
    return None


def newest(lines: Sequence[str], now: float) -> float | None:
    """When the last line that says a time was logged."""
    stamps = (when(line, now) for line in reversed(lines))
    return next((stamp for stamp in stamps if stamp is not None), None)


def shortened(line: str) -> str:
    """The line without a stack trace in it, and cut if it still holds more than a person reads."""
    line = _TRACE_IN_LINE.sub("", line)
    more = len(line) - LONGEST_LINE
    return line if more <= 0 else f"{line[:LONGEST_LINE]}... ({more} more characters)"


def _is_logged(line: str) -> bool:
    return _KLOG.match(line) is not None or line.startswith('{"level"')
