"""Scenario 1 on every topology that the user guide allows for: several of each, and the hosting
cluster in any part.
"""

from __future__ import annotations

from kubestellar_conformance.story import Arrangement, Make, Workload, on_topologies, promises, step
from kubestellar_conformance.story.conditions import (
    available,
    bound_to,
    gone,
    has,
    joined,
    mailboxes,
    no_manifest_works,
)


@promises("SCEN-1-03", "SCEN-1-05", "SETUP-10", "SETUP-20")
@on_topologies(promises={"its-is-the-hosting-cluster": "SETUP-07"})
def test_a_workload_reaches_the_wecs_of_its_wds(
    arrangement: Arrangement, nginx: Workload, make: Make
) -> None:
    """User guide, "The full story": ITSes, WDSes and WECs in any number; a WDS uses the ITS that it
    names.
    """
    wds, wecs = arrangement.wds, arrangement.wecs
    policy = make.policy(nginx, to=arrangement.clusters, name="nginx-bpolicy")
    with step("Each WEC has joined, with one mailbox", promises=["SETUP-10", "SETUP-20"]):
        arrangement.its.eventually(joined(wecs), within="registration")
        arrangement.its.eventually(mailboxes(wecs), within="registration")
    with step("Create a BindingPolicy for all WECs, and deploy the app"):
        wds.apply(policy, nginx)
    with step("The Binding names these WECs and no other"):
        wds.eventually(bound_to(policy, wecs), within="binding")
    with step("The deployment has been created there, and runs"):
        wecs.eventually(has(nginx, of=wds), within="downsync")
        wecs.eventually(available(nginx), within="available")
    with step("After teardown nothing is left"):
        wds.delete(policy)
        arrangement.its.eventually(no_manifest_works(policy, wds=wds.name), within="withdrawal")
        wecs.eventually(gone(nginx), within="withdrawal")
