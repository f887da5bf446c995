"""What is around every test that uses the platform: alone if it must be, its parts watched, its
objects removed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import pytest

from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.platforms import Platform
from kubestellar_conformance.plugin.applied import Applied, noting
from kubestellar_conformance.plugin.evidence import evidence_of
from kubestellar_conformance.plugin.lifecycle import uses_platform
from kubestellar_conformance.plugin.parts import restore
from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.plugin.timeline import following
from kubestellar_conformance.plugin.turns import taking_part
from kubestellar_conformance.plugin.verdicts import failed_before
from kubestellar_conformance.plugin.waits import to_dict, told_waits
from kubestellar_conformance.reporting.scrub import Scrubber
from kubestellar_conformance.reporting.verdicts import of_exception, worst

_REPAIR = "repair"


@pytest.fixture(autouse=True)
def _surroundings(request: pytest.FixtureRequest) -> Iterator[None]:
    """For tests that use the platform; the others are left alone."""
    run, item = run_of(request.config), request.node
    if not uses_platform(item):
        yield
        return
    platform: Platform = request.getfixturevalue("platform")
    exclusive = item.get_closest_marker("exclusive") is not None
    system = platform.system
    with ExitStack() as stack:
        stack.enter_context(taking_part(run, alone=exclusive))
        platform.crash_reports.settle()
        applied = stack.enter_context(noting(system, run.scrubber.learn))
        timeline = stack.enter_context(following(system, applied))
        waits = stack.enter_context(told_waits(system))
        yield
        try:
            if not run.interrupted:
                _afterwards(run, platform, applied, failed=failed_before(item))
        finally:
            evidence = evidence_of(item)
            if evidence is not None:
                evidence.applied, evidence.timeline = applied.to_list(), timeline.to_list()
                evidence.waits = [to_dict(wait) for wait in waits]


def _afterwards(run: Run, platform: Platform, applied: Applied, *, failed: bool) -> None:
    """Report parts that crashed, make all run, remove what was applied. All of it is tried whatever
    fails.
    """

    def crashed() -> None:
        error = platform.crash_reports.news()
        if error is not None:
            raise error

    def withdrawn() -> None:
        # A failed test has its verdict; its names are its own, so what is slow to go is in nobody's
        # way.
        if not failed:
            applied.until_withdrawn(platform.system)

    with run.folder.locked(
        _REPAIR
    ):  # two tests that share the platform may find the same part stopped
        # In the lock: a part that crashes while this waits for it would be restarted unreported.
        tried = [_tried(crashed), _tried(partial(restore, platform))]
    tried += map(_tried, (applied.delete, withdrawn, crashed))
    errors = [error for error in tried if error is not None]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        verdict = worst(of_exception(error, "teardown") for error in errors)
        text = "\n".join(f"{error}" for error in errors)
        raise (Deviation if verdict is of_exception(Deviation(), "teardown") else Broken)(
            text
        ) from errors[0]


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Innermost: what a fixture raises, also at its end, is clean before Allure reads it."""
    scrubber = run_of(request.config).scrubber
    try:
        with _scrubbed(scrubber):
            return (yield)
    finally:
        own = fixturedef._finalizers  # Allure does the same after this
        own[:] = [_scrubbed(scrubber)(finalizer) for finalizer in own]


@contextmanager
def _scrubbed(scrubber: Scrubber) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        scrubber.exception(error)
        raise


def _tried(action: Callable[[], None]) -> Exception | None:
    try:
        action()
    except Exception as error:
        return error
    return None
