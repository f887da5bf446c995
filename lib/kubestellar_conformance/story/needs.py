"""``needs("stop-components")``: the capabilities of the platform that a check needs."""

from __future__ import annotations

import pytest

from kubestellar_conformance.platforms import Capability, CapabilityName


def needs(*capabilities: Capability | CapabilityName) -> pytest.MarkDecorator:
    """Decorator of a test, or ``pytestmark`` of a module. Where the platform lacks one of these the
    check is *not supported*, with the platform's reason.
    """
    return pytest.mark.capability(*capabilities)
