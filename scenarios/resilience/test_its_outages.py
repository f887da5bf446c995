"""Outages of the ITS's API server: one that a controller does not see, and has to go on from, and
one during which the WDS changes.

The ITS, the WDS and the WEC are the module's own.
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    Arrangement,
    ComponentHandle,
    Make,
    Part,
    Workload,
    needs,
    on_topologies,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    available,
    contains,
    has,
    no_manifest_works,
    no_work_statuses,
    quiescent,
    same_uids,
    selects,
    that_of,
)

MANAGER, TRANSPORT = "kubestellar-controller-manager", "transport-controller"
pytestmark = needs("stop-components", "pause-components")


@pytest.fixture(params=[MANAGER, TRANSPORT])
def controller(
    request: pytest.FixtureRequest, part: Part, arrangement: Arrangement
) -> ComponentHandle:
    """The controller that stands still."""
    return part(f"{arrangement.wds.name}/{request.param}")


@pytest.fixture
def bystander(controller: ComponentHandle, part: Part, arrangement: Arrangement) -> ComponentHandle:
    """The other one, which is stopped so that it does not write meanwhile."""
    other = TRANSPORT if controller.name.endswith(MANAGER) else MANAGER
    return part(f"{arrangement.wds.name}/{other}")


@promises("RESIL-04")
@on_topologies("two-itses")
def test_a_controller_goes_on_after_it_missed_a_deletion_in_the_its(
    arrangement: Arrangement,
    nginx: Workload,
    make: Make,
    part: Part,
    controller: ComponentHandle,
    bystander: ComponentHandle,
) -> None:
    """The ITS's API server restarts, and a withdrawal is finished there, while the controller
    stands still.
    """
    wds, its, [wec] = arrangement.wds, arrangement.its, arrangement.wecs
    policy = make.policy(nginx, to=wec, want_singleton_status=True, name="first")
    with step("A workload's status returns to the WDS"):
        wds.apply(policy, nginx)
        wec.eventually(available(nginx), within="available")
        wds.eventually(nginx.deployment, status=that_of(wec), within="status_return")
    with part(f"{wec.name}/klusterlet-agent").paused():
        with step("Its policy is deleted, which the WEC's agent does not see yet"):
            wds.delete(policy)
            its.eventually(no_manifest_works(policy, but_going=True), within="withdrawal")
        with step("The controller stands still while the ITS's API server restarts"):
            bystander.stop()
            controller.pause()
            part(f"{its.name}/kube-apiserver").restart()
    with step("The WEC's agent goes on, and finishes the withdrawal"):
        its.eventually(no_manifest_works(policy), within="recovery")
        its.eventually(no_work_statuses(nginx), within="recovery")
    with step("The controller goes on: another workload arrives, and its status returns"):
        controller.resume()
        bystander.start()
        web = make.deployment()
        wds.apply(make.policy(web, to=wec, want_singleton_status=True, name="second"), web)
        wec.eventually(available(web), within="recovery")
        wds.eventually(web, status=that_of(wec), within="recovery")


@promises("RESIL-04")
@on_topologies("two-itses")
def test_what_changes_while_the_api_server_of_the_its_is_down_arrives_when_it_is_back(
    arrangement: Arrangement, make: Make, part: Part
) -> None:
    """The WDS and its controllers work meanwhile; the WEC keeps its workload."""
    wds, its, [wec] = arrangement.wds, arrangement.its, arrangement.wecs
    web, config, more = make.deployment(), make.config_map("config"), make.config_map("more")
    new = make.config_map("new")
    policy = make.policy(web, config, more, to=wec, want_singleton_status=True)
    with step("A Deployment and a ConfigMap are in the WEC, and the status has returned"):
        wds.apply(policy, web, config)
        wec.eventually(available(web), within="available")
        wec.eventually(has(config), within="downsync")
        wds.eventually(web, status=that_of(wec), within="status_return")
        wds.eventually(quiescent(web, policy.binding), within="recovery")
    with wec.hold(same_uids(web, config)):
        with (
            part(f"{its.name}/kube-apiserver").stopped(),
            step("The ITS is away: change an object, and create others, one with a new policy"),
        ):
            wds.patch(config, {"data": {"changed": "meanwhile"}})
            wds.apply(more)
            wds.eventually(selects(policy, web, config, more), within="binding")
            wds.apply(make.policy(new, to=wec, name="later"), new)
        with step("It is back: the WEC gets all"):
            wec.eventually(has(config, more, new), within="recovery")
        with step("The Deployment is scaled: its new status returns"):
            wds.patch(web, {"spec": {"replicas": 2}})
            wec.eventually(contains(web, {"status": {"readyReplicas": 2}}), within="available")
            wds.eventually(web, status=that_of(wec), within="recovery")
