"""Where the objects of a condition come from, which is where the walk of its path begins."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from kubestellar_conformance.conditions import no_manifest_works
from kubestellar_conformance.conditions.base import Scope
from kubestellar_conformance.spaces import Space, System
from kubestellar_conformance.spaces.client import Client
from kubestellar_conformance.spaces.space import Role


@pytest.fixture
def system() -> System:
    """Two ITSes, each with a WDS and a WEC."""

    def space(name: str, role: Role, hub: str | None = None) -> Space:
        return Space(name, role, Path("none"), hub=hub, client=cast("Client", object()))

    spaces = [space("its1", "its"), space("its2", "its")]
    for number in ("1", "2"):
        spaces += [space(f"wds{number}", "wds", f"its{number}")]
        spaces += [space(f"cluster{number}", "wec", f"its{number}")]
    return System(spaces)


@pytest.mark.parametrize("seen_in", ["its2", "wds2", "cluster2"])
def test_objects_come_from_the_wds_of_the_same_its(system: System, seen_in: str) -> None:
    found = no_manifest_works("nginx").wds(Scope(system, system[seen_in]))
    assert found.name == "wds2"
