"""Topologies other than the documented one, added to the running platform and removed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pytest

from kubestellar_conformance.conditions import none_of
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.platforms import Platform
from kubestellar_conformance.platforms.common.labels import labels_of
from kubestellar_conformance.spaces import Obj, Space, Spaces, System
from kubestellar_conformance.spaces.refs import MANIFEST_WORK, ORIGIN_WDS_LABEL
from kubestellar_conformance.story.documented import Labels


@dataclass(frozen=True)
class Arrangement:
    """One WDS, its ITS, the WECs registered there, and the labels that select exactly these
    WECs.
    """

    its: Space
    wds: Space
    wecs: Spaces
    clusters: list[Labels]


class TopologyBuilder:
    """Makes arrangements on a platform. The spaces that it adds have names of its own."""

    def __init__(self, platform: Platform, suffix: str) -> None:
        self._platform, self._suffix = platform, suffix
        self.added: list[str] = []

    @property
    def system(self) -> System:
        return self._platform.system

    def name(self, stem: str) -> str:
        return f"{stem}-{self._suffix}"

    def its(self, stem: str, *, hosted: bool = False) -> Space:
        self.added.insert(0, self.name(stem))
        return self._platform.add_its(self.name(stem), hosted=hosted)

    def wds(
        self, stem: str, its: Space, *, hosted: bool = False, from_core_chart: bool = False
    ) -> Space:
        self.added.insert(0, self.name(stem))
        return self._platform.add_wds(
            self.name(stem), its=its.name, hosted=hosted, from_core_chart=from_core_chart
        )

    def wec(self, stem: str, its: Space) -> Space:
        self.added.insert(0, self.name(stem))
        return self._platform.add_wec(self.name(stem), its=its.name)

    def take_away(self, *, at_once: bool = False) -> None:
        """Remove the added spaces, the latest first, so that none goes while another needs it.
        ``at_once``: without waiting until KubeStellar has withdrawn what it delivered. When one
        removal fails, the others are made all the same.
        """
        problems: list[BaseException] = []
        while self.added:
            try:
                self._remove(self.added.pop(0), at_once=at_once)
            except (KeyboardInterrupt, SystemExit):
                raise  # the platform as a whole goes
            except BaseException as problem:  # also what ends a test after its limit of time
                problems.append(problem)
        if problems:
            raise problems[0]

    def _remove(self, name: str, *, at_once: bool) -> None:
        if name in self.system:
            try:
                if self.system[name].role == "wds" and not at_once:
                    _empty(self.system, self.system[name])
            finally:
                self._platform.remove(name)

    def documented(self, **changes: Space | Spaces | list[Labels]) -> Arrangement:
        """Getting Started's arrangement, with these parts replaced."""
        both = [labels_of(self._platform.variables()["label_query_both"])]
        system = self.system
        wecs = Spaces([system.wec1, system.wec2])
        return replace(Arrangement(system.its, system.wds, wecs, both), **changes)  # type: ignore[arg-type]

    def of_its_own(self, *, its_hosted: bool = False, wds_hosted: bool = False) -> Arrangement:
        """A further ITS with one WEC, and a WDS on it."""
        its = self.its("its", hosted=its_hosted)
        wec = self.wec("cluster", its)
        return self.documented(
            its=its,
            wds=self.wds("wds", its, hosted=wds_hosted),
            wecs=Spaces([wec]),
            clusters=[{"name": wec.name}],
        )

    def three_wecs(self) -> Arrangement:
        """A third WEC beside the two."""
        third, both = self.wec("cluster", self.system.its), self.documented()
        return self.documented(
            wecs=Spaces([*both.wecs, third]), clusters=[*both.clusters, {"name": third.name}]
        )


def _empty(system: System, wds: Space) -> None:
    """Wait until the ITS has no ManifestWork from a WDS that is about to go, since nobody would
    withdraw it later. What a test has left is removed by hand.
    """
    if system.waits is not None:
        system.waits.forget(wds.name)
    its = system.hub_of(wds)

    def from_it(work: Obj) -> bool:
        return (work["metadata"].get("labels") or {}).get(ORIGIN_WDS_LABEL) == wds.name

    try:
        called = f"ManifestWork of {wds.name}"
        its.eventually(none_of(MANIFEST_WORK, from_it, called), within="withdrawal")
    except Deviation:
        left = its.watch(MANIFEST_WORK).objects(where=from_it)
        if not left:
            raise  # another cause: a part that crashed
        its.delete(*left)


OF_ITS_OWN = "two-itses"
"""The topology whose ITS, WDS and WEC are all its own, so that their parts may be stopped beside
other tests.
"""
TOPOLOGIES: dict[str, Callable[[TopologyBuilder], Arrangement]] = {
    "as-documented": lambda builder: builder.documented(),
    "two-wdses-on-one-its": lambda builder: builder.documented(
        wds=builder.wds("wds", builder.system.its)
    ),
    "wds-is-the-hosting-cluster": lambda b: b.documented(
        wds=b.wds("wds", b.system.its, hosted=True)
    ),
    OF_ITS_OWN: lambda builder: builder.of_its_own(),
    "its-is-the-hosting-cluster": lambda builder: builder.of_its_own(its_hosted=True),
    "its-and-wds-are-the-hosting-cluster": lambda builder: builder.of_its_own(
        its_hosted=True, wds_hosted=True
    ),
    "three-wecs": lambda builder: builder.three_wecs(),
}


OWN_WDS = "own_wds"
own_wds = pytest.mark.own_wds
"""``pytestmark = own_wds``: the module's tests have a WDS to themselves, on the platform's ITS,
made for the module. ``wds``, ``controller_manager``, ``transport_controller`` and the rest speak of
it. So its controllers may be stopped, or restarted with other flags, beside other tests."""
HOSTING_CLUSTER = "hosting-cluster"
"""In the names of the topologies that use it: two WDSes on one API server would undo each other's
Bindings.
"""
_OTHERS = [name for name in TOPOLOGIES if name != "as-documented"]


def on_topologies(*names: str, promises: Mapping[str, str] | None = None) -> pytest.MarkDecorator:
    """The test runs once on each of these topologies, given to it as ``arrangement``.

    When none is named: on all but the documented one, on which the other scenarios run.
    ``promises``: the promise that the test checks on one topology beside those of the test, by the
    topology's name.
    """
    more = promises or {}
    every = (*(names or _OTHERS), *(name for name in more if name not in TOPOLOGIES))
    params = [
        pytest.param(name, marks=[pytest.mark.promises(more[name])] if name in more else [])
        for name in every
    ]
    return pytest.mark.parametrize("arrangement", params, indirect=True, scope="module")
