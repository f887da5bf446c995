"""Chooses scenarios by what they check: ``--ks-requirement``, ``--ks-area``, ``--ks-profile``,
``--ks-touched`` and ``--ks-known``. A test that any given option leaves out is deselected.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.plugin.promises import promises_of
from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.reporting.profiles import (
    TOUCHED,
    changed_paths,
    load_profiles,
    load_touched,
    touched_areas,
)
from kubestellar_conformance.reporting.promises import Promises

OPTIONS: Final = ("ks_requirement", "ks_area", "ks_profile", "ks_touched", "ks_known")
_KNOWN: Final = ("only", "without")
_CHOSEN = pytest.StashKey[frozenset[str] | None]()
"""The ids of the promises that are asked for; None: all."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kubestellar-choice", "KubeStellar conformance: choice of tests")

    def add(flag: str, metavar: str, about: str) -> None:
        group.addoption(flag, metavar=metavar, action="append", default=[], help=about)

    add("--ks-requirement", "ID", "only tests of this promise: an id, or 'BIND-*'; may be repeated")
    add("--ks-area", "AREA", "only tests of this area of the catalogue; may be repeated")
    add("--ks-profile", "NAME", "only tests of this profile of the catalogue; may be repeated")
    add(
        "--ks-touched",
        "PATH",
        "only tests of the areas that a change of this file or folder of KubeStellar may touch, or "
        "of the files in this diff of git; may be repeated",
    )
    group.addoption(
        "--ks-known",
        metavar="only|without",
        help="only tests with a known deviation, or all but them",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Check the options before anything starts."""
    run = run_of(config)
    if config.option.ks_known not in (None, *_KNOWN):
        raise pytest.UsageError(f"--ks-known {config.option.ks_known!r}: use {' or '.join(_KNOWN)}")
    try:
        config.stash[_CHOSEN] = _chosen(config.option, run, config.invocation_params.dir)
    except UserError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen, known = config.stash[_CHOSEN], config.option.ks_known
    if chosen is None and known is None:
        return
    run = run_of(config)
    kept = [item for item in items if _fits(item, run, chosen, known)]
    left = set(items) - set(kept)
    if left:
        config.hook.pytest_deselected(items=[item for item in items if item in left])
        items[:] = kept


def _fits(item: pytest.Item, run: Run, chosen: Collection[str] | None, known: str | None) -> bool:
    if chosen is not None and not any(name in chosen for name in promises_of(item)):
        return False
    return known is None or (run.known.of(item.nodeid) is not None) == (known == "only")


def _chosen(option: Any, run: Run, base: Path) -> frozenset[str] | None:
    """The promises that every given option asks for."""
    sets = [
        names
        for flag, choose in (
            ("ks_requirement", _by_id),
            ("ks_area", _by_area),
            ("ks_profile", _by_profile),
        )
        if (given := getattr(option, flag))
        for names in [choose(given, run)]
    ]
    if option.ks_touched:
        sets.append(_by_path(option.ks_touched, run, base))
    return frozenset.intersection(*sets) if sets else None


def _by_id(patterns: Iterable[str], run: Run) -> frozenset[str]:
    return frozenset(name for pattern in patterns for name in _of_pattern(pattern, run.promises))


def _of_pattern(pattern: str, promises: Promises) -> Iterator[str]:
    found = [name for name in promises if fnmatchcase(name, pattern)]
    if not found:
        why = promises.lacks(pattern) if pattern in promises.retired else None
        raise UserError(
            f"--ks-requirement {pattern!r}: "
            + (why or f"no promise has an id like this{_closest(pattern, promises)}")
        )
    yield from found


def _by_area(names: Iterable[str], run: Run) -> frozenset[str]:
    areas = _areas(run.promises)
    for name in names:
        _demand("--ks-area", name, areas)
    return _in_areas(names, run.promises)


def _by_profile(names: Iterable[str], run: Run) -> frozenset[str]:
    profiles = load_profiles(run.catalogue, _areas(run.promises))
    for name in names:
        _demand("--ks-profile", name, profiles)
    return _in_areas([area for name in names for area in profiles[name].areas], run.promises)


def _by_path(given: Iterable[str], run: Run, base: Path) -> frozenset[str]:
    areas = _areas(run.promises)
    table = load_touched(run.catalogue, areas)
    if not table:
        raise UserError(f"--ks-touched: this suite has no {TOUCHED}.yaml in its catalogue")
    paths = [path for text in given for path in _paths(text, base)]
    found = _in_areas(touched_areas(paths, table, areas), run.promises)
    if not found:
        raise UserError(f"--ks-touched {', '.join(given)}: touches no area of the catalogue")
    return found


def _paths(text: str, base: Path) -> list[str]:
    """The changed files of a diff; else the path itself."""
    try:
        content = (base / text).read_text(encoding="utf-8", errors="replace")
    except OSError:
        content = ""  # not a file here, so a path of KubeStellar's
    return changed_paths(content) or [text.removeprefix("./").strip("/")]


def _areas(promises: Promises) -> list[str]:
    return list(dict.fromkeys(promise.area for promise in promises.values()))


def _in_areas(areas: Iterable[str], promises: Promises) -> frozenset[str]:
    asked = set(areas)
    return frozenset(promise.id for promise in promises.values() if promise.area in asked)


def _demand(flag: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        others = ", ".join(known) or "this suite has none"
        raise UserError(f"{flag} {name!r}: unknown{_closest(name, known)} (known: {others})")


def _closest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f": did you mean {near[0]!r}?" if near else ""
