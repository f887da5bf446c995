"""Two controller managers of one WDS (commands, "KubeStellar Controller Manager": leader-elect)."""

from __future__ import annotations

from kubestellar_conformance.story import (
    Arrangement,
    ComponentHandle,
    Make,
    Part,
    Platform,
    Space,
    endpoints_of,
    metric,
    needs,
    on_topologies,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import bound_to

pytestmark = [own_wds, needs("stop-components", "endpoints", "topologies", "virtual-wecs")]
CREATED = metric(
    "kubestellar_apiserver_call_latency_seconds_count",
    space="wds",
    resource="bindings.v1alpha1.control.kubestellar.io",
    method="create",
)


@promises("RESIL-14")
@on_topologies("two-wdses-on-one-its")
def test_of_two_controller_managers_one_is_active(
    wds: Space,
    make: Make,
    platform: Platform,
    arrangement: Arrangement,
    controller_manager: ComponentHandle,
    part: Part,
) -> None:
    """The controller manager of another WDS serves this one as well. Both run with leader-elect."""
    config, fleet = make.config_map(), make.wecs(near={}, far={})
    policies = [make.policy(config, to=fleet, name=f"policy-{number}") for number in range(20)]
    later = make.policy(config, to=fleet, name="later")
    other = part(f"{arrangement.wds.name}/kubestellar-controller-manager")
    first = endpoints_of(platform, controller_manager)
    before = first.value(CREATED)
    with other.restarted(wds_name=wds.name):
        second = endpoints_of(platform, other)
        with step("Create twenty policies: all are bound"):
            wds.apply(config, *policies)
            for policy in policies:
                wds.eventually(bound_to(policy, fleet), within="binding")
        with step("Only one of the two controller managers has created Bindings"):
            active = [first.value(CREATED) > before, second.value(CREATED) > 0]
            assert active.count(True) == 1, f"both are active: {active}"
        with step("When the first stops, the other goes on"), controller_manager.stopped():
            wds.apply(later)
            wds.eventually(bound_to(later, fleet), within="recovery")
