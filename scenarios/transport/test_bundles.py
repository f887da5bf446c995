"""How many objects the transport controller puts into one ManifestWork."""

from __future__ import annotations

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Space,
    Spaces,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import bundled, has

pytestmark = own_wds


@promises("TRANSPORT-01")
def test_each_object_has_a_manifest_work_of_its_own(
    wds: Space, its: Space, wecs: Spaces, make: Make
) -> None:
    """Core chart: ``transport_controller.max_num_wrapped`` is 1 unless told."""
    ten = make.config_maps(10)
    policy = make.policy(ten, to=wecs)
    with step("Ask for ten objects in both WECs"):
        wds.apply(policy, ten)
    with step("They come in ten ManifestWorks"):
        wecs.eventually(has(ten), within="downsync")
        its.eventually(bundled(policy, wecs, objects=10, at_most=1), within="downsync")


@promises("TRANSPORT-02")
@needs("stop-components")
def test_a_bundle_has_at_most_the_number_of_objects_that_was_asked_for(
    wds: Space, its: Space, wecs: Spaces, make: Make, transport_controller: ComponentHandle
) -> None:
    """Core chart: ``transport_controller.max_num_wrapped``, which is the controller's
    ``--max-num-wrapped``.
    """
    ten = make.config_maps(10)
    policy = make.policy(ten, to=wecs)
    with step("The transport controller may bundle three"):
        transport_controller.restart(max_num_wrapped="3")
    with step("Ask for ten objects in both WECs"):
        wds.apply(policy, ten)
    with step("They come in four ManifestWorks"):
        wecs.eventually(has(ten), within="downsync")
        its.eventually(bundled(policy, wecs, objects=10, at_most=3), within="downsync")
