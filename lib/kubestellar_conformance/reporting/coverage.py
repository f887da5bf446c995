"""Counts how much of the catalogue a run covers: a table by area and by rig."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from kubestellar_conformance.reporting.promises import is_declared

COLUMNS: Final = (
    "holds",
    "known deviation",
    "new deviation",
    "not supported",
    "broken",
    "not run",
    "no check yet",
)
"""The columns of counts; they add up to ``promises``."""
_HEADS: Final = ("hold", "known dev", "new dev", "not supp", "broken", "not run", "no check")
_NAME, _NUMBER = 18, 9


def coverage(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts of judged promises (`judge`): ``areas`` and ``rigs``, a mapping each, and ``all``."""
    areas: dict[str, dict[str, int]] = {}
    rigs: dict[str, dict[str, int]] = {}
    every = _none()
    for row in rows:
        for counts in (
            every,
            areas.setdefault(row["area"], _none()),
            rigs.setdefault(row["rig"], _none()),
        ):
            counts["promises"] += 1
            counts[column(row)] += 1
    return {"areas": areas, "rigs": dict(sorted(rigs.items())), "all": every}


def _none() -> dict[str, int]:
    return dict.fromkeys(("promises", *COLUMNS), 0)


def column(row: Mapping[str, Any]) -> str:
    """The column of `COLUMNS` that counts a judged promise."""
    if row["state"] != "does not hold":
        return str(row["state"])
    return "known deviation" if row["known"] else "new deviation"


def table(counted: Mapping[str, Any]) -> Iterator[str]:
    """The counts by area, in lines of fewer than 100 characters."""
    yield _line("area", ("promises", *_HEADS))
    for area, counts in counted["areas"].items():
        yield _numbers(area, counts)
    yield _numbers("all areas", counted["all"])


def _numbers(name: str, counts: Mapping[str, int]) -> str:
    return _line(name, (str(counts[column] or "-") for column in ("promises", *COLUMNS)))


def _line(name: str, cells: Iterable[str]) -> str:
    return f"{name:<{_NAME}}" + "".join(f" {cell:>{_NUMBER}}" for cell in cells)


def by_rig(rows: Iterable[Mapping[str, Any]]) -> str:
    """The number of promises with a check, per rig, in one line. One that is not supported by the
    catalogue's word has none.
    """
    every: Counter[str] = Counter()
    without: Counter[str] = Counter()
    for row in rows:
        every[row["rig"]] += 1
        without[row["rig"]] += row["state"] == "no check yet" or is_declared(row)
    return ", ".join(f"{rig} {every[rig] - without[rig]} of {every[rig]}" for rig in sorted(every))


def checked(counts: Mapping[str, int]) -> str:
    """The number of these promises with a check: ``3 of 21``."""
    return f"{counts['promises'] - counts['no check yet']} of {counts['promises']}"
