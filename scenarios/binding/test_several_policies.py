"""Several BindingPolicies on the same objects and WECs, and in what order they come (API:
BindingSpec; user guide, "The Full Story"; example scenario 1).
"""

from __future__ import annotations

from kubestellar_conformance.story import Fleet, Make, Space, Spaces, on_fleet, promises, step
from kubestellar_conformance.story.conditions import (
    applied,
    bound_to,
    gone,
    has,
    same_uids,
    selects,
    without,
)

pytestmark = on_fleet(first={}, second={})


@promises("BIND-30")
def test_an_object_of_two_policies_stays_until_the_last_lets_go(
    wds: Space, its: Space, wecs: Spaces, make: Make
) -> None:
    """Two policies bind one object to both WECs."""
    shared, own = make.config_map("shared"), make.config_map("own")
    one = make.policy(shared, own, to=wecs, name="one")
    other = make.policy(shared, to=wecs, name="other")
    with step("The objects of two policies, of which one is shared, are in both WECs"):
        wds.apply(shared, own, one, other)
        wecs.eventually(has(shared, own), within="downsync")
        its.eventually(applied(other, wecs, shared), within="available")
    with wecs.hold(same_uids(shared)):
        with step("Delete the first policy: its own object goes, the shared one stays untouched"):
            wds.delete(one)
            wecs.eventually(gone(own), within="withdrawal")
            wecs.stays(has(shared))
    with step("Delete the other: the shared object goes too"):
        wds.delete(other)
        wecs.eventually(gone(shared), within="withdrawal")


@promises("BIND-31")
def test_each_wec_has_the_objects_of_all_its_policies(wds: Space, fleet: Fleet, make: Make) -> None:
    """Two policies overlap in one object, which goes later, and a third in both WECs."""
    a, b, c, everywhere = (make.config_map(stem) for stem in ("a", "b", "c", "everywhere"))
    first, second = fleet["first"], fleet["second"]
    with step("One policy binds A and B to the first WEC, another B and C to the second"):
        wds.apply(a, b, c, everywhere)
        wds.apply(make.policy(a, b, to=first, name="ab"), make.policy(b, c, to=second, name="bc"))
        wds.apply(make.policy(everywhere, to=fleet, name="everywhere"))
    with step("The first has A and B, the second B and C, both that of a third policy"):
        first.eventually(has(a, b, everywhere), within="downsync")
        second.eventually(has(b, c, everywhere), within="downsync")
        first.eventually(without(c), within="downsync")
        second.eventually(without(a), within="downsync")
        first.stays(without(c))
        second.eventually(without(a), within="downsync")
    with step("B is deleted: it goes from both WECs"):
        wds.delete(b)
        fleet.eventually(gone(b), within="withdrawal")
        first.eventually(has(a, everywhere), within="downsync")
        second.eventually(has(c, everywhere), within="downsync")


@promises("BIND-32")
def test_policy_and_workload_may_come_in_any_order(wds: Space, fleet: Fleet, make: Make) -> None:
    """Each of two sets of objects comes before its policy, or after."""
    early, late = make.config_map("early"), make.config_map("late")
    roles = [make.object("rbac.authorization.k8s.io/v1/ClusterRole", f"r{n}") for n in range(2)]
    workload_first = make.policy(early, roles[0], to=fleet, name="workload-first")
    policy_first = make.policy(late, roles[1], to=fleet, name="policy-first")
    with step("Create one policy before its objects, and the other after them"):
        wds.apply(early, roles[0], policy_first)
        wds.eventually(bound_to(policy_first, fleet), within="binding")
        wds.apply(workload_first, late, roles[1])
    with step("Both Bindings list their objects, and both WECs have all of them"):
        wds.eventually(selects(workload_first, early, roles[0]), within="binding")
        wds.eventually(selects(policy_first, late, roles[1]), within="binding")
        fleet.eventually(has(early, late, *roles), within="downsync")


@promises("BIND-64")
def test_a_policy_created_again_and_again_ends_as_its_last_version(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """Twenty rounds: created, deleted, and created with other content as soon as it is gone."""
    one, two, last = (make.config_map(stem) for stem in ("one", "two", "last"))
    rounds = [
        make.policy(one, to=fleet["first"], name="policy"),
        make.policy(two, to=fleet["second"], name="policy"),
    ]
    final = make.policy(two, last, to=fleet["first"], name="policy")
    with step("Twenty times, create the policy with other content, and delete it"):
        wds.apply(one, two, last)
        for number in range(20):
            wds.apply(rounds[number % 2])
            wds.delete(rounds[number % 2])  # kubectl waits too: an apply would meet a policy
            wds.eventually(gone(rounds[number % 2]), within="withdrawal")  # that is still going
    with step("Create it for the last time: Binding and WECs are as it says"):
        wds.apply(final)
        wds.eventually(bound_to(final, fleet["first"]), within="recovery")
        wds.eventually(selects(final, two, last), within="recovery")
        fleet["first"].eventually(has(two, last), within="recovery")
        fleet["first"].eventually(without(one), within="recovery")
        fleet["second"].eventually(without(one, two, last), within="recovery")
