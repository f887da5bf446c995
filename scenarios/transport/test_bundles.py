"""How many objects the transport controller puts into one ManifestWork."""

from __future__ import annotations

import json

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Obj,
    Policy,
    Space,
    Spaces,
    Workload,
    needs,
    note,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    applied,
    bundled,
    gone,
    has,
    manifest_works,
    owned_once,
    same_uids,
)

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


def _size(work: Obj) -> int:
    """How many bytes the objects of a ManifestWork have together, as JSON."""
    manifests = work["spec"]["workload"].get("manifests") or []
    return sum(len(json.dumps(one, separators=(",", ":"))) for one in manifests)


@promises("TRANSPORT-03")
@needs("stop-components")
def test_a_bundle_is_not_larger_than_was_asked_for(
    wds: Space, its: Space, make: Make, transport_controller: ComponentHandle
) -> None:
    """Core chart: ``transport_controller.max_size_wrapped``, with room for fifty objects."""
    configs = [make.config_map(f"config-{number}", text="x" * 3000) for number in range(10)]
    fleet = make.wecs(near={}, far={})
    policy = make.policy(*configs, to=fleet)
    with step("The transport controller may bundle fifty objects, of 10000 bytes together"):
        transport_controller.restart(max_num_wrapped="50", max_size_wrapped="10000")
    with step("Ask for ten objects of more than 3000 bytes in two WECs"):
        wds.apply(policy, *configs)
        fleet.eventually(has(*configs), within="recovery")
    with step("No ManifestWork is larger, and none has less than it could"):
        small = manifest_works(policy, fleet, "be small", lambda work: _size(work) <= 10000)
        works = its.eventually(small, within="downsync")
        assert len(works) == len(fleet) * 4, "three of the ten objects fit in a ManifestWork"


@promises("TRANSPORT-05")
@needs("stop-components")
def test_no_bundle_is_larger_than_ocm_allows(
    wds: Space, its: Space, make: Make, transport_controller: ComponentHandle
) -> None:
    """Fifteen objects of 40 KB each, with room for fifty objects in a ManifestWork."""
    configs = [make.config_map(f"config-{number}", text="x" * 40_000) for number in range(15)]
    fleet = make.wecs(edge={})
    policy = make.policy(*configs, to=fleet)
    with step("The transport controller may bundle fifty objects"):
        transport_controller.restart(max_num_wrapped="50")
    with step("Ask for the objects: they are delivered"):
        wds.apply(policy, *configs)
        fleet.eventually(has(*configs), within="recovery")
    with step("No ManifestWork is larger than 500 KB"):
        small = manifest_works(policy, fleet, "be small", lambda work: _size(work) <= 500 * 1000)
        its.eventually(small, within="downsync")


@promises("TRANSPORT-10")
@needs("stop-components")
def test_an_object_that_is_taken_out_of_a_bundle_is_put_back(
    wds: Space, its: Space, make: Make, transport_controller: ComponentHandle
) -> None:
    """Somebody removes one of three manifests."""
    three, fleet = make.config_maps(3), make.wecs(near={})
    policy = make.policy(three, to=fleet)
    with step("Three objects come in one ManifestWork"):
        transport_controller.restart(max_num_wrapped="3")
        wds.apply(policy, three)
        bundle = bundled(policy, fleet, objects=3, at_most=3)
        [work] = its.eventually(bundle, within="recovery")
    with step("Remove one of them: it is put back"):
        rest = work["spec"]["workload"]["manifests"][1:]
        edited = its.patch(work, {"spec": {"workload": {"manifests": rest}}}, force=True)
        before = edited["metadata"]["generation"]
        again = manifest_works(
            policy,
            fleet,
            "be written again",
            lambda live: bool(live["metadata"]["generation"] > before),
        )
        its.eventually(again, within="downsync")
        its.eventually(bundle, within="downsync")
        fleet.eventually(has(three), within="downsync")


@promises("TRANSPORT-14")
@needs("stop-components")
def test_with_room_for_all_no_object_is_created_again(
    wds: Space, its: Space, wecs: Spaces, make: Make, transport_controller: ComponentHandle
) -> None:
    """Room for fifty objects; two join three others, and two leave."""
    a, b, c, d, e = objects = [make.config_map(stem) for stem in "abcde"]
    policy = make.policy(*objects, to=wecs)
    with step("Three objects come in one ManifestWork"):
        transport_controller.restart(max_num_wrapped="50")
        wds.apply(policy, b, c, d)
        wecs.eventually(has(b, c, d), within="recovery")
        its.eventually(bundled(policy, wecs, objects=3, at_most=50), within="downsync")
    with wecs.hold(same_uids(c, d)):
        with step("Two more join"):
            wds.apply(a, e)
            wecs.eventually(has(a, b, c, d, e), within="downsync")
            _settled(its, wecs, policy, a, b, c, d, e)
        with step("Two leave"):
            wds.delete(a, b)
            wecs.eventually(gone(a, b), within="withdrawal")
            wecs.eventually(has(c, d, e), within="downsync")


@promises("TRANSPORT-13")
@needs("stop-components")
def test_bundles_of_two_end_right_when_objects_leave(
    wds: Space, its: Space, wecs: Spaces, make: Make, transport_controller: ComponentHandle
) -> None:
    """Five objects in bundles of two; three leave, each in turn, and another one changes."""
    a, b, c, d, e = objects = [make.config_map(stem, size="1") for stem in "abcde"]
    policy = make.policy(*objects, to=wecs)
    with step("Five objects come in three ManifestWorks"):
        transport_controller.restart(max_num_wrapped="2")
        wds.apply(policy, *objects)
        wecs.eventually(has(*objects), within="recovery")
        its.eventually(bundled(policy, wecs, objects=5, at_most=2), within="downsync")
        _settled(its, wecs, policy, *objects)
    with step("The first leaves, and the last changes: the WECs have exactly the others"):
        wds.delete(a)
        wds.patch(e, {"data": {"size": "2"}})
        its.eventually(bundled(policy, wecs, objects=4, at_most=2), within="downsync")
        wecs.eventually(gone(a), within="withdrawal")
        wecs.eventually(has(b, c, d, e), within="recovery")
        _settled(its, wecs, policy, b, c, d, e)
    with step("One from the middle and the last leave: the WECs have exactly the others"):
        wds.delete(c, e)
        its.eventually(bundled(policy, wecs, objects=2, at_most=2), within="downsync")
        wecs.eventually(gone(c, e), within="withdrawal")
        wecs.eventually(has(b, d), within="recovery")
        _settled(its, wecs, policy, b, d)


@promises("TRANSPORT-16")
@needs("stop-components")
def test_a_change_of_the_bundling_ends_in_the_manifest_works_it_asks_for(
    wds: Space, its: Space, wecs: Spaces, make: Make, transport_controller: ComponentHandle
) -> None:
    """From one object per ManifestWork to three, and back."""
    five = make.config_maps(5)
    policy = make.policy(five, to=wecs)
    with step("Five objects are in both WECs, in as many ManifestWorks"):
        wds.apply(policy, five)
        wecs.eventually(has(five), within="downsync")
        its.eventually(bundled(policy, wecs, objects=5, at_most=1), within="downsync")
    with step("The transport controller may bundle three: two ManifestWorks are left"):
        transport_controller.restart(max_num_wrapped="3")
        its.eventually(bundled(policy, wecs, objects=5, at_most=3), within="recovery")
        wecs.eventually(has(five), within="recovery")
    with step("It may no longer: there are five again"):
        transport_controller.restart()
        its.eventually(bundled(policy, wecs, objects=5, at_most=1), within="recovery")
        wecs.eventually(has(five), within="recovery")
        _settled(its, wecs, policy, five)


@promises("TRANSPORT-13")
@needs("stop-components")
def test_objects_are_withdrawn_while_their_bundles_change(
    wds: Space, its: Space, wecs: Spaces, make: Make, transport_controller: ComponentHandle
) -> None:
    """From one object per ManifestWork to three and back; then the policy is deleted at once."""
    five = make.config_maps(5)
    policy = make.policy(five, to=wecs)
    with step("Five objects are in both WECs, in as many ManifestWorks"):
        wds.apply(policy, five)
        wecs.eventually(has(five), within="downsync")
    with step("The transport controller may bundle three, and then no longer"):
        transport_controller.restart(max_num_wrapped="3")
        its.eventually(bundled(policy, wecs, objects=5, at_most=3), within="recovery")
        transport_controller.restart()
        its.eventually(bundled(policy, wecs, objects=5, at_most=1), within="recovery")
    with step("The policy is deleted: all are gone"):
        wds.delete(policy)
        wecs.eventually(gone(five), within="withdrawal")


@promises("LIMITS-06")
@needs("stop-components")
def test_what_becomes_of_objects_whose_bundles_change(
    wds: Space,
    wec1: Space,
    its: Space,
    wecs: Spaces,
    make: Make,
    transport_controller: ComponentHandle,
) -> None:
    """Two objects join three others, in bundles of two; some may be created again."""
    a, b, c, d, e = objects = [make.config_map(stem) for stem in "abcde"]
    policy = make.policy(*objects, to=wecs)
    with step("Three objects come in two ManifestWorks"):
        transport_controller.restart(max_num_wrapped="2")
        wds.apply(policy, b, c, d)
        wecs.eventually(has(b, c, d), within="recovery")
        its.eventually(bundled(policy, wecs, objects=3, at_most=2), within="downsync")
        _settled(its, wecs, policy, b, c, d)
        before = _uids(wec1.eventually(has(b, c, d), within="downsync"))
    with step("Two join: in the end both WECs have all five"):
        wds.apply(a, e)
        its.eventually(bundled(policy, wecs, objects=5, at_most=2), within="downsync")
        _settled(its, wecs, policy, *objects)
        wecs.eventually(has(*objects), within="recovery")
        after = _uids(wec1.eventually(has(b, c, d), within="downsync"))
    with step("Some of the three are other objects now, or none is"):
        note("objects that are created again, of 3", len(before - after))


def _settled(its: Space, wecs: Spaces, policy: Policy, *objects: Obj | Workload) -> None:
    """Wait until the WECs' agents have followed the last change of the bundles.

    What is withdrawn before may stay: an agent withdraws from a ManifestWork only what it has noted
    as applied, and while an object has two, a WEC's garbage collector and its agent can each remove
    one of its two owner references, after which nobody deletes it.
    """
    its.eventually(applied(policy, wecs, *objects), within="available")
    wecs.eventually(owned_once(*objects), within="recovery")


def _uids(objects: list[Obj]) -> set[str]:
    return {obj["metadata"]["uid"] for obj in objects}
