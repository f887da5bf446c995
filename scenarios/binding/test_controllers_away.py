"""What happens to policies while one of KubeStellar's controllers is away, or has just returned
(example scenario 1; architecture, "Binding Controller", "Sync BindingPolicy").
"""

from __future__ import annotations

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Obj,
    Space,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    at_rest,
    bound_to,
    gone,
    has,
    meets,
    no_binding,
    selects,
)

pytestmark = [own_wds, needs("stop-components", "virtual-wecs")]


@promises("BIND-33")
def test_what_is_created_while_the_controller_manager_is_away_is_bound(
    wds: Space, make: Make, controller_manager: ComponentHandle
) -> None:
    """A workload without its policy, a policy without its workload, and both."""
    early, late, both = (make.config_map(stem) for stem in ("early", "late", "both"))
    fleet = make.wecs(near={}, far={})
    of_early = make.policy(early, to=fleet, name="early")
    of_late = make.policy(late, to=fleet, name="late")
    of_both = make.policy(both, to=fleet, name="both")
    with step("Create an object, and the policy of another"):
        wds.apply(early, of_late)
        wds.eventually(bound_to(of_late, fleet), within="binding")
    with (
        controller_manager.stopped(),
        step("Without the controller manager, create the rest, and a third object with its policy"),
    ):
        wds.apply(of_early, late, both, of_both)
    with step("When it is back, the Bindings list the objects, and both WECs have them"):
        wds.eventually(selects(of_early, early), within="recovery")
        wds.eventually(selects(of_late, late), within="recovery")
        wds.eventually(selects(of_both, both), within="recovery")
        fleet.eventually(has(early, late, both), within="downsync")


FINALIZERS = {
    "BindingPolicy": "bindingpolicy.kubestellar.io/kscontroller",
    "Binding": "transport.kubestellar.io/object-cleanup",
}


def _keeps_its_finalizer(obj: Obj) -> bool:
    return FINALIZERS[obj["kind"]] in (obj["metadata"].get("finalizers") or [])


@promises("BIND-65")
def test_finalizers_keep_policy_and_binding_until_their_objects_are_cleaned_up(
    wds: Space, make: Make, transport_controller: ComponentHandle
) -> None:
    """A policy is deleted while the transport controller is stopped."""
    config, fleet = make.config_map(), make.wecs(near={}, far={})
    policy = make.policy(config, to=fleet)
    with step("An object is in two WECs: policy and Binding have a finalizer each"):
        wds.apply(config, policy)
        fleet.eventually(has(config), within="downsync")
        kept = meets(policy, "to have KubeStellar's finalizer", _keeps_its_finalizer)
        wds.eventually(kept, within="binding")
        kept = meets(policy.binding, "to have the transport's finalizer", _keeps_its_finalizer)
        wds.eventually(kept, within="binding")
    with transport_controller.stopped():
        with step("Delete the policy: the Binding stays while nobody cleans up, as do the objects"):
            wds.delete(policy)
            wds.eventually(gone(policy), within="withdrawal")
            going = meets(policy.binding, "to be on its way", _is_going)
            wds.eventually(going, within="withdrawal")  # by the garbage collector of a new WDS
            fleet.eventually(has(config), within="downsync")
    with step("When it is back, objects and Binding go"):
        fleet.eventually(gone(config), within="recovery")
        wds.eventually(no_binding(policy), within="recovery")


def _is_going(obj: Obj) -> bool:
    return "deletionTimestamp" in obj["metadata"]


@promises("BIND-65")
def test_a_policy_that_is_deleted_waits_for_the_controller_manager(
    wds: Space, make: Make, controller_manager: ComponentHandle
) -> None:
    """Its Binding and its object stay too."""
    config, fleet = make.config_map(), make.wecs(near={}, far={})
    policy = make.policy(config, to=fleet)
    with step("An object is in two WECs"):
        wds.apply(config, policy)
        fleet.eventually(has(config), within="downsync")
        wds.eventually(meets(policy, "to have a finalizer", _keeps_its_finalizer), within="binding")
    with controller_manager.stopped():
        with step("Delete the policy: it stays while nobody cleans up, as do Binding and object"):
            wds.delete(policy)
            going = meets(policy, "to be on its way", _is_going)
            wds.eventually(going, within="binding")
            with (
                wds.hold(going),
                wds.hold(bound_to(policy, fleet)),
                wds.hold(selects(policy, config)),
            ):
                wds.eventually(at_rest(policy, policy.binding), within="binding")
                fleet.eventually(has(config), within="downsync")
    with step("When it is back, policy, Binding and objects go"):
        wds.eventually(gone(policy), within="recovery")
        fleet.eventually(gone(config), within="recovery")
        wds.eventually(no_binding(policy), within="recovery")


@promises("BIND-59")
def test_a_policy_with_an_unusable_selector_does_not_disturb_others(wds: Space, make: Make) -> None:
    """Two such policies, and five good ones that follow the labels of a WEC."""
    configs = [make.config_map(f"config-{number}") for number in range(5)]
    fleet = make.wecs(first={"zone": "a"}, second={"zone": "b"})
    unusable = {"matchExpressions": [{"key": "zone", "operator": "In"}]}
    malformed = {"matchLabels": {"a/b/c": "x"}}
    with step("Create five good policies, and two with an unusable cluster selector"):
        wds.apply(*configs)
        clause = make.clause(objectNames=["no-such-object"])
        wds.apply(make.policy(to=[unusable], name="unusable", clauses=[clause]))
        wds.apply(make.policy(to=[malformed], name="malformed", clauses=[clause]))
        chosen = fleet.where({"zone": "a"})
        wds.apply(*[make.policy(one, to=chosen, name=one["metadata"]["name"]) for one in configs])
        fleet["first"].eventually(has(*configs), within="downsync")
    with step("The second WEC gets the label: it gets the objects of all good policies"):
        fleet["second"].relabel(zone="a")
        fleet["second"].eventually(has(*configs), within="downsync")
