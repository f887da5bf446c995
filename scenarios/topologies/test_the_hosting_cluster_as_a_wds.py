"""The hosting cluster as a WDS (core chart, values; getting started, "Next Steps"): it has objects
that are no workload.
"""

from __future__ import annotations

from kubestellar_conformance.story import (
    Arrangement,
    Kind,
    Make,
    Ref,
    on_topologies,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    bound_to,
    has,
    same_uids,
    selects,
    unwritten,
    without,
)

CONTROL_PLANE = Kind.of("tenancy.kflex.kubestellar.org/v1alpha1/ControlPlane")


@promises("SETUP-12")
@on_topologies("wds-is-the-hosting-cluster")
def test_a_workload_of_the_hosting_cluster_arrives_and_nothing_else_of_it(
    arrangement: Arrangement, make: Make
) -> None:
    """A policy selects one of two ConfigMaps. The other, and KubeFlex's objects, are left alone."""
    wds, wecs = arrangement.wds, arrangement.wecs
    config, other = make.config_map(), make.config_map("other")
    control_plane = Ref(CONTROL_PLANE, "", wds.name)
    policy = make.policy(config, to=arrangement.clusters)
    with step("Create both ConfigMaps, and a policy for one of them"):
        wds.apply(other, config)
        with wds.hold(unwritten(other)), wds.hold(same_uids(control_plane)):
            wds.apply(policy)
            with step("The policy is bound to the WECs, with the one that it selects"):
                wds.eventually(bound_to(policy, wecs), within="binding")
                wds.eventually(selects(policy, config), within="binding")
            with step("It arrives, and the other does not"):
                wecs.eventually(has(config, of=wds), within="downsync")
                wecs.stays(without(other))
