"""Scenario 5 of the example-scenarios page: resiliency testing."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    ControlPlane,
    Make,
    Space,
    Spaces,
    Workload,
    needs,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import available, contains, has, same_objects

pytestmark = [pytest.mark.exclusive, needs("stop-components")]


@promises("SCEN-5-02")
def test_the_system_goes_on_after_an_outage_of_its_control_plane(
    wds: Space,
    wecs: Spaces,
    control_plane: ControlPlane,
    nginx: Workload,
    nginx_res: Workload,
    make: Make,
) -> None:
    """Scenario 5: ITS, WDS and controllers stop and start. What runs is unharmed; what is new
    arrives.
    """
    with step("Scenario 1's workload runs in both WECs", promise="SCEN-1-03"):
        wds.apply(make.policy(nginx, to=wecs, name="nginx-bpolicy"), nginx)
        wecs.eventually(available(nginx), within="available")
    with wecs.hold(same_objects(wecs.snapshot(nginx))):
        with step("Stop the API servers of WDS and ITS, KubeFlex and KubeStellar's controllers"):
            control_plane.stop()
        with step("Start all five one after the other, and wait until all are ready"):
            control_plane.start()
        with step("Create a new policy and a new workload"):
            wds.apply(make.policy(nginx_res, to=wecs, name="nginx-res-bpolicy"), nginx_res)
        with step(
            "The new deployment has been created in both clusters, and runs", promise="SCEN-5-03"
        ):
            wecs.eventually(has(nginx_res), within="recovery")
            wecs.eventually(available(nginx_res), within="available")
        with step("What ran before is as it was", promise="SCEN-5-02"):
            wecs.eventually(has(nginx), within="downsync")
            wecs.eventually(available(nginx), within="available")


@promises("SCEN-5-02")
def test_what_changes_while_no_controller_runs_arrives(
    wds: Space,
    wecs: Spaces,
    control_plane: ControlPlane,
    nginx: Workload,
    make: Make,
) -> None:
    """Scenario 5, with a change in between: the API servers are back first, the controllers miss
    it.
    """
    with step("Scenario 1's workload runs in both WECs", promise="SCEN-1-03"):
        wds.apply(make.policy(nginx, to=wecs, name="nginx-bpolicy"), nginx)
        wecs.eventually(available(nginx), within="available")
    with wecs.hold(same_objects(wecs.snapshot(nginx))):
        with step("Stop all, start the API servers, and change the workload"):
            control_plane.stop()
            control_plane.start_api_servers()
            wds.scale(nginx.deployment, 2)
        with step("Start the controllers"):
            control_plane.start()
        with step("The change has arrived in the very same objects, and they run"):
            wecs.eventually(
                contains(nginx.deployment, {"spec": {"replicas": 2}}), within="recovery"
            )
            wecs.eventually(available(nginx), within="available")
