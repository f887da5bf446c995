"""What a Binding says of its BindingPolicy (user guide, "Binding Basics"; API: Binding)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Make,
    Obj,
    Policy,
    Space,
    Spaces,
    case,
    note,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    bound_to,
    bundled,
    gone,
    has,
    meets,
    no_binding,
    no_manifest_works,
    same_uids,
    selects,
    without,
)

pytestmark = on_fleet(edge={"tier": "prod", "zone": "a"}, rim={"tier": "dev", "zone": "a"})


@promises("BIND-01")
@pytest.mark.parametrize(
    ("objects", "wecs"),
    [
        case("objects and a WEC", 2, 1),
        case("a WEC and no object", 0, 1),
        case("objects and no WEC", 2, 0),
        case("neither", 0, 0),
    ],
)
def test_every_policy_has_a_binding_of_its_name(
    wds: Space, fleet: Fleet, make: Make, objects: int, wecs: int
) -> None:
    """A Binding is the resolution of its policy's selectors, whatever they select."""
    edge = fleet["edge"]
    configs = [make.config_map("one"), make.config_map("two")]
    policy = make.policy(*configs, to=fleet.where({"tier": "prod" if wecs else "none"}))
    with step("Create a policy, and as many of its objects as it shall select"):
        wds.apply(policy, *configs[:objects])
    with step("It has a Binding of its name, which says what the policy selects"):
        wds.eventually(bound_to(policy, edge[:wecs]), within="binding")
        wds.eventually(selects(policy, *configs[:objects]), within="binding")


@promises("BIND-24", "BIND-27")
def test_what_is_deleted_or_ceases_to_match_is_withdrawn_alone(
    wds: Space, wecs: Spaces, make: Make
) -> None:
    """Of three objects one is deleted, one loses its labels for a while, and one stays."""
    deleted, relabelled = make.config_map("deleted"), make.config_map("relabelled")
    kept = make.config_map("kept")
    labels = relabelled["metadata"]["labels"]
    with step("Three objects are in the WECs"):
        wds.apply(make.policy(deleted, relabelled, kept, to=wecs), deleted, relabelled, kept)
        wecs.eventually(has(deleted, relabelled, kept), within="downsync")
    with wecs.hold(same_uids(kept)):
        with step("Delete one: it goes from the WECs", promise="BIND-27"):
            wds.delete(deleted)
            wecs.eventually(gone(deleted), within="downsync")
        with step("Take the labels off another, and put them back", promise="BIND-24"):
            wds.patch(relabelled, {"metadata": {"labels": None}})
            wecs.eventually(gone(relabelled), within="downsync")
            wds.patch(relabelled, {"metadata": {"labels": labels}})
            wecs.eventually(has(relabelled), within="downsync")


@promises("BIND-02")
def test_a_binding_is_owned_by_its_policy(wds: Space, fleet: Fleet, make: Make) -> None:
    """So deleting the policy deletes the Binding."""
    config = make.config_map()
    with step("Create a policy"):
        wds.apply(config)
        [policy] = wds.apply(make.policy(config, to=fleet))
    with step("It is the one owner of its Binding"):
        owner = {
            "apiVersion": "control.kubestellar.io/v1alpha1",
            "kind": "BindingPolicy",
            "name": policy["metadata"]["name"],
            "uid": policy["metadata"]["uid"],
        }
        named = {"kind": "Binding", "metadata": {"name": policy["metadata"]["name"]}}
        binding = {"apiVersion": "control.kubestellar.io/v1alpha1", **named}
        wds.eventually(meets(binding, "to be owned by its policy", _owned_by(owner)))


def _owned_by(owner: dict[str, str]) -> Callable[[Obj], bool]:
    def owned(obj: Obj) -> bool:
        references = obj["metadata"].get("ownerReferences") or []
        return [{field: one[field] for field in owner} for one in references] == [owner]

    return owned


@promises("BIND-03")
def test_a_binding_lists_objects_of_both_scopes_at_their_present_version(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """Two objects of each scope, of four kinds in three API groups."""
    place, role = make.namespace(), make.object("rbac.authorization.k8s.io/v1/ClusterRole")
    config, web = make.config_map(namespace=place, size="1"), make.deployment()
    policy = make.policy(place, role, config, web, to=fleet)
    with step("Create a policy of them all: its Binding lists them at their present versions"):
        wds.apply(place, role, config, web, policy)
        everything = selects(policy, place, role, config, web, at_live_version=True)
        wds.eventually(everything, within="binding")
    with step("Those of no namespace are listed apart, each with group, version and resource"):
        scopes = meets(policy.binding, "to list each object in its scope", _lists_scopes)
        wds.eventually(scopes, within="binding")
    with step("Change one of each scope: the Binding lists the new versions"):
        wds.patch(config, {"data": {"size": "2"}})
        wds.patch(role, {"metadata": {"annotations": {"example.com/round": "2"}}})
        wds.eventually(everything, within="binding")


def _lists_scopes(binding: Obj) -> bool:
    workload = binding["spec"]["workload"]
    listed = {
        scope: sorted((one["group"], one["version"], one["resource"]) for one in workload[scope])
        for scope in ("clusterScope", "namespaceScope")
    }
    return listed == {
        "clusterScope": [
            ("", "v1", "namespaces"),
            ("rbac.authorization.k8s.io", "v1", "clusterroles"),
        ],
        "namespaceScope": [("", "v1", "configmaps"), ("apps", "v1", "deployments")],
    }


@promises("BIND-04")
def test_a_wec_that_several_selectors_match_is_listed_once(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """Three selectors; the first WEC matches them all, the second one of them."""
    config = make.config_map()
    selectors = fleet.where({"tier": "prod"}, {"zone": "a"}, {"tier": "prod", "zone": "a"})
    policy = make.policy(config, to=selectors)
    with step("Create a policy whose selectors match a WEC several times"):
        wds.apply(config, policy)
    with step("The Binding lists each WEC once"):
        wds.eventually(bound_to(policy, fleet), within="binding")


@promises("BIND-69")
@pytest.mark.parametrize("spec", [case("omitted", {}), case("empty", {"downsync": []})])
def test_a_policy_without_a_clause_selects_no_object(
    wds: Space, its: Space, fleet: Fleet, make: Make, spec: Obj
) -> None:
    """Objects are selected by any of the clauses, and there is none."""
    config = make.config_map()
    policy = make.policy(spec={"clusterSelectors": fleet.where(), **spec})
    with step("Create an object, and a policy that says only where to"):
        wds.apply(config, policy)
    with step("The Binding lists the WECs and no object, and goes on to"):
        wds.eventually(bound_to(policy, fleet), within="binding")
        wds.eventually(selects(policy), within="binding")
        wds.stays(selects(policy))
    with step("There is no ManifestWork, and no WEC has the object"):
        its.eventually(no_manifest_works(policy), within="downsync")
        fleet.eventually(without(config), within="downsync")


@promises("BIND-50")
def test_a_binding_of_the_user_s_own_is_served(
    wds: Space, its: Space, fleet: Fleet, make: Make
) -> None:
    """A Binding without a BindingPolicy, which the user creates, edits and deletes."""
    edge, rim = fleet.wec("edge"), fleet.wec("rim")
    [one, two] = wds.apply(make.config_map("one"), make.config_map("two"))
    binding = _own_binding(make.name("mine"), [one], edge)
    with step("Create a Binding of one object and one WEC: the WEC gets the object"):
        wds.apply(binding)
        edge.eventually(has(one), within="downsync")
    with step("Edit both: the other WEC gets the other object, and the first loses its own"):
        wds.apply(_own_binding(make.name("mine"), [two], rim))
        rim.eventually(has(two), within="downsync")
        edge.eventually(gone(one), within="downsync")
        fleet.eventually(without(one), within="downsync")
    with step("Delete the Binding: nothing is left of it"):
        wds.delete(binding)
        rim.eventually(gone(two), within="withdrawal")
        wds.eventually(no_binding(make.name("mine")), within="withdrawal")
        its.eventually(no_manifest_works(make.name("mine")), within="withdrawal")


def _own_binding(name: str, configs: list[Obj], wec: Space) -> Obj:
    entries = [
        {
            "group": "",
            "version": "v1",
            "resource": "configmaps",
            **{field: one["metadata"][field] for field in ("namespace", "name", "resourceVersion")},
        }
        for one in configs
    ]
    return {
        "apiVersion": "control.kubestellar.io/v1alpha1",
        "kind": "Binding",
        "metadata": {"name": name},
        "spec": {
            "destinations": [{"clusterId": wec.name}],
            "workload": {"namespaceScope": entries},
        },
    }


def _edit_until_rewritten(wds: Space, policy: Policy, spec: Obj) -> None:
    """Edit a policy's Binding, and wait until somebody writes it again."""
    edited = wds.patch(policy.binding, {"spec": spec}, force=True)["metadata"]["generation"]
    rewritten = meets(
        policy.binding,
        "to be written again",
        lambda live: bool(live["metadata"]["generation"] > edited),
    )
    wds.eventually(rewritten, within="binding")


@promises("BIND-51")
@pytest.mark.parametrize(
    "edit",
    [
        case("no destination", {"destinations": []}),
        case("no object", {"workload": {"namespaceScope": []}}),
    ],
)
def test_an_edit_of_a_policy_s_binding_is_taken_back(
    wds: Space, fleet: Fleet, make: Make, edit: Obj
) -> None:
    """A user edits the Binding, and not the policy."""
    config = make.config_map()
    policy = make.policy(config, to=fleet)
    with step("An object is in two WECs"):
        wds.apply(config, policy)
        fleet.eventually(has(config), within="downsync")
    with step("Edit the Binding: somebody writes it again"):
        _edit_until_rewritten(wds, policy, edit)
    with step("It is as the policy says, and the WECs have the object"):
        wds.eventually(bound_to(policy, fleet), within="binding")
        wds.eventually(selects(policy, config), within="binding")
        fleet.eventually(has(config), within="downsync")


@promises("BIND-51")
def test_what_is_added_to_a_policy_s_binding_goes_again(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """A user adds an object and a WEC to the Binding, and not to the policy."""
    edge, rim = fleet.wec("edge"), fleet.wec("rim")
    [mine, stray] = wds.apply(make.config_map("mine"), make.config_map("stray"))
    policy = make.policy(mine, to=edge)
    with step("An object is in one WEC"):
        wds.apply(policy)
        edge.eventually(has(mine), within="downsync")
    with step("Add another object and the other WEC to the Binding: somebody writes it again"):
        spec = _own_binding(policy.name, [mine, stray], rim)["spec"]
        spec["destinations"].append({"clusterId": edge.name})
        _edit_until_rewritten(wds, policy, spec)
    with step("It is as the policy says, and so are the WECs"):
        wds.eventually(bound_to(policy, [edge]), within="binding")
        wds.eventually(selects(policy, mine), within="binding")
        rim.eventually(gone(mine, stray), within="withdrawal")
        edge.eventually(gone(stray), within="withdrawal")
        edge.eventually(has(mine), within="downsync")


@promises("BIND-52")
def test_a_binding_that_is_deleted_is_created_again(
    wds: Space, its: Space, fleet: Fleet, make: Make
) -> None:
    """A user deletes the Binding, and not the policy."""
    config = make.config_map()
    policy = make.policy(config, to=fleet)
    with step("An object is in two WECs"):
        wds.apply(config, policy)
        before = fleet.eventually(has(config), within="downsync")
        [old] = wds.eventually(selects(policy, config), within="binding")
    with step("Delete the Binding: there is another one"):
        wds.delete(policy.binding)
        new = meets(
            policy.binding,
            "to be another object",
            lambda live: bool(live["metadata"]["uid"] != old["metadata"]["uid"]),
        )
        wds.eventually(new, within="recovery")
    with step("It says the same, and the WECs have the object, or have it again"):
        wds.eventually(bound_to(policy, fleet), within="binding")
        wds.eventually(selects(policy, config), within="binding")
        its.eventually(bundled(policy, fleet, objects=1, at_most=1), within="recovery")
        after = fleet.eventually(has(config), within="downsync")
        note("WECs in which the object is another one, of 2", len(_uids(after) - _uids(before)))


def _uids(found: dict[str, list[Obj]]) -> set[str]:
    return {obj["metadata"]["uid"] for objects in found.values() for obj in objects}
