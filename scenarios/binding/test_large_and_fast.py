"""Policies with long names (Kubernetes, "Object Names and IDs")."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kubestellar_conformance.story import Make, Space, case, needs, own_wds, promises, step
from kubestellar_conformance.story.conditions import bound_to, gone, has, no_binding

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
