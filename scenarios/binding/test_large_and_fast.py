"""Policies with long names (Kubernetes, "Object Names and IDs"), and a policy of many objects and
WECs (the page "Setup limitations", "Size considerations").
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Space,
    case,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import bound_to, gone, has, no_binding, selects

pytestmark = [own_wds, needs("virtual-wecs")]


@promises("BIND-61")
@pytest.mark.parametrize(
    "length", [case(f"{number} characters", number) for number in (63, 64, 253)]
)
def test_a_policy_may_have_a_long_name(wds: Space, make: Make, length: int) -> None:
    """Names may have 253 characters; values of labels may not have more than 63."""
    config, fleet = make.config_map(), make.wecs(near={}, far={})
    policy = make.policy(config, to=fleet)
    policy = replace(policy, name=policy.name.ljust(length, "x"))
    with step("Ask for a ConfigMap, with a policy that has such a name"):
        wds.apply(policy, config)
        wds.eventually(bound_to(policy, fleet), within="binding")
    with step("The ConfigMap arrives in both WECs"):
        fleet.eventually(has(config), within="downsync")
    with step("Delete the policy: the Binding and the ConfigMap go"):
        wds.delete(policy)
        fleet.eventually(gone(config), within="withdrawal")
        wds.eventually(no_binding(policy), within="withdrawal")


@promises("BIND-62")
@needs("stop-components")
def test_a_policy_of_a_thousand_objects_and_twenty_wecs_is_resolved_exactly(
    wds: Space, make: Make, transport_controller: ComponentHandle
) -> None:
    """There is a WEC and there are objects besides. Nobody delivers: the Binding is the question,
    and twenty thousand objects in ManifestWorks would take minutes.
    """
    twenty, _ = make.wecs(**{f"wec{number}": {} for number in range(20)}), make.wecs(other={})
    thousand, others = make.config_maps(1000, "asked"), make.config_maps(3, "other")
    policy = make.policy(thousand, to=twenty)
    with transport_controller.stopped():
        with step("Ask for a thousand objects on twenty WECs: the Binding lists exactly those"):
            wds.apply(policy, others, thousand)
            wds.eventually(selects(policy, thousand), within="downsync")
            wds.eventually(bound_to(policy, twenty), within="binding")
        with step("Delete all of them: the Binding lists none, and the same WECs"):
            wds.delete(thousand)
            wds.eventually(selects(policy), within="downsync")
            wds.eventually(bound_to(policy, twenty), within="binding")
        with step("Create them again: the Binding lists exactly the new ones"):
            wds.apply(thousand)
            present = selects(policy, thousand, at_live_version=True)
            wds.eventually(present, within="downsync")
            wds.eventually(bound_to(policy, twenty), within="binding")
        with step("Delete the policy: the Binding goes, before anybody delivers what it lists"):
            wds.delete(policy)
            wds.eventually(no_binding(policy), within="withdrawal")
