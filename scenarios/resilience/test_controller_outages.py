"""A controller returns to a world that has changed (example scenario 5; release note 0.21.0)."""

from __future__ import annotations

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Space,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import bound_to, gone, has, same_uids, without

pytestmark = [own_wds, needs("stop-components", "virtual-wecs")]
ZONE_A = {"zone": "a"}


@promises("RESIL-02")
def test_changes_made_while_the_controller_manager_is_down_are_applied_on_its_return(
    wds: Space, make: Make, controller_manager: ComponentHandle
) -> None:
    """One object is edited, one deleted, one created, and one more WEC starts to match."""
    edited, deleted = make.config_map("edited", size="1"), make.config_map("deleted")
    kept, created = make.config_map("kept"), make.config_map("created")
    fleet = make.wecs(first=ZONE_A, second={"zone": "b"})
    policy = make.policy(edited, deleted, kept, created, to=fleet.where(ZONE_A))
    with step("Three objects are in the first WEC"):
        wds.apply(policy, edited, deleted, kept)
        fleet["first"].eventually(has(edited, deleted, kept), within="downsync")
    with fleet["first"].hold(same_uids(edited, kept)):
        with controller_manager.stopped():
            with step("Edit one, delete one, create one, and make the second WEC match"):
                wds.patch(edited, {"data": {"size": "2"}})
                wds.delete(deleted)
                wds.apply(created)
                fleet["second"].relabel(zone="a")
        with step("Both WECs have what there is now, and nothing else"):
            wds.eventually(bound_to(policy, fleet), within="recovery")
            fleet.eventually(has(edited, kept, created), within="recovery")
            fleet.eventually(gone(deleted), within="recovery")


@promises("RESIL-03")
def test_changes_made_while_the_transport_controller_is_down_are_applied_on_its_return(
    wds: Space, make: Make, transport_controller: ComponentHandle
) -> None:
    """One object is edited, one deleted, one created, a destination moves, and a policy goes."""
    edited, deleted = make.config_map("edited", size="1"), make.config_map("deleted")
    kept, created = make.config_map("kept"), make.config_map("created")
    dropped = make.config_map("dropped")
    fleet = make.wecs(first=ZONE_A, second={"zone": "b"}, always=ZONE_A)
    policy = make.policy(edited, deleted, kept, created, to=fleet.where(ZONE_A))
    other = make.policy(dropped, to=fleet, name="other")
    with step("The objects of two policies are in the WECs"):
        wds.apply(policy, other, edited, deleted, kept, dropped)
        fleet["first always"].eventually(has(edited, deleted, kept), within="downsync")
        fleet.eventually(has(dropped), within="downsync")
    with fleet["always"].hold(same_uids(edited, kept)):
        with transport_controller.stopped():
            with step("Edit, delete and create, move a destination, and delete the other policy"):
                wds.patch(edited, {"data": {"size": "2"}})
                wds.delete(deleted, other)
                wds.apply(created)
                fleet["first"].relabel(zone="b")
                fleet["second"].relabel(zone="a")
        with step("The WECs of now have the objects of now"):
            fleet["second always"].eventually(has(edited, kept, created), within="recovery")
            fleet.eventually(gone(deleted, dropped), within="recovery")
            fleet["first"].eventually(gone(edited, kept, created), within="recovery")


@promises("RESIL-12")
def test_what_ceases_to_match_while_the_controller_manager_is_down_is_withdrawn(
    wds: Space, make: Make, controller_manager: ComponentHandle
) -> None:
    """One object is deleted, another loses the label by which it is selected, a third stays."""
    deleted, relabelled = make.config_map("deleted"), make.config_map("relabelled")
    kept = make.config_map("kept")
    fleet = make.wecs(only={})
    with step("Three objects are in the WEC"):
        wds.apply(make.policy(deleted, relabelled, kept, to=fleet), deleted, relabelled, kept)
        fleet.eventually(has(deleted, relabelled, kept), within="downsync")
    with controller_manager.stopped():
        with step("Delete one object, and take the labels off another"):
            wds.delete(deleted)
            wds.patch(relabelled, {"metadata": {"labels": None}})
    with step("Both leave the WEC, and the third stays"):
        fleet.eventually(without(deleted, relabelled), within="recovery")
        fleet.eventually(has(kept), within="recovery")  # KD-0.30.0-32: absent for a moment
        fleet.stays(has(kept))


@promises("RESIL-18")
def test_a_policy_that_is_narrowed_while_the_controller_manager_is_down_takes_effect(
    wds: Space, make: Make, controller_manager: ComponentHandle
) -> None:
    """The objects of one policy become fewer, the WECs of another too."""
    one, two, three = (make.config_map(stem) for stem in ("one", "two", "three"))
    fleet = make.wecs(first=ZONE_A, second={"zone": "b"})
    with step("Two policies send three objects to both WECs"):
        wds.apply(make.policy(one, two, to=fleet, name="objects"), one, two)
        wds.apply(make.policy(three, to=fleet, name="wecs"), three)
        fleet.eventually(has(one, two, three), within="downsync")
    with controller_manager.stopped():
        with step("Narrow the objects of the one policy, and the WECs of the other"):
            wds.apply(make.policy(one, to=fleet, name="objects"))
            wds.apply(make.policy(three, to=fleet.where(ZONE_A), name="wecs"))
    with step("What is no longer asked for leaves the WECs, and the rest stays"):
        fleet.eventually(gone(two), within="recovery")
        fleet["second"].eventually(gone(three), within="recovery")
        fleet.eventually(has(one), within="recovery")  # KD-0.30.0-32: absent for a moment
        fleet["first"].eventually(has(three), within="recovery")
        fleet.stays(has(one))
        fleet["first"].stays(has(three))
