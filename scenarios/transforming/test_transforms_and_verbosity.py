"""CustomTransforms that are created for objects that are delivered already, whatever the transport
controller logs (architecture, "Custom transform cache"; core chart, ``verbosity``).
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Space,
    case,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import has, lacks, no_errors

pytestmark = [own_wds, needs("stop-components", "virtual-wecs")]
SPEC = {"suspend": True, "size": 3}


@promises("XFORM-28")
@pytest.mark.parametrize("verbosity", [case("verbosity 2", "2"), case("verbosity 6", "6")])
def test_a_transform_for_delivered_objects_does_the_controller_no_harm(
    wds: Space, make: Make, transport_controller: ComponentHandle, verbosity: str
) -> None:
    """It is created, changed and deleted; an object that comes afterwards arrives. The core chart
    has verbosity 2, and 6 as its example.
    """
    fleet, kind = make.wecs(near={}, far={}), make.kind("gadget")
    thing, later = (make.object(kind, stem, spec=SPEC) for stem in ("thing", "later"))
    transform = make.custom_transform(kind, remove=["$.spec.suspend"], stem="transform")
    changed = make.custom_transform(kind, remove=["$.spec.size"], stem="transform")
    with transport_controller.restarted(v=verbosity):
        with step("An object is in two WECs, without a CustomTransform"):
            wds.apply(thing, make.policy(thing, later, to=fleet))
            fleet.eventually(has(thing), within="recovery")
        with step("Create a CustomTransform, change it, delete it, and create it again"):
            wds.apply(transform)
            wds.eventually(no_errors(transform), within="binding")
            wds.apply(changed)
            wds.eventually(no_errors(transform), within="binding")
            wds.delete(transform)
            wds.apply(transform)
            wds.eventually(no_errors(transform), within="binding")
        with step("A new object arrives, without what the CustomTransform removes"):
            wds.apply(later)
            fleet.eventually(has(later, ignoring=["spec.suspend"]), within="downsync")
            fleet.eventually(lacks(later, "spec.suspend"), within="downsync")
