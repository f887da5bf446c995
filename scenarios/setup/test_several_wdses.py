"""Several WDSes that use one ITS (user guide, "The Full Story"). The module's own WDS is one of
them, the platform's first is the other.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.story import (
    Make,
    Obj,
    Space,
    System,
    needs,
    note,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    applied,
    bound_to,
    gone,
    has,
    manifest_works,
    meets,
    no_binding,
    no_errors,
    no_manifest_works,
    same_uids,
    selects,
    without,
)

pytestmark = [own_wds, needs("topologies", "virtual-wecs")]
WDS_LABEL = "transport.kubestellar.io/originWdsName"


@pytest.fixture
def other(system: System, wds: Space) -> Space:
    """The platform's first WDS, where the module's own is not."""
    own, first = system.wdses[:2]
    assert own is wds
    return first


def labelled_for(wds: Space) -> Callable[[Obj], bool]:
    """Whether a ManifestWork says that it comes from this WDS."""
    return lambda work: bool(work["metadata"]["labels"].get(WDS_LABEL) == wds.name)


@promises("SETUP-15")
def test_several_wdses_use_one_its_each_with_its_own_workload(
    wds: Space, other: Space, its: Space, make: Make
) -> None:
    """Each has a policy and two objects, for the same WECs."""
    fleet = make.wecs(near={}, far={})
    mine, theirs = (make.config_maps(2, stem=stem) for stem in ("mine", "theirs"))
    policy = make.policy(mine, to=fleet, name="mine")
    their_policy = make.policy(theirs, to=fleet, name="theirs")
    with step("Apply a policy and its objects in each WDS"):
        wds.apply(policy, mine)
        other.apply(their_policy, theirs)
    with step("Each Binding lists the objects of its own WDS"):
        wds.eventually(selects(policy, mine), within="binding")
        other.eventually(selects(their_policy, theirs), within="binding")
    with step("The WECs have the objects of both"):
        fleet.eventually(has(mine, of=wds), within="downsync")
        fleet.eventually(has(theirs, of=other), within="downsync")
    with step("Each ManifestWork is labelled for the WDS that it comes from"):
        for space, one in ((wds, policy), (other, their_policy)):
            labelled = manifest_works(one, fleet, f"to name {space.name}", labelled_for(space))
            its.eventually(labelled, within="downsync")


@promises("SETUP-16")
def test_policies_of_one_name_in_two_wdses_have_nothing_to_do_with_each_other(
    wds: Space, other: Space, its: Space, make: Make
) -> None:
    """One of them is changed and deleted; what the other brought stays the very same."""
    fleet = make.wecs(near={}, far={})
    mine, more, theirs = (make.config_map(stem) for stem in ("mine", "more", "theirs"))
    with step("Two policies of one name bring an object each to both WECs"):
        wds.apply(policy := make.policy(mine, to=fleet, name="policy"), mine, more)
        other.apply(their_policy := make.policy(theirs, to=fleet, name="policy"), theirs)
        fleet.eventually(has(mine, of=wds), within="downsync")
        fleet.eventually(has(theirs, of=other), within="downsync")
    with fleet.hold(same_uids(theirs)), other.hold(same_uids(their_policy, their_policy.binding)):
        with step("Change one of them: the WECs get the other object of its WDS"):
            wds.apply(make.policy(more, to=fleet, name="policy"))
            fleet.eventually(has(more, of=wds), within="downsync")
            fleet.eventually(gone(mine), within="withdrawal")
        with step("Let it ask for one WEC: the other WEC loses the object"):
            wds.apply(make.policy(more, to=fleet["near"], name="policy"))
            fleet["far"].eventually(gone(more), within="withdrawal")
        with step("Delete it: its Binding, ManifestWorks and object go"):
            wds.delete(policy)
            wds.eventually(no_binding(policy), within="withdrawal")
            its.eventually(no_manifest_works(policy, wds=wds.name), within="withdrawal")
            fleet.eventually(without(more), within="withdrawal")
    with step("The other policy is bound as before, and both WECs have its object"):
        other.eventually(bound_to(their_policy, fleet), within="binding")
        other.eventually(selects(their_policy, theirs), within="binding")
        fleet.eventually(has(theirs, of=other), within="downsync")


@promises("LIMITS-01")
def test_objects_of_one_identity_in_two_wdses_are_in_conflict(
    wds: Space, other: Space, its: Space, wec1: Space, make: Make
) -> None:
    """Each WDS has a ConfigMap of that name for the same WEC, with other content."""
    mine = make.config_map(of="mine")
    theirs = {**mine, "data": {"of": "theirs"}}
    policies = [make.policy(mine, to=wec1, name=name) for name in ("mine", "theirs")]
    either = meets(mine, "be of one WDS", lambda obj: obj["data"]["of"] in ("mine", "theirs"))

    def seen(when: str) -> None:
        for policy in policies:
            its.eventually(applied(policy, [wec1], mine), within="available")
        [live] = wec1.eventually(either, within="downsync")
        note(f"whose content the WEC has {when}", live["data"]["of"])

    with step("The first WDS sends its own, then the other: nothing reports it"):
        wds.apply(mine, policies[0])
        wec1.eventually(has(mine, of=wds), within="downsync")
        other.apply(theirs, policies[1])
        seen("after the second WDS has sent its own")
        wds.eventually(no_errors(policies[0]), within="binding")
        other.eventually(no_errors(policies[1]), within="binding")
    with step("The first sends its own again, changed"):
        wds.patch(mine, {"metadata": {"annotations": {"example.com/round": "2"}}})
        wec1.stays(either)
        seen("after the first has changed its own")
