"""The catalogue of KubeStellar's promises (a YAML file per area), and the state of each promise in
a run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from kubestellar_conformance.capabilities import NAMES, Capability
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.profiles import PROFILES, TOUCHED, load_profiles
from kubestellar_conformance.reporting.verdicts import Verdict
from kubestellar_conformance.reporting.yamlfile import Row, read_rows

PromiseState = Literal[
    "holds", "does not hold", "not supported", "broken", "not run", "no check yet"
]
"""``not run``: the suite has a check of the promise, and this run left it out. ``no check yet``:
the suite has none. ``not supported``: the platform lacks a capability that its checks need, or that
a check would need, as the catalogue says.
"""

RIGS: Final = ("A", "C", "W", "S", "H", "helm", "shell", "host", "-")
"""The rigs that checks need; the README beside the catalogue explains them."""
_FIELDS: Final = ("id", "requirement", "source", "check", "upstream", "rig")
_NEEDS, _REASON = "needs", "reason"
"""Fields of a promise without a check."""
_RETIRED, _SOURCES, UPSTREAM = "retired", "sources", "upstream"
_NOT_AREAS: Final = (_RETIRED, _SOURCES, UPSTREAM, PROFILES, TOUCHED)
"""Files of the folder that are not areas."""
_CODES: Final = re.compile(r"(none|(\(X\)|X)(, (\(X\)|X))*)(: .+)?".replace("X", "[A-Z][A-Z0-9-]*"))
_ID: Final = re.compile(r"[A-Z]+(-[A-Z0-9]+)+")


@dataclass(frozen=True)
class Promise:
    """One promise: its text, its source, how a check of it can fail, and the rig that the check
    needs. ``area`` is the name of the file that lists it.

    ``needs``: of a promise without a check, the capabilities that a check would need, and
    ``reason``, why it would need them. Both are empty for other promises. ``profile``: the profile
    of its area; empty in a suite without profiles.
    """

    id: str
    area: str
    requirement: str
    source: str
    check: str
    upstream: str
    rig: str
    needs: tuple[Capability, ...] = ()
    reason: str = ""
    profile: str = ""

    def not_supported_by(self, platform: str, capabilities: Container[str]) -> str | None:
        """Why the platform with these capabilities offers no check; None if it could, and for a
        promise that names no needs.
        """
        if missing := [one for one in self.needs if one not in capabilities]:
            names = ", ".join(missing)
            return f"platform {platform} lacks the capability {names}: {self.reason}"
        return None


class Promises(Mapping[str, Promise]):
    """The catalogue, by id: areas by name, within an area in the order of its file. ``retired``: by
    retired id, the reason. ``sources``: by code in a promise's source, the page, or the file of
    KubeStellar's module, that it stands for.
    """

    def __init__(
        self,
        promises: Iterable[Promise],
        retired: Mapping[str, str] = MappingProxyType({}),
        sources: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._by_id = {promise.id: promise for promise in promises}
        self.retired, self.sources = dict(retired), dict(sources)

    @classmethod
    def load(cls, folder: Path) -> Promises:
        """Read ``<area>.yaml`` for every area, ``retired.yaml``, ``sources.yaml`` and
        ``profiles.yaml``.

        Raises a one-line `UserError`, with file and line, for a bad row and for a duplicate id.
        """
        if not folder.is_dir():
            raise UserError(f"{folder}: is not a folder: the catalogue is a YAML file per area")
        seen: dict[str, str] = {}
        found: list[Promise] = []
        sources = dict(_pairs(folder / f"{_SOURCES}.yaml", "code", "page", seen))
        for path in sorted(folder.glob("*.yaml")):
            if path.stem not in _NOT_AREAS:
                for row in read_rows(path):
                    found.append(_promise(path.stem, row, sources))
                    _once(found[-1].id, row, seen)
        retired = dict(_pairs(folder / f"{_RETIRED}.yaml", "id", "why", seen))
        profiles = load_profiles(folder, {promise.area for promise in found})
        of_area = {area: one.name for one in profiles.values() for area in one.areas}
        placed = (replace(one, profile=of_area.get(one.area, "")) for one in found)
        return cls(placed, retired, sources)

    def lacks(self, name: str) -> str | None:
        """Why no test may name this promise; None if the catalogue has it."""
        if name in self:
            return None
        if name in self.retired:
            return f"the promise {name} is retired: {self.retired[name]}"
        return f"unknown promise {name!r}: the catalogue does not list it"

    def declared_without_need(self, checked: Mapping[str, Collection[str]]) -> str | None:
        """The first fault among these: a promise that names what a check would need, although the
        suite has one. ``checked``: by promise, the tests that name it.
        """
        for promise in self.values():
            if promise.needs and (tests := [*checked.get(promise.id, ())]):
                return (
                    f"{tests[0]}: checks {promise.id}: remove {_NEEDS!r} and {_REASON!r} of the "
                    f"promise in {promise.area}.yaml, which are for promises without a check"
                )
        return None

    def __getitem__(self, key: str) -> Promise:
        return self._by_id[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)


def _promise(area: str, row: Row, sources: Mapping[str, str]) -> Promise:
    row.only({*_FIELDS, _NEEDS, _REASON})
    texts = {name: row.text(name) for name in _FIELDS}
    if not _ID.fullmatch(texts["id"]):
        raise UserError(f"{row.where}: {texts['id']!r} is not an id such as BIND-01")
    if unknown := [rig for rig in texts["rig"].split("/") if rig not in RIGS]:
        raise UserError(
            f"{row.where}: {texts['id']}: unknown rig {unknown[0]!r}: use {', '.join(RIGS)}, or "
            "two with a slash"
        )
    if not _CODES.fullmatch(texts["upstream"]):
        raise UserError(
            f"{row.where}: {texts['id']}: upstream {texts['upstream']!r} is neither 'none' nor "
            "codes such as 'G03, (I-MATCH): remark'"
        )
    for part in texts["source"].split("; ") if sources else ():
        if split_source(part)[0] not in sources:
            raise UserError(
                f"{row.where}: {texts['id']}: the source {part!r} does not begin with a code of "
                f"{_SOURCES}.yaml"
            )
    needs = _needs(row, texts["id"])
    return Promise(area=area, **texts, needs=needs, reason=row.text(_REASON) if needs else "")


def _needs(row: Row, name: str) -> tuple[Capability, ...]:
    if _NEEDS not in row.fields:
        if _REASON in row.fields:
            raise UserError(f"{row.where}: {name}: {_REASON!r} stands beside {_NEEDS!r} only")
        return ()
    needs = row.texts(_NEEDS)
    if unknown := [one for one in needs if one not in NAMES]:
        raise UserError(
            f"{row.where}: {name}: unknown capability {unknown[0]!r}: use one of {', '.join(NAMES)}"
        )
    return tuple(Capability(one) for one in needs)


def split_source(part: str) -> tuple[str, str]:
    """The code that a source begins with, and the rest."""
    end = next(
        (n for n, letter in enumerate(part) if not (letter.isalnum() or letter == "-")), None
    )
    return (part, "") if end is None else (part[:end], part[end:])


def _pairs(path: Path, key: str, value: str, seen: dict[str, str]) -> Iterator[tuple[str, str]]:
    for row in read_rows(path) if path.is_file() else ():
        row.only({key, value})
        _once(row.text(key), row, seen)
        yield row.text(key), row.text(value)


def _once(name: str, row: Row, seen: dict[str, str]) -> None:
    if name in seen:
        raise UserError(f"{row.where}: duplicate {name}: {seen[name]} has it")
    seen[name] = row.where


def judge(
    promises: Promises,
    checks: Mapping[str, Iterable[tuple[str, Verdict, str]]],
    checked: Container[str] = (),
    platform: tuple[str, Container[str]] | None = None,
) -> list[dict[str, Any]]:
    """The state of each promise in a run, from the (test, verdict, message) of the checks that name
    it. ``checked``: the promises that any test of the suite names. ``platform``: name and
    capabilities of the run's platform; None if it did not start.

    A promise holds only if every check that names it conforms; a check without a judgement leaves
    it open. ``known``: whether known deviations alone break it.
    """
    rows = []
    for promise in promises.values():
        row = {
            "id": promise.id,
            "area": promise.area,
            "profile": promise.profile,
            "rig": promise.rig,
            "requirement": promise.requirement,
        }
        lacks = promise.not_supported_by(*platform) if platform else None
        checks_of = checks.get(promise.id, ())
        rows.append(judged(row, checks_of, checked=promise.id in checked, lacks=lacks))
    return rows


def judged(
    row: Mapping[str, Any],
    checks: Iterable[tuple[str, Verdict, str]],
    *,
    checked: bool,
    lacks: str | None = None,
) -> dict[str, Any]:
    """The row of one promise with its state by these checks, whatever state it had. ``lacks``: why
    the platform offers no check, of a promise that has none.
    """
    done = list(checks)
    state, why = _state(done, checked=checked)
    if state == "no check yet" and lacks is not None:
        state, why = "not supported", lacks
    return {
        **row,
        "state": state,
        "known": state == "does not hold" and Verdict.DEVIATES not in _verdicts(done),
        "why": why,
        "tests": [test for test, _, _ in done],
    }


_OPEN: Final[dict[Verdict, PromiseState]] = {
    Verdict.BROKEN: "broken",
    Verdict.NOT_RUN: "not run",
    Verdict.NOT_SUPPORTED: "not supported",
}
"""Verdicts that leave a promise open; the first of them that any check has is the promise's
state.
"""


def _state(done: list[tuple[str, Verdict, str]], *, checked: bool) -> tuple[PromiseState, str]:
    against = [row for row in done if row[1] in (Verdict.DEVIATES, Verdict.KNOWN)]
    if against:
        return "does not hold", "; ".join(f"{verdict}: {test}" for test, verdict, _ in against)
    if left_open := [row for row in done if row[1] in _OPEN]:
        state = next(word for verdict, word in _OPEN.items() if verdict in _verdicts(left_open))
        return state, "; ".join(
            f"{verdict}: {test}{_first_line(message)}" for test, verdict, message in left_open
        )
    if done:
        return "holds", f"{len(done)} of {len(done)} checks conform"
    if checked:
        return "not run", "its checks were not part of this run"
    return "no check yet", "no test of the suite names it"


def is_declared(row: Mapping[str, Any]) -> bool:
    """Whether a judged promise is not supported by the catalogue's word: no test judges it."""
    return row["state"] == "not supported" and not row.get("tests")


def _verdicts(rows: Iterable[tuple[str, Verdict, str]]) -> set[Verdict]:
    return {verdict for _, verdict, _ in rows}


def _first_line(message: str) -> str:
    lines = message.strip().splitlines()
    return f" ({lines[0]})" if lines else ""
