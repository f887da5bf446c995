"""The workload whose status these tests collect."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Make, Obj


@pytest.fixture
def web(make: Make) -> Obj:
    """A Deployment. What the WECs report of it is up to each test."""
    return make.deployment(replicas=3)
