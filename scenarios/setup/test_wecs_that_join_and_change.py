"""WECs that are registered, labelled, relabelled and deregistered (user guide, "The Full Story";
the page "Registering a Workload Execution Cluster").
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.story import (
    Arrangement,
    Kind,
    Make,
    Obj,
    Ref,
    Space,
    case,
    needs,
    on_topologies,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    bound_to,
    condition,
    gone,
    has,
    joined,
    same_uids,
    selects,
    without,
)

pytestmark = needs("virtual-wecs")
MANAGED_CLUSTER = Kind.of("cluster.open-cluster-management.io/v1/ManagedCluster")
NAMESPACE = Kind.of("v1/Namespace")
HAS_JOINED_BEFORE = "open-cluster-management.io/automatically-accepted-on"
"""Annotation of a ManagedCluster. A hub that accepts WECs by itself (OCM's feature
ManagedClusterAutoApproval) leaves one that has it to its users.
"""
ACCEPTED = "HubAcceptedManagedCluster"
ZONE_A = {"zone": "a"}


@promises("SETUP-21")
def test_a_wec_gets_nothing_until_its_registration_is_accepted(
    wds: Space, its: Space, make: Make
) -> None:
    """Its ManagedCluster is as an agent makes it that joins. Another WEC is accepted."""
    # The transport controller takes the WECs of a Binding by name and goes no further than one
    # without a mailbox, so the name of that one comes after those that other tests use.
    fleet = make.wecs(accepted={}, yet_to_come={})
    joins, config = fleet["yet_to_come"], make.config_map()
    cluster, mailbox = (Ref(kind, "", joins.names[0]) for kind in (MANAGED_CLUSTER, NAMESPACE))
    with step("A WEC joins, and nobody has accepted it"):
        [registered] = its.eventually(condition(cluster, ACCEPTED), within="registration")
        its.delete(cluster, mailbox)
        its.eventually(gone(cluster, mailbox), within="withdrawal")
        metadata = {"name": cluster.name, "labels": registered["metadata"]["labels"]}
        metadata["annotations"] = {HAS_JOINED_BEFORE: "2026-01-01T00:00:00Z"}
        joining = {"metadata": metadata, "spec": {"hubAcceptsClient": False}, "status": {}}
        its.create({**registered, **joining})
    with joins.hold(without(config)), its.hold(without(mailbox)):
        with step("A policy selects it and the accepted WEC: only that one gets the workload"):
            wds.apply(make.policy(config, to=fleet), config)
            fleet["accepted"].eventually(has(config), within="downsync")
            fleet["accepted"].stays(has(config))
    with step("Accept it: it gets the workload too"):
        its.patch(cluster, {"spec": {"hubAcceptsClient": True}})
        joins.eventually(has(config), within="registration")


@promises("SETUP-22")
def test_a_wec_that_is_registered_and_labelled_last_gets_the_workload(
    wds: Space, make: Make
) -> None:
    """Two WECs are registered after policy and workload, and one of them is labelled then."""
    team = {"team": make.name("team")}
    one, two = make.config_map("one"), make.config_map("two")
    policy = make.policy(one, two, to=[{"matchLabels": team}])
    with step("A policy and its workload are there before any WEC that matches"):
        wds.apply(policy, one, two)
        wds.eventually(selects(policy, one, two), within="binding")
        wds.eventually(bound_to(policy, []), within="binding")
    with step("Register two WECs, and label the first"):
        fleet = make.wecs(labelled={}, bare={})
        fleet.wec("labelled").relabel(team)
    with step("The Binding names the first alone, and only the first gets the workload"):
        wds.eventually(bound_to(policy, fleet["labelled"]), within="binding")
        fleet["labelled"].eventually(has(one, two), within="downsync")
        fleet["bare"].stays(without(one, two))


@promises("SETUP-23")
@pytest.mark.parametrize(
    "order",
    [
        case(", ".join(words), words)
        for words in (
            ("labels", "policy", "workload"),
            ("labels", "workload", "policy"),
            ("policy", "labels", "workload"),
            ("policy", "workload", "labels"),
            ("workload", "labels", "policy"),
            ("workload", "policy", "labels"),
        )
    ],
)
def test_the_order_of_labels_policy_and_workload_makes_no_difference(
    wds: Space, make: Make, order: tuple[str, ...]
) -> None:
    """With the policy and one of the two others, the Binding has that one already."""
    fleet = make.wecs(one={}, two={})
    workload = make.config_maps(2)
    policy = make.policy(workload, to=fleet.where(ZONE_A))
    acts: dict[str, Callable[[], object]] = {
        "labels": lambda: fleet["one"].relabel(ZONE_A),
        "policy": lambda: wds.apply(policy),
        "workload": lambda: wds.apply(workload),
    }
    for number, what in enumerate(order, start=1):
        with step(f"Number {number}: {what}"):
            acts[what]()
            there = order[:number]
            if {"policy", "labels"} <= {*there}:
                wds.eventually(bound_to(policy, fleet["one"]), within="binding")
            if {"policy", "workload"} <= {*there}:
                wds.eventually(selects(policy, workload), within="binding")
    with step("The labelled WEC gets the workload, and the other does not"):
        fleet["one"].eventually(has(workload), within="downsync")
        fleet["two"].stays(without(workload))


@promises("SETUP-24")
def test_a_change_of_labels_moves_a_wec_into_and_out_of_policies(wds: Space, make: Make) -> None:
    """A label is added to one WEC, changed on another and removed from a third."""
    fleet = make.wecs(added={}, changed=ZONE_A, removed=ZONE_A, other=ZONE_A)
    config = make.config_map()
    policy = make.policy(config, to=fleet.where(ZONE_A))
    before = fleet["changed removed other"]
    with step("A ConfigMap is in the three WECs that match"):
        wds.apply(policy, config)
        before.eventually(has(config), within="downsync")
        wds.eventually(bound_to(policy, before), within="binding")
    with fleet["other"].hold(same_uids(config)):
        with step("Add the label to the first WEC: it gets the ConfigMap"):
            fleet["added"].relabel(ZONE_A)
            fleet["added"].eventually(has(config), within="downsync")
        with step("Change the label of the second: it loses the ConfigMap"):
            fleet["changed"].relabel(zone="b")
            fleet["changed"].eventually(gone(config), within="downsync")
        with step("Remove the label of the third: it loses the ConfigMap"):
            fleet["removed"].relabel(zone=None)
            fleet["removed"].eventually(gone(config), within="downsync")
        with step("The Binding names the first WEC and the one that nobody has touched"):
            wds.eventually(bound_to(policy, fleet["added other"]), within="binding")


@promises("SETUP-25")
def test_a_change_of_labels_counts_for_every_selector_of_a_policy(wds: Space, make: Make) -> None:
    """Of two selectors, WECs begin and cease to match the second alone, or go over to it."""
    fleet = make.wecs(joins={}, leaves={"tier": "prod"}, exchanges=ZONE_A, other={"tier": "prod"})
    config = make.config_map()
    policy = make.policy(config, to=fleet.where(ZONE_A, {"tier": "prod"}))
    before = fleet["leaves exchanges other"]
    with step("A ConfigMap is in the three WECs that match either"):
        wds.apply(policy, config)
        before.eventually(has(config), within="downsync")
        wds.eventually(bound_to(policy, before), within="binding")
    with fleet["exchanges other"].hold(same_uids(config)):
        with step("A WEC that begins to match the second selector gets the ConfigMap"):
            fleet["joins"].relabel(tier="prod")
            fleet["joins"].eventually(has(config), within="downsync")
        with step("One that matches the second in place of the first keeps it"):
            fleet["exchanges"].relabel(zone=None, tier="prod")
        with step("One that ceases to match the second loses it"):
            fleet["leaves"].relabel(tier="dev")
            fleet["leaves"].eventually(gone(config), within="downsync")
        with step("The Binding names all others"):
            after = fleet["joins exchanges other"]
            wds.eventually(bound_to(policy, after), within="binding")
            after.stays(has(config))


@promises("SETUP-26")
def test_a_wec_that_is_deregistered_leaves_every_binding(
    wds: Space, its: Space, make: Make
) -> None:
    """Of two policies; the other WEC keeps their objects."""
    fleet = make.wecs(leaves={}, stays={})
    cluster = Ref(MANAGED_CLUSTER, "", fleet.wec("leaves").name)
    one, two = make.config_map("one"), make.config_map("two")
    of_one = make.policy(one, to=fleet, name="of-one")
    of_two = make.policy(two, to=fleet, name="of-two")
    with step("Two policies have brought an object each to both WECs"):
        wds.apply(of_one, of_two, one, two)
        fleet.eventually(has(one, two), within="downsync")
        its.eventually(condition(cluster, ACCEPTED), within="registration")
    with fleet["stays"].hold(same_uids(one, two)):
        with step("Deregister one WEC: its ManagedCluster is deleted"):
            its.delete(cluster)
        with step("Both Bindings name the other WEC alone"):
            wds.eventually(bound_to(of_one, fleet["stays"]), within="binding")
            wds.eventually(bound_to(of_two, fleet["stays"]), within="binding")
        with step("The ManagedCluster goes, and the objects leave the mailbox"):
            its.eventually(gone(cluster), within="withdrawal")
            fleet["leaves"].eventually(gone(one, two), within="withdrawal")
    with step("The other WEC still has them"):
        fleet["stays"].eventually(has(one, two), within="downsync")


@promises("SETUP-26")
def test_a_wec_that_has_no_workload_leaves_every_binding(
    wds: Space, its: Space, make: Make
) -> None:
    """No ManifestWork keeps its ManagedCluster. Then the workload comes, and the other WEC, whose
    name comes later, gets it.
    """
    fleet, config = make.wecs(leaves={}, stays={}), make.config_map()
    cluster = Ref(MANAGED_CLUSTER, "", fleet.wec("leaves").name)
    policy = make.policy(config, to=fleet)
    with step("A policy selects two WECs, and no object exists yet"):
        wds.apply(policy)
        wds.eventually(bound_to(policy, fleet), within="binding")
        its.eventually(condition(cluster, ACCEPTED), within="registration")
    with step("Deregister one WEC: the Binding names the other alone"):
        its.delete(cluster)
        its.eventually(gone(cluster), within="withdrawal")
        wds.eventually(bound_to(policy, fleet["stays"]), within="binding")
    with step("Create the object: it arrives in that one"):
        wds.apply(config)
        fleet["stays"].eventually(has(config), within="downsync")


def _register_again(its: Space, registered: Obj) -> None:
    """Create the ManagedCluster again, with its name and labels, and accept it."""
    metadata = {key: registered["metadata"][key] for key in ("name", "labels")}
    accepted = {"hubAcceptsClient": True}
    its.create({**registered, "metadata": metadata, "spec": accepted, "status": {}})


@promises("SETUP-27")
def test_a_wec_that_is_registered_again_gets_the_workload_again(
    wds: Space, its: Space, make: Make
) -> None:
    """It leaves its policy first: a WEC that a policy selects does not get away (SETUP-26)."""
    fleet = make.wecs(returns=ZONE_A, stays=ZONE_A)
    cluster = Ref(MANAGED_CLUSTER, "", fleet.wec("returns").name)
    one, two = make.config_map("one"), make.config_map("two")
    policy = make.policy(one, two, to=fleet.where(ZONE_A))
    with step("A policy has brought two objects to both WECs"):
        [registered] = its.eventually(cluster, within="registration")
        wds.apply(policy, one, two)
        fleet.eventually(has(one, two), within="downsync")
    with fleet["stays"].hold(same_uids(one, two)):
        with step("Take the label of one WEC, and deregister it: its ManagedCluster goes"):
            fleet["returns"].relabel(zone=None)
            fleet["returns"].eventually(gone(one, two), within="withdrawal")
            wds.eventually(bound_to(policy, fleet["stays"]), within="binding")
            its.delete(cluster)
            its.eventually(gone(cluster), within="withdrawal")
        with step("Register it again under its name, with the label"):
            _register_again(its, registered)
        with step("The Binding names both WECs, and both have the objects"):
            wds.eventually(bound_to(policy, fleet), within="binding")
            fleet.eventually(has(one, two), within="recovery")


@promises("SETUP-27")
@on_topologies("two-itses")
def test_a_real_wec_that_is_registered_again_gets_the_workload_again(
    arrangement: Arrangement, make: Make
) -> None:
    """Its agent runs on, with the certificate of the first registration."""
    its, wds, wecs = arrangement.its, arrangement.wds, arrangement.wecs
    cluster = Ref(MANAGED_CLUSTER, "", wecs[0].name)
    one, two = make.config_map("one"), make.config_map("two")
    with step("A policy by a label of the WEC has brought two objects to it"):
        registered = its.patch(cluster, {"metadata": {"labels": ZONE_A}})
        wds.apply(one, two, make.policy(one, two, to=[ZONE_A]))
        wecs.eventually(has(one, two), within="downsync")
    with step("Take the label, and deregister the WEC: objects and ManagedCluster go"):
        its.patch(cluster, {"metadata": {"labels": {"zone": None}}})
        wecs.eventually(gone(one, two), within="withdrawal")
        its.delete(cluster)
        its.eventually(gone(cluster), within="withdrawal")
    with step("Register it again under its name, with the label: it has the objects again"):
        _register_again(its, registered)
        its.eventually(joined(wecs), within="recovery")
        wecs.eventually(has(one, two), within="recovery")
