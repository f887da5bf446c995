"""What is left of a BindingPolicy that is deleted (architecture, "Transport Controller")."""

from __future__ import annotations

from kubestellar_conformance.story import (
    ComponentHandle,
    Make,
    Space,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    bound_to,
    has,
    no_binding,
    no_manifest_works,
)

pytestmark = [own_wds, needs("stop-components", "virtual-wecs")]


@promises("BIND-63")
def test_a_policy_that_loses_a_wec_just_before_its_deletion_leaves_nothing(
    wds: Space, its: Space, make: Make, transport_controller: ComponentHandle
) -> None:
    """The transport controller learns of the loss and of the deletion at once."""
    config, fleet = make.config_map(), make.wecs(lost={}, kept={})
    policy = make.policy(config, to=fleet, name="policy")
    with step("A ConfigMap is in two WECs"):
        wds.apply(policy, config)
        fleet.eventually(has(config), within="downsync")
    with transport_controller.stopped():
        with step("The policy loses one of the WECs"):
            policy = make.policy(config, to=fleet["kept"], name="policy")
            wds.apply(policy)
            wds.eventually(bound_to(policy, fleet["kept"]), within="binding")
        with step("The policy is deleted, and so is its Binding"):
            wds.delete(policy)
            wds.eventually(no_binding(policy, but_going=True), within="withdrawal")
    with step("When the Binding is gone, no mailbox has a ManifestWork of it"):
        wds.eventually(no_binding(policy), within="recovery")
        its.eventually(no_manifest_works(policy, but_going=True), within="binding")
