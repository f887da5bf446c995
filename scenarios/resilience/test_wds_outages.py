"""An outage of the WDS's API server (example scenario 5). The WDS is the module's own."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Part,
    Space,
    case,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    available,
    contains,
    gone,
    has,
    same_uids,
    selects,
    that_of,
)

pytestmark = [own_wds, needs("stop-components")]


@promises("RESIL-05")
def test_the_system_goes_on_after_an_outage_of_the_wds(
    wds: Space, wec1: Space, make: Make, part: Part
) -> None:
    """The WEC keeps its workload meanwhile. A change, a new object and status arrive afterwards."""
    web, later = make.deployment(), make.deployment("later")
    config = make.config_map(size="1")
    policy = make.policy(web, later, config, to=wec1, want_singleton_status=True)
    with step("A Deployment and a ConfigMap are in a WEC, and the status returns"):
        wds.apply(policy, web, config)
        wec1.eventually(has(config), within="downsync")
        wec1.eventually(available(web), within="available")
        wds.eventually(web, status=that_of(wec1), within="status_return")
    with wec1.hold(same_uids(web, config)):
        with step("The API server of the WDS is away: the WEC keeps both"):
            api_server = part(f"{wds.name}/kube-apiserver")
            with api_server.stopped():
                wec1.eventually(available(web), within="available")
        with step("When it is back, a change and a new object arrive"):
            wds.patch(config, {"data": {"size": "2"}})
            wds.apply(later)
            wec1.eventually(contains(config, {"data": {"size": "2"}}), within="recovery")
            wec1.eventually(available(later), within="recovery")
        with step("Status returns: of the new object, and of a change"):
            wds.eventually(later, status=that_of(wec1), within="recovery")
            wds.scale(web, 2)
            changed = contains(web, {"status": {"availableReplicas": 2}})
            wec1.eventually(changed, within="recovery")
            wds.eventually(changed, within="recovery")


@promises("RESIL-05")
@needs("virtual-wecs")
def test_wecs_that_are_relabelled_during_an_outage_of_the_wds_change_places(
    wds: Space, make: Make, part: Part
) -> None:
    """KubeStellar hears of the labels, and cannot change the Binding until the WDS is back."""
    fleet, config = make.wecs(eu={"tier": "gold"}, us={"tier": "silver"}), make.config_map()
    policy = make.policy(config, to=fleet.where({"tier": "gold"}))
    with step("A ConfigMap is in the WEC that a policy selects by its label"):
        wds.apply(policy, config)
        fleet["eu"].eventually(has(config), within="downsync")
    with step("While the API server of the WDS is away, the WECs exchange their labels"):
        with part(f"{wds.name}/kube-apiserver").stopped():
            fleet["eu"].relabel(tier="silver")
            fleet["us"].relabel(tier="gold")
    with step("When it is back, the ConfigMap is in the other WEC alone"):
        fleet["us"].eventually(has(config), within="recovery")
        fleet["eu"].eventually(gone(config), within="recovery")


@promises("RESIL-05")
@needs("pause-components", "virtual-wecs")
@pytest.mark.parametrize(
    "new",
    [case("of a ConfigMap", False), case("of an object whose kind was defined meanwhile", True)],
)
def test_a_controller_manager_goes_on_after_it_missed_deletions_in_the_wds(
    wds: Space, make: Make, part: Part, controller_manager: ComponentHandle, new: bool
) -> None:
    """An object is deleted, and a policy marked as deleted, while the controller manager is paused
    and the API server restarts, so that its watches report neither.
    """
    fleet = make.wecs(near={}, far={})
    kept, later, of_other = (make.config_map(stem) for stem in ("kept", "later", "of-other"))
    names = [make.name(stem) for stem in ("deleted", "kept", "later")]
    policy = make.policy(to=fleet, clauses=[make.clause(objectNames=names)], name="policy")
    other = make.policy(of_other, to=fleet, name="other")
    with step("Three objects of two policies are in two WECs"):
        wds.apply(policy, other, kept, of_other)
        deleted = make.object(make.kind("gadget") if new else "v1/ConfigMap", "deleted")
        wds.apply(deleted)
        fleet.eventually(has(deleted, kept, of_other), within="downsync")
    with fleet.hold(same_uids(kept)):
        with controller_manager.paused(), step("While it is paused, delete an object and a policy"):
            part(f"{wds.name}/kube-apiserver").restart()
            wds.delete(deleted, other)
        with step("It goes on: both leave the WECs, and a new object arrives"):
            wds.apply(later)
            fleet.eventually(gone(deleted, of_other), within="recovery")
            fleet.eventually(has(kept, later), within="recovery")
            wds.eventually(selects(policy, kept, later), within="recovery")
