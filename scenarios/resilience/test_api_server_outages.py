"""What happens in the ITS while a controller cannot look: it has to go on from there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.story import (
    ComponentHandle,
    Labels,
    Names,
    Space,
    Workload,
    binding_policy,
    needs,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    available,
    no_manifest_works,
    no_work_statuses,
    that_of,
)

MANAGER, TRANSPORT = "kubestellar-controller-manager", "transport-controller"
pytestmark = [pytest.mark.exclusive, needs("stop-components", "pause-components")]


@promises("RESIL-04")
@pytest.mark.parametrize(
    ("who", "other"), [(MANAGER, TRANSPORT), (TRANSPORT, MANAGER)], ids=[MANAGER, TRANSPORT]
)
def test_a_controller_goes_on_after_it_missed_a_deletion_in_the_its(
    wds: Space,
    its: Space,
    wec1: Space,
    nginx: Workload,
    nginx_singleton: Workload,
    names: Names,
    label_query_one: Labels,
    part: Callable[[str], ComponentHandle],
    who: str,
    other: str,
) -> None:
    """The ITS's API server restarts, and a withdrawal is finished there, while the controller
    stands still.
    """
    controller, bystander = part(f"{wds.name}/{who}"), part(f"{wds.name}/{other}")
    agent = part(f"{wec1.name}/klusterlet-agent")
    policy = binding_policy(
        names("first"), clusters=label_query_one, objects=nginx, want_singleton_status=True
    )
    with step("A workload's status returns to the WDS"):
        wds.apply(policy, nginx)
        wec1.eventually(available(nginx), within="available")
        wds.eventually(nginx.deployment, status=that_of(wec1), within="status_return")
    with step("Its policy is deleted, which the WEC's agent does not see yet"):
        agent.pause()
        wds.delete(policy)
        its.eventually(no_manifest_works(names("first"), but_going=True), within="downsync")
    with step(
        "The controller stands still while the ITS's API server restarts and the WEC finishes"
    ):
        bystander.stop()
        controller.pause()
        part(f"{its.name}/kube-apiserver").restart()
        agent.resume()
        its.eventually(no_manifest_works(names("first")), within="withdrawal")
        its.eventually(no_work_statuses(nginx), within="withdrawal")
    with step("The controller goes on: another workload arrives, and its status returns"):
        controller.resume()
        bystander.start()
        second = names("second")
        wds.apply(
            binding_policy(
                second,
                clusters=label_query_one,
                objects=nginx_singleton,
                want_singleton_status=True,
            )
        )
        wds.apply(nginx_singleton)
        wec1.eventually(available(nginx_singleton), within="recovery")
        wds.eventually(nginx_singleton, status=that_of(wec1), within="recovery")
