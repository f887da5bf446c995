"""A comparison for people, in lines of at most 100 columns."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from kubestellar_conformance.reporting.compare.outcomes import BREAKS
from kubestellar_conformance.reporting.plural import counted

LINE: Final = 100
_NAME: Final = 16


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The lines: what is compared, how it differs, what changed, what cannot be compared."""
    for name, record in found["records"].items():
        yield from _row(name, _record(record))
    for difference in found["differences"]:
        yield from _row("differs", difference)
    yield from _row("compared", counted(found["compared"], "test"))
    for change in ("newly broken", "newly kept"):
        yield from _changed(found, change)
    yield from _new(found)
    yield from _speed(found)
    yield from _not_comparable(found)


def _record(record: Mapping[str, Any]) -> str:
    whole = "" if record["complete"] else f"; partial: {'; '.join(record['why_partial'])}"
    name = record["run"] or "unnamed"
    what = f"{record['release'] or 'unknown'} on {record['platform'] or 'unknown'}"
    return f"{name}: {what}, {record['begun']}{whole}"


def _changed(found: Mapping[str, Any], change: str) -> Iterator[str]:
    promises = [row["id"] for row in found["promises"] if row["change"] == change]
    tests = [row for row in found["tests"] if row["change"] == change]
    yield from _row(change, f"{counted(len(promises), 'promise')}, {counted(len(tests), 'test')}")
    if promises:
        yield from _row("  promises", ", ".join(promises))
    for row in tests:
        yield from _row("  test", f"{_short(row['nodeid'])} ({', '.join(row['promises'])})")
        yield from _row("", f"{row['before']}, now {row['after']}")
        if change == "newly broken" and row["where"]:
            yield from _row("", row["where"])


def _new(found: Mapping[str, Any]) -> Iterator[str]:
    """The tests that B alone judges, if it has any: their number, and those that deviate."""
    tests = [row for row in found["tests"] if row["change"] == "new"]
    bad = [row for row in tests if row["after"] in BREAKS]
    if tests:
        said = f"{counted(len(tests), 'test')} that A does not have, {len(bad)} of them"
        yield from _row("new", f"{said} with a deviation")
    for row in bad:
        yield from _row("  test", f"{_short(row['nodeid'])} ({', '.join(row['promises'])})")
        yield from _row("", f"{row['after']}: {row['where']}" if row["where"] else row["after"])


def _speed(found: Mapping[str, Any]) -> Iterator[str]:
    if found["why_no_speed"]:
        return
    for pace in ("slower", "faster"):
        rows = [row for row in found["speed"] if row["pace"] == pace]
        legend = ": median (10th to 90th percentile)" if rows else ""
        yield from _row(pace, f"{len(rows)} of {len(found['speed'])} hops and contracts{legend}")
        for row in rows:
            yield from _row(f"  {row['what']}", f"{row['name']}: {_figures(row)}")
            if pace == "slower":
                most = row["largest"]
                change = f"most: {most['before']:.2f} to {most['after']:.2f} s"
                yield from _row("", f"{change} in {_short(most['nodeid'])}")


def _short(nodeid: str) -> str:
    """A node id that can be wrapped between file and function."""
    return nodeid.replace("::", " ::", 1)


def _figures(row: Mapping[str, Any]) -> str:
    one, other = (
        f"{side['median']:.2f} s ({side['p10']:.2f} to {side['p90']:.2f})"
        for side in (row["before"], row["after"])
    )
    return f"{one}, now {other}, {row['pairs']} pairs"


def _not_comparable(found: Mapping[str, Any]) -> Iterator[str]:
    if found["why_no_speed"]:
        yield from _row("not comparable", f"hops and waits: {found['why_no_speed']}")
    for what in ("promises", "tests"):
        reasons = Counter(row["why"] for row in found[what] if row["change"] == "not comparable")
        for why, number in reasons.most_common():
            yield from _row("not comparable", f"{counted(number, what[:-1])}: {why}")


def _row(name: str, text: str) -> list[str]:
    """A named line; a long text continues below itself, a long word is broken."""
    return textwrap.wrap(
        f"{name:<{_NAME}} {' '.join(text.split())}",
        LINE,
        subsequent_indent=" " * (_NAME + 1),
        break_on_hyphens=False,
        drop_whitespace=True,
    )
