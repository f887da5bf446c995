"""Capabilities and their names."""

from __future__ import annotations

from typing import get_args

import pytest

from kubestellar_conformance.platforms import PLATFORMS, Capability, CapabilityName
from kubestellar_conformance.platforms.embedded.differences import CAPABILITIES as EMBEDDED
from kubestellar_conformance.platforms.kind.differences import CAPABILITIES as KIND


def test_the_names_that_needs_takes_are_the_capabilities() -> None:
    assert get_args(CapabilityName) == tuple(Capability)


@pytest.mark.parametrize("capability", Capability)
def test_each_has_a_meaning_and_the_platforms_that_must_have_it_do(capability: Capability) -> None:
    assert capability.meaning
    assert set(capability.required_of) <= set(PLATFORMS)
    assert (capability in EMBEDDED) == ("embedded" in capability.required_of)
    assert (capability in KIND) == ("kind" in capability.required_of)
