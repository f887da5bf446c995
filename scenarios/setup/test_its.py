"""What an ITS has without anybody creating it (the page "Inventory and Transport Spaces")."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    Arrangement,
    ComponentHandle,
    Kind,
    Platform,
    Ref,
    needs,
    on_topologies,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import gone

pytestmark = needs("topologies")  # the part that is stopped is one of the added spaces
PROPERTIES = Ref(Kind.of("v1/Namespace"), "", "customization-properties")


@pytest.fixture
def transport_controller(platform: Platform, arrangement: Arrangement) -> ComponentHandle:
    """That of the arrangement's WDS, the only one that uses its ITS."""
    return platform.component(f"{arrangement.wds.name}/transport-controller")


@promises("SETUP-09")
@on_topologies("two-itses")
def test_an_its_has_the_namespace_of_the_customization_properties(
    arrangement: Arrangement, transport_controller: ComponentHandle
) -> None:
    """An ITS that one WDS uses. The namespace is deleted while the transport controller is away."""
    its = arrangement.its
    with step("The namespace exists, since a WDS uses the ITS"):
        its.eventually(PROPERTIES, within="binding")
    with transport_controller.stopped(), step("Delete it while the transport controller is away"):
        its.delete(PROPERTIES)
        its.eventually(gone(PROPERTIES), within="withdrawal")
    with step("The transport controller is back: the namespace exists again"):
        its.eventually(PROPERTIES, within="restart")
