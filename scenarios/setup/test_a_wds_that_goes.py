"""A WDS that is deleted while others are in use (user guide, "The Full Story"; the page "Teardown",
"Deleting the WDSes").
"""

from __future__ import annotations

from kubestellar_conformance.story import (
    Arrangement,
    Kind,
    Make,
    Platform,
    Space,
    needs,
    note,
    on_topologies,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import gone, has, same_uids, selects

pytestmark = needs("topologies", "virtual-wecs")
MANIFEST_WORK = Kind.of("work.open-cluster-management.io/v1/ManifestWork")
WDS_LABEL = "transport.kubestellar.io/originWdsName"


@promises("SETUP-28")
@on_topologies("two-wdses-on-one-its")
def test_a_wds_that_is_deleted_leaves_the_other_working(
    wds: Space, its: Space, make: Make, platform: Platform, arrangement: Arrangement
) -> None:
    """Both have brought an object to the same WECs."""
    fleet, going = make.wecs(near={}, far={}), arrangement.wds
    kept, later, theirs = (make.config_map(stem) for stem in ("kept", "later", "theirs"))
    policy = make.policy(kept, later, to=fleet, name="mine")
    with step("Two WDSes have brought an object each to both WECs"):
        wds.apply(policy, kept)
        going.apply(make.policy(theirs, to=fleet, name="theirs"), theirs)
        fleet.eventually(has(kept, of=wds), within="downsync")
        fleet.eventually(has(theirs, of=going), within="downsync")
    with fleet.hold(same_uids(kept)), wds.hold(same_uids(policy.binding)):
        with step("Delete one WDS"):
            platform.remove(going.name)
        with step("A further object of the other WDS arrives"):
            wds.apply(later)
            wds.eventually(selects(policy, kept, later), within="binding")
            fleet.eventually(has(later, of=wds), within="downsync")
        with step("Withdraw it: it goes, and the first object stays"):
            wds.delete(later)
            fleet.eventually(gone(later), within="withdrawal")
    left = its.list(MANIFEST_WORK, labels={WDS_LABEL: going.name})
    note("ManifestWorks that the deleted WDS leaves in the ITS, of 2", len(left))
    its.delete(*left)
