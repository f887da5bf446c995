"""Decides, by the fixtures of the tests to run, how much of the platform they need.

A test needs less than everything only if nothing that it uses could reach the rest: in doubt
everything starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from kubestellar_conformance.platforms import Extent
from kubestellar_conformance.story.fleets import FIXTURE as FLEET
from kubestellar_conformance.story.needs import API_SERVER_ALONE
from kubestellar_conformance.story.topologies import OWN_WDS

_SPACES = "kubestellar_conformance.fixtures.spaces"
_OWN = ("kubestellar_conformance.fixtures.", "kubestellar_conformance.plugin.")
_PYTESTS = "_pytest."
_INNER = {
    "platform",
    "system",
    "_surroundings",
    "_own_fleets",
    "_module_needs_capabilities",
    "_needs_capabilities",
}
"""Own fixtures that are part of every test and can reach everything. They do so only for a test, or
a fixture of its suite, that asks for one itself.
"""
_REACHING = {"request", *_INNER}
_OF_THE_WDS = {*_INNER, "wds", "make", "names"}
_OF_THE_REST = {
    *_OF_THE_WDS,
    "host",
    "its",
    "widget",
    "controller_manager",
    "transport_controller",
    "fleets",
    FLEET,
}
"""Own fixtures that touch no WEC."""


def extent_of(items: Iterable[pytest.Item]) -> Extent:
    """The least that has to run for all these tests."""
    found = {_extent(item) for item in items}
    if Extent.ALL in found or not found:
        return Extent.ALL
    return Extent.WDS_ALONE if found == {Extent.WDS_ALONE} else Extent.NO_WECS


def uses_platform(item: pytest.Item) -> bool:
    """Whether the test uses the run's platform, not another fixture of the same name."""
    found = _fixtures(item).get("platform", ())
    return bool(found) and found[-1].func.__module__ == _SPACES


def _extent(item: pytest.Item) -> Extent:
    if not isinstance(item, pytest.Function) or not uses_platform(item):
        return Extent.ALL
    if item.get_closest_marker("exclusive") or _REACHING & {*item._fixtureinfo.argnames}:
        return Extent.ALL
    fixtures = _fixtures(item)
    if not all(_is_known(name, each) for name, found in fixtures.items() for each in found):
        return Extent.ALL
    marked = item.get_closest_marker(API_SERVER_ALONE) and not item.get_closest_marker(OWN_WDS)
    own = {name for name, found in fixtures.items() if _is_own(found[-1])}
    if marked and own <= _OF_THE_WDS:
        return Extent.WDS_ALONE
    # A marker, which `stays` sends, goes to a WEC: without the real ones to those of the fleet.
    return Extent.NO_WECS if FLEET in own else Extent.ALL


def _fixtures(item: pytest.Item) -> Mapping[str, Sequence[pytest.FixtureDef[Any]]]:
    return getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})


def _is_own(fixture: pytest.FixtureDef[Any]) -> bool:
    return fixture.func.__module__.startswith(_OWN)


def _is_known(name: str, fixture: pytest.FixtureDef[Any]) -> bool:
    """Whether the fixture cannot reach a WEC but through other fixtures of the test."""
    if _is_own(fixture):
        return name in _OF_THE_REST
    if fixture.func.__module__.startswith(_PYTESTS):
        return True  # values of a table, a temporary folder
    return not _REACHING & {*fixture.argnames}
