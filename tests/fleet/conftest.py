"""A fleet on real API servers, where a stand-in for the hub accepts the ManagedClusters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kubestellar_conformance.fleet import Fleet, Fleets
from tests.support.hub import Hub
from tests.support.three_spaces import ThreeSpaces, unique


@pytest.fixture
def hub(three: ThreeSpaces) -> Iterator[Hub]:
    made = Hub(three.its)
    yield made
    made.close()


@pytest.fixture
def fleets(three: ThreeSpaces, hub: Hub) -> Iterator[Fleets]:
    del hub
    made = Fleets(three.system)
    yield made
    made.close()


@pytest.fixture
def fleet(fleets: Fleets) -> Iterator[Fleet]:
    made = fleets.make(
        {"eu": {"region": "eu"}, "us": {"region": "us"}, "bare": {}}, label=f"x{unique()}"
    )
    yield made
    fleets.remove(made)
