"""The WorkStatuses by which statuses come back from the WECs (architecture, "OCM Status Add-On
Agent").
"""

from __future__ import annotations

from typing import Any

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
from kubestellar_conformance.story.conditions import (
    available,
    bundled,
    contains,
    gone,
    has,
    no_work_statuses,
    work_statuses,
)

pytestmark = own_wds
WITHOUT_STATUS: dict[str, dict[str, Any]] = {
    "v1/ConfigMap": {"data": {"a": "1"}},
    "v1/Secret": {"stringData": {"a": "1"}},
    "v1/ServiceAccount": {},
    "rbac.authorization.k8s.io/v1/Role": {"rules": []},
}


@promises("TRANSPORT-18")
@needs("stop-components")
def test_every_object_has_one_work_status_with_its_whole_status(
    wds: Space, its: Space, wecs: Spaces, make: Make, transport_controller: ComponentHandle
) -> None:
    """Three objects that have a status: with one object per ManifestWork, and with three."""
    web, place = make.deployment(), make.namespace()
    service = make.object("v1/Service", spec={"ports": [{"port": 80}]})
    policy = make.policy(web, place, service, to=wecs)
    with step("A Deployment, a Namespace and a Service are in both WECs"):
        wds.apply(web, place, service, policy)
        wecs.eventually(available(web, place, service), within="available")
        its.eventually(bundled(policy, wecs, objects=3, at_most=1), within="downsync")
    with step("Each has a WorkStatus in each mailbox, with its status"):
        its.eventually(work_statuses(wecs, web, place, service), within="status_return")
    with step("So it is when they are in one ManifestWork"):
        transport_controller.restart(max_num_wrapped="3")
        its.eventually(bundled(policy, wecs, objects=3, at_most=3), within="recovery")
        wecs.eventually(available(web, place, service), within="available")
        its.eventually(work_statuses(wecs, web, place, service), within="recovery")


@promises("TRANSPORT-19")
def test_a_work_status_follows_the_status_and_goes_with_the_object(
    wds: Space, its: Space, wecs: Spaces, make: Make
) -> None:
    """A Deployment is scaled to two replicas, to none, and withdrawn."""
    web = make.deployment()
    policy = make.policy(web, to=wecs)
    with step("A Deployment of two replicas runs in both WECs: the WorkStatuses say so"):
        wds.apply(web, policy)
        wds.scale(web, 2)
        wecs.eventually(contains(web, {"status": {"availableReplicas": 2}}), within="available")
        its.eventually(work_statuses(wecs, web), within="status_return")
    with step("Scale it to none: they follow"):
        wds.scale(web, 0)
        wecs.eventually(contains(web, {"spec": {"replicas": 0}}), within="downsync")
        wecs.eventually(available(web), within="available")
        its.eventually(work_statuses(wecs, web), within="status_return")
    with step("Delete the policy: they go"):
        wds.delete(policy)
        wecs.eventually(gone(web), within="withdrawal")
        its.eventually(no_work_statuses(web), within="withdrawal")


@promises("TRANSPORT-21")
def test_objects_of_a_new_kind_have_a_work_status(
    wds: Space, its: Space, wecs: Spaces, wec1: Space, make: Make
) -> None:
    """The kind is defined while the agents run; one WEC gives its object a status."""
    with step("Define a kind, and ask for an object of it in both WECs"):
        thing = make.object(make.kind("gadget", also_in=wecs), spec={"size": 1})
        wds.apply(thing, make.policy(thing, to=wecs))
        wecs.eventually(has(thing), within="downsync")
    with step("It has a WorkStatus in each mailbox"):
        its.eventually(work_statuses(wecs, thing), within="recovery")
    with step("One WEC writes its status: the WorkStatus follows"):
        wec1.update_status(thing, {"phase": "ready", "nested": {"list": [1, "two"]}})
        its.eventually(work_statuses(wecs, thing), within="status_return")


@promises("TRANSPORT-22")
def test_many_objects_created_again_all_have_their_work_status(
    wds: Space, its: Space, wecs: Spaces, make: Make
) -> None:
    """Twenty Services are created, deleted and created again without a pause."""
    ports = {"ports": [{"port": 80}]}
    twenty = [make.object("v1/Service", f"service-{number}", spec=ports) for number in range(20)]
    with step("Create twenty objects with a policy, delete them, and create them again"):
        wds.apply(make.policy(*twenty, to=wecs), *twenty)
        wds.delete(*twenty)
        wds.apply(*twenty)
    with step("They are in both WECs, and each has a WorkStatus in each mailbox"):
        wecs.eventually(has(*twenty), within="recovery")
        its.eventually(work_statuses(wecs, *twenty), within="recovery")


@promises("TRANSPORT-20")
def test_objects_of_a_kind_without_status_have_a_work_status(
    wds: Space, its: Space, wecs: Spaces, make: Make
) -> None:
    """A ConfigMap, a Secret, a ServiceAccount and a Role; and a Deployment beside them."""
    web = make.deployment()
    objects = [make.object(kind, **fields) for kind, fields in WITHOUT_STATUS.items()]
    policy = make.policy(web, *objects, to=wecs)
    with step("Ask for an object of each kind: both WECs have all of them"):
        wds.apply(policy, web, *objects)
        wecs.eventually(has(web, *objects), within="downsync")
    with step("The Deployment has a WorkStatus in each mailbox"):
        its.eventually(work_statuses(wecs, web), within="status_return")
    with step("So has each of the others"):
        its.eventually(work_statuses(wecs, *objects), within="status_return")
