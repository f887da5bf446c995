"""With several ITSes the path from a WDS leads through its own one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kubestellar_conformance.spaces import Space, System
from kubestellar_conformance.spaces.space import Role

KUBECONFIG = """
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: none}}]
contexts: [{name: %s, context: {cluster: c, user: u}}]
current-context: %s
"""


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Space]:
    """Makes spaces behind which there is nobody; nothing is contacted before the first verb."""

    def space(name: str, role: Role, hub: str | None = None) -> Space:
        path = tmp_path / name
        path.write_text(KUBECONFIG % (name, name))
        return Space(name, role, path, hub=hub)

    return space


def test_a_space_that_names_its_hub_is_taken_at_its_word(make: Callable[..., Space]) -> None:
    system = System(
        [
            make("its1", "its"),
            make("its2", "its"),
            make("wds1", "wds", hub="its1"),
            make("wds2", "wds", hub="its2"),
            make("cluster1", "wec"),
        ]
    )
    assert system.itses.names == ["its1", "its2"]
    assert system.hub_of(system["wds1"]) is system["its1"]
    assert system.hub_of(system["wds2"]) is system["its2"]
    assert system.hub_of(system["cluster1"]) is system["its1"]  # it does not say, so the first


def test_a_space_can_come_and_go(make: Callable[..., Space]) -> None:
    system = System([make("its1", "its")])
    system.add(make("its2", "its"))
    assert "its2" in system
    system.remove("its2")
    assert "its2" not in system
