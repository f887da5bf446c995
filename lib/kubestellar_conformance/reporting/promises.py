"""The catalogue of what KubeStellar promises (a YAML file per area), and what a run says of each
promise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.verdicts import Verdict
from kubestellar_conformance.reporting.yamlfile import Row, read_rows

PromiseState = Literal["holds", "does not hold", "not run"]

RIGS: Final = ("A", "C", "W", "S", "H", "helm", "shell", "host", "-")
"""What a check needs; the README beside the catalogue explains the words."""
_FIELDS: Final = ("id", "requirement", "source", "check", "upstream", "rig")
_ID: Final = re.compile(r"[A-Z]+(-[A-Z0-9]+)+")


@dataclass(frozen=True)
class Promise:
    """One promise: what is promised, where it is written, how a check of it can fail, and what that
    check needs. ``area`` is the name of the file that lists it.
    """

    id: str
    area: str
    requirement: str
    source: str
    check: str
    upstream: str
    rig: str


class Promises(Mapping[str, Promise]):
    """The catalogue, by id: areas by name, within an area in the order of its file."""

    def __init__(self, promises: Iterable[Promise]) -> None:
        self._by_id = {promise.id: promise for promise in promises}

    @classmethod
    def load(cls, folder: Path) -> Promises:
        """Read ``<area>.yaml`` for every area. `UserError` in one line, with file and line, for a
        row that is wrong and for an id that stands twice.
        """
        if not folder.is_dir():
            raise UserError(f"{folder}: is not a folder: the catalogue is a YAML file per area")
        seen: dict[str, tuple[str, Promise]] = {}
        for path in sorted(folder.glob("*.yaml")):
            for row in read_rows(path):
                promise = _promise(path.stem, row)
                if promise.id in seen:
                    raise UserError(
                        f"{row.where}: duplicate promise {promise.id}: {seen[promise.id][0]} has it"
                    )
                seen[promise.id] = (row.where, promise)
        return cls(promise for _, promise in seen.values())

    def __getitem__(self, key: str) -> Promise:
        return self._by_id[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)


def _promise(area: str, row: Row) -> Promise:
    row.only(set(_FIELDS))
    texts = {name: row.text(name) for name in _FIELDS}
    if not _ID.fullmatch(texts["id"]):
        raise UserError(f"{row.where}: {texts['id']!r} is not an id such as BIND-01")
    if unknown := [rig for rig in texts["rig"].split("/") if rig not in RIGS]:
        raise UserError(
            f"{row.where}: {texts['id']}: unknown rig {unknown[0]!r}: use {', '.join(RIGS)}, or "
            "two with a slash"
        )
    return Promise(area=area, **texts)


def judge(
    promises: Promises, checks: Mapping[str, Iterable[tuple[str, Verdict, str]]]
) -> list[dict[str, Any]]:
    """What the run says of each promise, from the (test, verdict, message) of the checks that name
    it.

    A promise holds only when every check that names it conforms: one that could not be judged
    leaves it open.
    """
    rows = []
    for promise in promises.values():
        done = list(checks.get(promise.id, ()))
        state, why = _state(done)
        rows.append(
            {
                "id": promise.id,
                "area": promise.area,
                "requirement": promise.requirement,
                "state": state,
                "why": why,
                "tests": [test for test, _, _ in done],
            }
        )
    return rows


def _state(done: list[tuple[str, Verdict, str]]) -> tuple[PromiseState, str]:
    against = [row for row in done if row[1] in (Verdict.DEVIATES, Verdict.KNOWN)]
    open_ = [
        row for row in done if row[1] in (Verdict.BROKEN, Verdict.NOT_RUN, Verdict.NOT_SUPPORTED)
    ]
    if against:
        return "does not hold", "; ".join(f"{verdict}: {test}" for test, verdict, _ in against)
    if open_:
        return "not run", "; ".join(
            f"{verdict}: {test}{_first_line(message)}" for test, verdict, message in open_
        )
    if not done:
        return "not run", "no check of it was part of this run"
    return "holds", f"{len(done)} of {len(done)} checks conform"


def _first_line(message: str) -> str:
    lines = message.strip().splitlines()
    return f" ({lines[0]})" if lines else ""
