"""The catalogue of what KubeStellar promises (``requirements.yaml``), and what a run says of each
promise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.verdicts import Verdict
from kubestellar_conformance.reporting.yamlfile import read_list

PromiseState = Literal["holds", "does not hold", "not run"]


@dataclass(frozen=True)
class Promise:
    """One promise: what is promised, where it is written, how a check of it can fail, and what that
    check needs.
    """

    id: str
    area: str
    requirement: str
    source: str
    check: str
    upstream: str
    rig: str


class Promises(Mapping[str, Promise]):
    """The catalogue, by id, in the order of the file."""

    def __init__(self, promises: Iterable[Promise]) -> None:
        self._by_id = {promise.id: promise for promise in promises}

    @classmethod
    def load(cls, path: Path) -> Promises:
        """Read the catalogue. `UserError` when the file is not one, or has an id twice."""
        names = [field.name for field in fields(Promise)]
        seen: dict[str, Promise] = {}
        for number, row in enumerate(read_list(path), 1):
            missing = [
                name
                for name in names
                if not isinstance(row, dict) or not isinstance(row.get(name), str)
            ]
            if missing:
                raise UserError(
                    f"{path}: promise number {number} has no text under {', '.join(missing)}"
                )
            promise = Promise(**{name: row[name] for name in names})
            if promise.id in seen:
                raise UserError(f"{path}: the promise {promise.id} is there twice")
            seen[promise.id] = promise
        return cls(seen.values())

    def __getitem__(self, key: str) -> Promise:
        return self._by_id[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)


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
