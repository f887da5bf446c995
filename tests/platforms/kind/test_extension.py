"""Adding spaces: what is refused, what is written down, and that a failure leaves nothing."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kubestellar_conformance.errors import Broken, UserError
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.kind import preflight, removal
from kubestellar_conformance.platforms.kind.additions import Addition, Additions
from kubestellar_conformance.platforms.kind.clusters import Clusters
from kubestellar_conformance.platforms.kind.extension import Extension
from kubestellar_conformance.platforms.kind.workbench import Workbench


@pytest.fixture
def taken_away(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the spaces that were taken away. No engine is asked for anything."""
    names: list[str] = []

    def take_away(space: Addition, *_: object) -> None:
        names.append(space.name)

    monkeypatch.setattr(removal, "take_away", take_away)
    monkeypatch.setattr(
        Clusters, "existing", staticmethod(lambda: ["kubeflex", "cluster1", "somebody-s"])
    )
    monkeypatch.setattr(preflight, "check_further", lambda _nodes: None)
    monkeypatch.setattr(preflight, "check_further_control_plane", lambda: None)
    return names


def _extension(
    root: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception | None = None
) -> Extension:
    """One whose spaces come up at once, or not at all."""

    def make(_self: Extension, _name: str, **_: bool) -> None:
        if failure is not None:
            raise failure

    for kind in ("_make_its", "_make_wds", "_make_wec"):
        monkeypatch.setattr(Extension, kind, make)
    built = {"kubectl": SimpleNamespace(binary=Path("/bin/true"))}
    workbench = SimpleNamespace(
        folder=RunFolder(root),
        topology=Topology(),
        images=SimpleNamespace(built=built),
        reachable=lambda _spaces: [],
    )
    return Extension(cast(Workbench, workbench), Additions(root), os.getpid())


def _noted(root: Path) -> list[tuple[Any, ...]]:
    return [(one.name, one.role, one.its, one.hosted) for one in Additions(root).all()]


def test_what_is_added_is_in_the_topology_and_in_the_list_until_it_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken_away: list[str]
) -> None:
    extension = _extension(tmp_path, monkeypatch)
    extension.add_its("its-a", hosted=True)
    extension.add_wec("cluster-a", its="its-a")
    extension.add_wds("wds-a", its="its-a", hosted=False)
    assert (extension.topology.hub("wds-a"), extension.topology.role("its-a")) == ("its-a", "its")
    assert _noted(tmp_path) == [
        ("wds-a", "wds", "its-a", False),
        ("cluster-a", "wec", "its-a", False),
        ("its-a", "its", "", True),
    ]
    with pytest.raises(UserError, match="its-a is needed by wds-a, cluster-a: remove those first"):
        extension.demand_removable("its-a")
    for name in ("wds-a", "cluster-a", "its-a"):
        extension.demand_removable(name)
        extension.remove(name)
    assert (taken_away, _noted(tmp_path)) == (["wds-a", "cluster-a", "its-a"], [])
    assert extension.topology == Topology()


@pytest.mark.usefixtures("taken_away")
def test_what_the_platform_came_up_with_is_not_removed_and_no_name_is_used_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extension = _extension(tmp_path, monkeypatch)
    with pytest.raises(UserError, match="'cluster2' is not a space that can be removed"):
        extension.demand_removable("cluster2")
    with pytest.raises(UserError, match="a space named 'wds1' already exists"):
        extension.add_wds("wds1", its="its1", hosted=False)
    with pytest.raises(
        UserError, match="kind cluster somebody-s already exists and is not touched"
    ):
        extension.add_wec("somebody-s", its="its1")


def test_one_that_does_not_come_up_is_removed_and_the_failure_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken_away: list[str]
) -> None:
    extension = _extension(tmp_path, monkeypatch, Broken("no pod"))
    with pytest.raises(Broken, match=r"adding WDS wds-a failed after \d+ s: no pod"):
        extension.add_wds("wds-a", its="its1", hosted=False)
    assert (taken_away, _noted(tmp_path), extension.topology) == (["wds-a"], [], Topology())


def test_one_that_cannot_be_taken_away_stays_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken_away: list[str]
) -> None:
    def stuck(*_: object) -> None:
        raise Broken("it does not go")

    extension = _extension(tmp_path, monkeypatch, Broken("no pod"))
    monkeypatch.setattr(removal, "take_away", stuck)
    with pytest.raises(Broken, match="no pod"):
        extension.add_wec("cluster-a", its="its1")
    assert _noted(tmp_path) == [("cluster-a", "wec", "its1", False)]
    assert not taken_away


@pytest.mark.usefixtures("taken_away")
def test_without_memory_for_a_further_control_plane_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise UserError("no memory")

    extension = _extension(tmp_path, monkeypatch)
    monkeypatch.setattr(preflight, "check_further_control_plane", refuse)
    with pytest.raises(UserError, match="no memory"):
        extension.add_wds("wds-a", its="its1", hosted=False)
    extension.add_wds("wds-a", its="its1", hosted=True)  # no pods of an API server
    assert _noted(tmp_path) == [("wds-a", "wds", "its1", True)]
