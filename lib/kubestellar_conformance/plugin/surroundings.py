"""Surrounds every test that uses the platform: gives it the platform alone if it must have it,
watches the parts, and undoes the test's writes.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import pytest

from kubestellar_conformance.fleet import Fleet
from kubestellar_conformance.platforms import Platform
from kubestellar_conformance.plugin.evidence import evidence_of
from kubestellar_conformance.plugin.extent import uses_platform
from kubestellar_conformance.plugin.own_wds import has_platform_alone
from kubestellar_conformance.plugin.parts import any_changed, restore
from kubestellar_conformance.plugin.run import Run, run_of
from kubestellar_conformance.plugin.timeline import following
from kubestellar_conformance.plugin.tried import raise_all, tried
from kubestellar_conformance.plugin.turns import taking_part, turn
from kubestellar_conformance.plugin.undo import Touched, is_changed_cluster, not_its_own, take_back
from kubestellar_conformance.plugin.verdicts import failed_before
from kubestellar_conformance.plugin.waits import to_dict, told_waits
from kubestellar_conformance.plugin.withdrawal import (
    remove_left_works,
    until_followed,
    until_withdrawn,
)
from kubestellar_conformance.plugin.writes import Writes, noting
from kubestellar_conformance.reporting.scrub import Scrubber
from kubestellar_conformance.story.names import suffix_of
from kubestellar_conformance.story.topologies import OWN_WDS

_REPAIR = "repair"


@pytest.fixture
def _own_fleets(request: pytest.FixtureRequest) -> Iterator[list[Fleet]]:
    """The virtual WECs that the test has made. They are removed after its writes are undone, since
    a mailbox can only go after the ManifestWorks in it.
    """
    made: list[Fleet] = []
    yield made
    for fleet in made:
        request.getfixturevalue("fleets").retire(fleet)


@pytest.fixture(autouse=True)
def _surroundings(request: pytest.FixtureRequest, _own_fleets: list[Fleet]) -> Iterator[None]:
    """Surround the test if it uses the platform."""
    run, item = run_of(request.config), request.node
    if not uses_platform(item):
        yield
        return
    platform: Platform = request.getfixturevalue("platform")
    alone = has_platform_alone(item, platform)
    system, writes = platform.system, Writes(run.scrubber.learn)
    with ExitStack() as stack:
        stack.enter_context(taking_part(run, alone=alone))
        platform.crash_reports.settle()
        timeline = stack.enter_context(following(system, writes))
        waits = stack.enter_context(told_waits(system))
        with noting(system, writes):
            yield
        try:
            if not run.interrupted:
                _afterwards(run, platform, writes, failed=failed_before(item))
            elif platform.reused:
                _as_it_was(platform, writes)
        finally:
            evidence = evidence_of(item)
            if evidence is not None:
                evidence.writes, evidence.timeline = writes.to_list(), timeline.to_list()
                evidence.timeline_left_out = timeline.left_out
                evidence.waits = [to_dict(wait) for wait in waits]
                if not alone and item.get_closest_marker(OWN_WDS) is None:
                    suffix = suffix_of(run.id, run.worker or "", item.nodeid)
                    evidence.shared_names = not_its_own(writes.touched(), suffix)


def _as_it_was(platform: Platform, writes: Writes) -> None:
    """After an interrupt undo what the next run would find on this platform, and wait for nothing
    else.
    """
    touched = _touched(platform, writes)
    raise_all(map(tried, (partial(restore, platform), partial(take_back, touched))))


def _touched(platform: Platform, writes: Writes) -> list[Touched]:
    """The objects that the test wrote. A space that it has removed took its objects with it."""
    return [one for one in writes.touched() if one.space.name in platform.system]


def _afterwards(run: Run, platform: Platform, writes: Writes, *, failed: bool) -> None:
    """Report parts that crashed, make all parts run, undo the writes. Each is tried even if another
    fails.
    """
    touched = _touched(platform, writes)

    def crashed() -> None:
        error = platform.crash_reports.news()
        if error is not None:
            raise error

    def withdrawn() -> None:
        # A failed test has its verdict. Its names are its own, so objects that are slow to go
        # disturb no other test.
        if failed:
            remove_left_works(platform.system, touched)
        else:
            until_withdrawn(platform.system, touched)

    with turn(run, _REPAIR):  # two tests may find the same part stopped
        # Inside the lock: a part that crashed while this waited for the lock would otherwise be
        # restarted unreported.
        errors = [
            tried(step)
            for step in (crashed, platform.deadlocks.end, partial(restore, platform, flags=False))
        ]

    def with_own_flags() -> None:
        # A transport controller that gets its own bundle size back wraps all objects anew. If they
        # are withdrawn meanwhile, a WEC's garbage collector and its agent can each remove one of
        # an object's two owner references, and nobody deletes the object.
        if any_changed(platform):
            with turn(run, _REPAIR):
                restore(platform)

    def without_deadlocks() -> None:
        if platform.deadlocks.any():
            with turn(run, _REPAIR):
                platform.deadlocks.end()

    clusters: list[Touched] = []
    others: list[Touched] = []
    for one in touched:
        (clusters if is_changed_cluster(one) else others).append(one)
    steps = (
        partial(until_followed, touched),
        partial(take_back, others),
        withdrawn,
        partial(take_back, clusters),
        without_deadlocks,
        with_own_flags,
        crashed,
    )
    errors += [tried(step) for step in steps]
    raise_all(errors)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Innermost: exceptions of a fixture, also of its teardown, lose their credentials before
    Allure reads them.
    """
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
