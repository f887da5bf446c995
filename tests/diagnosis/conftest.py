"""The path made by hand, for the tests of the diagnosis."""

from __future__ import annotations

import pytest

from kubestellar_conformance.spaces import (
    Workload,
)
from tests.support.three_spaces import ByHand, ThreeSpaces


@pytest.fixture
def hand(three: ThreeSpaces, nginx: Workload) -> ByHand:
    three.terms.change("downsync", 0.1)
    return ByHand(three, nginx.deployment, "deployments")
