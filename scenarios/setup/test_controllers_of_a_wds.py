"""What the controllers of a WDS do when they start, and which API groups they bind (core chart,
values; architecture, "KubeStellar Controller Manager"; commands, "KubeStellar Controller Manager").
"""

from __future__ import annotations

import copy

import pytest

from kubestellar_conformance.story import (
    ComponentHandle,
    Kind,
    Make,
    Ref,
    Space,
    case,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    bound_to,
    contains,
    has,
    lacks,
    same_uids,
    selects,
)

pytestmark = [own_wds, needs("stop-components", "virtual-wecs")]
DEFINITION = Kind.of("apiextensions.k8s.io/v1/CustomResourceDefinition")
POLICIES = Ref(DEFINITION, "", "bindingpolicies.control.kubestellar.io")


@pytest.mark.parametrize(
    ("groups", "bound"),
    [
        case("two groups", "apps,batch", ("deployment", "cron job"), promises="SETUP-33"),
        case("two, one of them after a space", "apps, batch", ("deployment", "cron job"),
             promises="SETUP-34"),
    ],
)  # fmt: skip
def test_a_wds_with_api_groups_binds_objects_of_those_groups_alone(
    wds: Space,
    make: Make,
    controller_manager: ComponentHandle,
    groups: str,
    bound: tuple[str, ...],
) -> None:
    """A Deployment, a CronJob and a ConfigMap, which is of the group without a name."""
    fleet = make.wecs(near={}, far={})
    pod = make.deployment("pod")["spec"]["template"]["spec"]
    job = {"spec": {"template": {"spec": {**pod, "restartPolicy": "Never"}}}}
    schedule = {"schedule": "0 0 1 1 *", "jobTemplate": job}
    objects = {
        "deployment": make.deployment("web"),
        "cron job": make.object("batch/v1/CronJob", "yearly", spec=schedule),
        "config map": make.config_map(),
    }
    later = make.deployment("later")
    policy = make.policy(*objects.values(), later, to=fleet)
    chosen = [objects[name] for name in bound]
    with controller_manager.restarted(api_groups=groups):
        with step("Ask for all three"):
            wds.apply(*objects.values(), policy)
        with step("Those of the groups are bound, and arrive"):
            wds.eventually(bound_to(policy, fleet), within="binding")
            wds.eventually(selects(policy, *chosen), within="binding")
            fleet.eventually(has(*chosen), within="downsync")
        with step("So is a Deployment that is created now, and no object of another group"):
            wds.apply(later)
            wds.eventually(selects(policy, *chosen, later), within="binding")
    with step("Without the flag all three are bound"):
        wds.eventually(selects(policy, *objects.values(), later), within="recovery")


@promises("SETUP-33")
def test_a_wds_with_api_groups_leaves_out_kinds_that_are_defined_later(
    wds: Space, make: Make, controller_manager: ComponentHandle
) -> None:
    """The policy asks for a Deployment, and for all objects of a kind of another group."""
    fleet, own = make.wecs(only={}), {"app": make.name("app")}
    web = make.deployment(labels=own)
    policy = make.policy(to=fleet, clauses=[make.clause(objectSelectors=[own])])
    with controller_manager.restarted(api_groups="apps,batch"):
        with step("Ask for objects of a label, of which there is a Deployment: it is bound"):
            wds.apply(web, policy)
            wds.eventually(selects(policy, web), within="binding")
        with wds.hold(selects(policy, web)):
            with step("Define a kind of another group, and create an object of it with the label"):
                thing = make.object(make.kind("gadget"), labels=own, spec={"size": 1})
                wds.apply(thing)
            with step("The Deployment changes: the Binding follows, and lists nothing else"):
                wds.scale(web, 2)
                wds.eventually(selects(policy, web, at_live_version=True), within="binding")
    with step("Without the flag both are bound"):
        wds.eventually(selects(policy, web, thing), within="recovery")


@promises("SETUP-39")
def test_a_controller_manager_brings_the_control_kinds_to_its_own_version(
    wds: Space, make: Make, controller_manager: ComponentHandle
) -> None:
    """The definition of a control kind is altered while the controller manager is away."""
    shipped = wds.get(POLICIES)
    assert shipped
    [version] = copy.deepcopy(shipped["spec"]["versions"])
    schema = version["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["properties"]["altered"] = {"type": "string"}
    config = make.config_map()
    policy = make.policy(config, to=make.wecs(only={}))
    with step("A BindingPolicy is there"):
        wds.apply(policy)
        wds.eventually(policy, within="binding")
    with wds.hold(same_uids(policy)):
        with controller_manager.stopped(), step("Add a field to the schema of BindingPolicies"):
            wds.patch(POLICIES, {"spec": {"versions": [version]}}, force=True)
        with step("The controller manager is back: the schema is as it was shipped"):
            field = "spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.altered"
            wds.eventually(lacks(POLICIES, field), within="restart")
            wds.eventually(contains(POLICIES, {"spec": shipped["spec"]}), within="restart")
    with step("It works with the policy"):
        wds.apply(config)
        wds.eventually(selects(policy, config), within="recovery")
