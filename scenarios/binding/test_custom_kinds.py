"""Custom kinds that come and go while KubeStellar runs (architecture, "Binding Controller"; example
scenario 2).
"""

from __future__ import annotations

from kubestellar_conformance.story import (
    Fleet,
    Kind,
    Make,
    Obj,
    Space,
    Spaces,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import contains, gone, has, same_uids, selects, served

pytestmark = on_fleet(edge={})


@promises("BIND-43")
def test_objects_of_a_new_kind_are_bound_without_a_restart(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """One policy is there before the kinds, another comes after; one kind is cluster-scoped."""
    by_name = make.clause(objectNames=[make.name("thing")])
    early = make.policy(to=fleet, name="early", clauses=[by_name])
    with step("Create a policy, then two kinds and an object of each"):
        wds.apply(early)
        gadget = make.object(make.kind("gadget"), "thing")
        gizmo = make.object(make.kind("gizmo", "Cluster"), "thing")
        wds.apply(gadget, gizmo)
    with step("The Binding lists both objects, and the WEC gets them"):
        wds.eventually(selects(early, gadget, gizmo), within="binding")
        fleet.eventually(has(gadget, gizmo), within="downsync")
    with step("So does the Binding of a policy that comes later"):
        late = make.policy(gadget, gizmo, to=fleet, name="late")
        wds.apply(late)
        wds.eventually(selects(late, gadget, gizmo), within="binding")


@promises("BIND-27")
def test_an_object_of_a_new_kind_that_is_deleted_goes_from_binding_and_wec(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """The policy is there before the kinds, and goes on to deliver the other object."""
    by_name = make.clause(objectNames=[make.name("thing")])
    policy = make.policy(to=fleet, clauses=[by_name])
    with step("A policy has brought objects of two new kinds to the WEC"):
        wds.apply(policy)
        gadget = make.object(make.kind("gadget"), "thing")
        gizmo = make.object(make.kind("gizmo", "Cluster"), "thing", spec={"size": 1})
        wds.apply(gadget, gizmo)
        fleet.eventually(has(gadget, gizmo), within="downsync")
    with fleet.hold(same_uids(gizmo)):
        with step("Delete one: it goes, and the Binding lists the other alone"):
            wds.delete(gadget)
            wds.eventually(selects(policy, gizmo), within="binding")
            fleet.eventually(gone(gadget), within="withdrawal")
        with step("Change the other: the change arrives"):
            wds.patch(gizmo, {"spec": {"size": 2}})
            fleet.eventually(contains(gizmo, {"spec": {"size": 2}}), within="downsync")


def _definition(make: Make, *versions: str) -> tuple[Obj, Kind]:
    """A CustomResourceDefinition of these versions, the last of which is stored, and its kind."""
    group = f"{make.name('group')}.example.com"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    spec = {
        "group": group,
        "scope": "Namespaced",
        "names": {"kind": "Gadget", "plural": "gadgets"},
        "versions": [
            {
                "name": version,
                "served": True,
                "storage": version == versions[-1],
                "schema": {"openAPIV3Schema": schema},
            }
            for version in versions
        ],
    }
    metadata = {"name": f"gadgets.{group}", "labels": {"of": make.name("test")}}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata,
        "spec": spec,
    }
    return crd, Kind(group, versions[-1], "Gadget")


@promises("BIND-44")
def test_objects_go_and_come_with_their_definition(wds: Space, fleet: Fleet, make: Make) -> None:
    """A definition is deleted, and created again."""
    crd, kind = _definition(make, "v1")
    before, after = make.object(kind, "before"), make.object(kind, "after")
    config = make.config_map()
    policy = make.policy(before, after, config, to=fleet)
    with step("An object of a custom kind and a ConfigMap are in the WEC"):
        wds.apply(crd)
        wds.eventually(served(kind), within="serving")
        wds.apply(before, config, policy)
        fleet.eventually(has(before, config), within="downsync")
    with fleet.hold(same_uids(config)):
        with step("Delete the definition: its object goes, and the ConfigMap stays"):
            wds.delete(crd)
            wds.eventually(gone(crd), within="withdrawal")
            wds.eventually(selects(policy, config), within="binding")
            fleet.eventually(gone(before), within="downsync")
        with step("Create it again, with another object: the WEC gets that"):
            wds.apply(crd)
            wds.eventually(served(kind), within="serving")
            wds.apply(after)
            wds.eventually(selects(policy, after, config), within="binding")
            fleet.eventually(has(after), within="downsync")


@promises("BIND-45")
def test_an_object_of_several_versions_is_listed_once(wds: Space, fleet: Fleet, make: Make) -> None:
    """A kind is served in two versions; its object changes."""
    crd, kind = _definition(make, "v1beta1", "v1")
    thing = make.object(kind, spec={"size": 1})
    policy = make.policy(thing, to=fleet)
    with step("Create a kind of two versions, and an object"):
        wds.apply(crd)
        wds.eventually(served(kind), within="serving")
        wds.apply(thing, policy)
    with step("The Binding lists the object once, and the WEC gets it"):
        wds.eventually(selects(policy, thing), within="binding")
        fleet.eventually(has(thing), within="downsync")
    with step("Change it: the Binding lists it once, at its present version"):
        wds.patch(thing, {"spec": {"size": 2}})
        wds.eventually(selects(policy, thing, at_live_version=True), within="binding")
        fleet.eventually(has(thing), within="downsync")


@promises("BIND-46")
def test_a_definition_travels_with_its_objects(wds: Space, wecs: Spaces, make: Make) -> None:
    """One policy of a definition and of objects of its kind."""
    crd, kind = _definition(make, "v1")
    own = {"of": make.name("test")}
    one, two = (make.object(kind, stem, labels=own, spec={"of": stem}) for stem in ("one", "two"))
    policy = make.policy(to=wecs, clauses=[make.clause(objectSelectors=[own])])
    with step("Create the definition, two objects and a policy for all of them"):
        wds.apply(crd)
        wds.eventually(served(kind), within="serving")
        wds.apply(one, two, policy)
        wds.eventually(selects(policy, crd, one, two), within="binding")
    with step("Both WECs serve the kind, and have the objects"):
        wecs.eventually(served(kind), within="recovery")
        wecs.eventually(has(one, two), within="recovery")
    with step("Delete the policy: objects and definition go"):
        wds.delete(policy)
        wecs.eventually(gone(crd), within="withdrawal")


@promises("BIND-49")
def test_a_custom_kind_may_be_called_like_one_that_is_left_out(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """Kinds with the plurals ``events``, ``leases`` and ``endpoints`` in a group of their own."""
    things = [make.object(make.kind(stem), "thing") for stem in ("event", "lease", "endpoint")]
    policy = make.policy(*things, to=fleet)
    with step("Create an object of each, and a policy for them"):
        wds.apply(*things, policy)
    with step("The Binding lists them, and the WEC gets them"):
        wds.eventually(selects(policy, *things), within="binding")
        fleet.eventually(has(*things), within="downsync")
