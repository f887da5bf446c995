"""Finds an author's mistakes before anything starts: names that are not in their closed set, and
marks used wrongly.

Each is one line that names the test, or the file and line, and lists the valid names.
"""

from __future__ import annotations

import ast
import functools
import os
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from kubestellar_conformance.capabilities import NAMES, Capability
from kubestellar_conformance.plugin.capabilities import required_by
from kubestellar_conformance.plugin.run import scenario_folder, worker_input
from kubestellar_conformance.reporting.marks import undeclared_marks
from kubestellar_conformance.story.needs import API_SERVER_ALONE
from kubestellar_conformance.story.topologies import OF_ITS_OWN, OWN_WDS, TOPOLOGIES
from kubestellar_conformance.waiting import contracts

_STOPPING = {Capability.STOP_COMPONENTS.value, Capability.PAUSE_COMPONENTS.value}
_OF_PLUGINS = ("allure_", "tryfirst", "trylast")
"""Marks that no author of a scenario means."""
_CATALOGUE = "promises/*.yaml"
"""Below a folder that is a suite."""
_CONTRACT_ARGUMENTS = ("within", "quiet")


def first_mistake(items: Iterable[pytest.Item]) -> str | None:
    """The fault of the first test that uses an unknown name, or a mark wrongly."""
    for item in items:
        for wrong in (*_marks(item), *_of_file(item)):
            return wrong
    return None


def unknown_mark(config: pytest.Config) -> str | None:
    """The first mark in the suite that nobody has declared. Called when all plugins have declared
    theirs.
    """
    suite = scenario_folder(config)
    if not suite.is_dir():
        return None
    declared = {re.split(r"[(:]", line)[0].strip() for line in config.getini("markers")}
    for mark in undeclared_marks(suite, config.rootpath, declared):
        usual = sorted(name for name in declared if not name.startswith(_OF_PLUGINS))
        return _unknown(mark.where, "mark", mark.name, usual)
    return None


def another_suite(config: pytest.Config) -> str | None:
    """The fault of a path to run that belongs to a suite other than the root folder's, whose known
    deviations, fixtures and catalogue would not apply.
    """
    if config.option.pyargs:
        return None
    for arg in map(str, config.args):
        given = config.invocation_params.dir / arg.partition("::")[0]
        path = Path(os.path.realpath(given))
        if not os.path.exists(path):  # pytest says so
            continue
        folders = (folder for folder in (path, *path.parents) if any(folder.glob(_CATALOGUE)))
        suite = next(folders, None)
        if suite is not None and suite != scenario_folder(config).resolve():
            return (
                f"{arg} belongs to the suite {suite}, and the root folder {config.rootpath} has "
                f"another or none: leave out -c and --rootdir, or give --rootdir={suite.parent}"
            )
    return None


def path_apart(config: pytest.Config) -> str | None:
    """The fault of a path that follows its option as an argument of its own and lies outside the
    root folder.

    pytest looks for its root folder before it knows the options of plugins, so it takes such a path
    for one of the tests to run: the root folder becomes a parent of both, without its settings. The
    folder of a run exists only once pytest-xdist starts workers, which then have another root
    folder than their controller.
    """
    called, ini = config.invocation_params.dir, config.inipath
    if config.option.inifilename or config.option.rootdir or worker_input(config):
        return None
    root = ini.parent if ini and called.is_relative_to(ini.parent) else called
    for option, value in pairwise(map(str, config.invocation_params.args)):
        if not re.fullmatch(r"--ks-[a-z-]+", option) or value.startswith("-"):
            continue
        path = Path(os.path.abspath(called / value))
        if (os.sep in value or path.exists()) and not path.is_relative_to(root):
            return (
                f"{option} {value}: pytest takes a path outside the root folder for one of the "
                f"tests to run: write {option}={value}"
            )
    return None


def _marks(item: pytest.Item) -> Iterator[str]:
    for name in required_by(item):
        if name not in NAMES:
            yield _unknown(item.nodeid, "capability", name, NAMES)
    for mark in item.iter_markers():
        wrong = None
        if mark.name in ("exclusive", OWN_WDS, API_SERVER_ALONE) and (mark.args or mark.kwargs):
            wrong = "takes no arguments"
        elif mark.name in ("capability", "promises"):
            texts = all(isinstance(name, str) for name in mark.args)
            if not mark.args or mark.kwargs or not texts:
                wrong = "takes one or more names"
        if wrong is not None:
            yield f"{item.nodeid}: the mark {mark.name} {wrong}"
    yield from _sharing(item)
    topology = _topology(item)
    if topology is not None and topology not in TOPOLOGIES:
        yield _unknown(item.nodeid, "topology", str(topology), TOPOLOGIES)


def _sharing(item: pytest.Item) -> Iterator[str]:
    """The faults of a test that stops or pauses parts which other tests may use."""
    own, alone = (item.get_closest_marker(name) for name in (OWN_WDS, "exclusive"))
    module = item.getparent(pytest.Module)
    if own and (module is None or module.get_closest_marker(OWN_WDS) is None):
        yield f"{item.nodeid}: own_wds applies to a whole module: write pytestmark = own_wds"
    if own and alone:
        yield f"{item.nodeid}: is exclusive, but its module has a WDS of its own: choose one"
    stops = _STOPPING & {*required_by(item)}
    if stops and not own and not alone and _topology(item) != OF_ITS_OWN:
        yield (
            f"{item.nodeid}: needs {', '.join(sorted(stops))} for parts that other tests use: "
            f"write pytestmark = own_wds, on_topologies({OF_ITS_OWN!r}), or mark it exclusive"
        )


def _topology(item: pytest.Item) -> str | None:
    row = getattr(item, "callspec", None)
    return row.params.get("arrangement") if row is not None else None


def _unknown(where: str, what: str, name: str, known: Iterable[str]) -> str:
    return f"{where}: unknown {what} {name!r}: use one of {', '.join(known)}"


def _of_file(item: pytest.Item) -> tuple[str, ...]:
    is_python = isinstance(item, pytest.Function)  # not so a doctest's
    return _contracts(item.path, item.nodeid.partition("::")[0]) if is_python else ()


@functools.cache
def _contracts(path: Path, name: str) -> tuple[str, ...]:
    """The unknown time contracts that a file names, one line per use."""
    known = [contract.name for contract in contracts]
    return tuple(
        _unknown(f"{name}:{value.lineno}", "time contract", value.value, known)
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in _CONTRACT_ARGUMENTS
        and isinstance(value := keyword.value, ast.Constant)
        and isinstance(value.value, str)
        and value.value not in known
    )
