"""What a check needs of the platform: ``needs("stop-components")`` its capabilities,
``api_server_alone`` hardly a part of it.
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.platforms import Capability, CapabilityName

API_SERVER_ALONE = "api_server_alone"
api_server_alone = pytest.mark.api_server_alone
"""Decorator of a test, or ``pytestmark`` of a module: the answers of the WDS's API server decide
the check, and no controller does. A run of such tests alone starts nothing else. The mark changes
nothing for a test that uses more than ``wds``, ``make``, ``names`` and fixtures made of these.
"""


def needs(*capabilities: Capability | CapabilityName) -> pytest.MarkDecorator:
    """Decorator of a test, or ``pytestmark`` of a module. Where the platform lacks one of these the
    check is *not supported*, with the platform's reason.
    """
    return pytest.mark.capability(*capabilities)
