"""A WDS that names no ITS (core chart, values; commands, "KubeStellar Controller Manager")."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import ComponentHandle, Make, Space, needs, promises, step
from kubestellar_conformance.story.conditions import has, whole_status

# Exclusive, since the tests beside may add ITSes.
pytestmark = [pytest.mark.exclusive, needs("stop-components", "virtual-wecs")]
READY = {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "observedGeneration": 1}


@promises("SETUP-13")
def test_a_wds_that_names_no_its_uses_the_only_one(
    wds: Space, make: Make, controller_manager: ComponentHandle
) -> None:
    """The controller manager gets an empty name, as the core chart without ITSName gives it."""
    web, fleet = make.deployment(), make.wecs(near={}, far={})
    near = fleet["near"]
    with controller_manager.restarted(its_name=""):
        with step("Ask for a Deployment on a WEC that the ITS has: it arrives"):
            wds.apply(web, make.policy(web, to=near, want_singleton_status=True))
            near.eventually(has(web), within="recovery")
        with step("Its status returns from there"):
            near.report(web, READY)
            wds.eventually(whole_status(web, READY), within="recovery")
