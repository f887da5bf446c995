"""How many objects the transport controller puts into one ManifestWork."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Space,
    Spaces,
    Workload,
    needs,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import bundled, has


@pytest.fixture
def ten(make: Make) -> Workload:
    """Ten ConfigMaps."""
    return make.config_maps(10)


@promises("TRANSPORT-01")
def test_each_object_has_a_manifest_work_of_its_own(
    wds: Space, its: Space, wecs: Spaces, ten: Workload, make: Make
) -> None:
    """Core chart: ``transport_controller.max_num_wrapped`` is 1 unless told."""
    policy = make.policy(ten, to=wecs)
    with step("Ask for ten objects in both WECs"):
        wds.apply(policy, ten)
    with step("They come in ten ManifestWorks"):
        wecs.eventually(has(ten), within="downsync")
        its.eventually(bundled(policy, wecs, objects=10, at_most=1), within="downsync")


@promises("TRANSPORT-02")
@pytest.mark.exclusive
@needs("stop-components")
def test_a_bundle_has_at_most_the_number_of_objects_that_was_asked_for(
    wds: Space,
    its: Space,
    wecs: Spaces,
    ten: Workload,
    make: Make,
    transport_controller: ComponentHandle,
) -> None:
    """Core chart: ``transport_controller.max_num_wrapped``, which is the controller's
    ``--max-num-wrapped``.
    """
    policy = make.policy(ten, to=wecs)
    with step("The transport controller may bundle three"):
        transport_controller.restart(max_num_wrapped="3")
    with step("Ask for ten objects in both WECs"):
        wds.apply(policy, ten)
    with step("They come in four ManifestWorks"):
        wecs.eventually(has(ten), within="downsync")
        its.eventually(bundled(policy, wecs, objects=10, at_most=3), within="downsync")
