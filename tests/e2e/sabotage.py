"""A pytest plugin for child runs: takes a part away, or works against the product, during a test.

What to do is in the environment, a JSON list of pairs: ``verb:object``, and the test's name, with
its parameters where it is one row of a table. ``["stop:wds1/transport-controller",
"test_a_workload_..."]`` makes the test run with that part stopped. ``wds/...`` stands for a part of
the module's own WDS. After each test the harness makes all parts run again; all else that a
sabotage does it takes back itself.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from kubestellar_conformance.platforms import ComponentHandle, Platform
from kubestellar_conformance.spaces import Space
from kubestellar_conformance.waiting import contracts
from tests.support import forgery

VARIABLE = "KS_TEST_SABOTAGE"
SOON = 12.0
"""Seconds of the contract ``recovery``: long enough for a part that runs."""


def _cases() -> list[tuple[str, str]]:
    return [(what, test) for what, test in json.loads(os.environ[VARIABLE])]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    name = metafunc.function.__name__
    wanted = [what for what, test in _cases() if test.partition("[")[0] == name]
    metafunc.parametrize("_sabotage", list(dict.fromkeys(wanted)), indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a table, the rows that are asked for."""
    kept = [item for item in items if _asked(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _asked(item: pytest.Item) -> bool:
    what = item.callspec.params["_sabotage"]  # type: ignore[attr-defined]
    for one, test in _cases():
        name, _, row = test.removesuffix("]").partition("[")
        id = f"{what}-{row}" if row else what
        if one == what and item.name == f"{name}[{id}]":
            return True
    return False


@pytest.fixture(autouse=True)
def _sabotage(
    request: pytest.FixtureRequest, platform: Platform, wds: Space, _surroundings: None
) -> Iterator[None]:
    verb, _, subject = request.param.partition(":")
    if subject.startswith("wds/"):
        subject = subject.replace("wds", wds.name, 1)
    contracts.change("recovery", SOON)
    with VERBS[verb](At(platform, wds, subject)):
        yield


@dataclass(frozen=True)
class At:
    """Where a sabotage is to happen: ``name`` is that of a part, or of a CRD's plural."""

    platform: Platform
    wds: Space
    name: str


@contextmanager
def _stop(at: At) -> Iterator[None]:
    at.platform.component(at.name).stop()
    yield


@contextmanager
def _pause(at: At) -> Iterator[None]:
    at.platform.component(at.name).pause()
    yield


@contextmanager
def _crash(at: At) -> Iterator[None]:
    identity = at.platform.component(at.name).identity()  # type: ignore[attr-defined]  # a process
    os.kill(identity[0], signal.SIGABRT)  # a Go program ends as after a fatal error
    yield


@contextmanager
def _never_start(at: At) -> Iterator[None]:
    """The part does not come back from an outage that the test makes."""
    handle = type(at.platform.component(at.name))
    start: Callable[..., None] = handle.start

    def unless(part: ComponentHandle, *, wait: bool = True) -> None:
        if part.name != at.name:
            start(part, wait=wait)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handle, "start", unless)
        yield


VERBS: dict[str, Callable[[At], AbstractContextManager[None]]] = {
    "stop": _stop,
    "pause": _pause,
    "crash": _crash,
    "never-start": _never_start,
    "admit-all": lambda at: forgery.admitting_all(at.wds, at.name),
    "stray-work": lambda at: forgery.stray_works(at.platform.system, at.wds),
    "other-report": lambda at: forgery.other_reports(at.platform.system),
}
