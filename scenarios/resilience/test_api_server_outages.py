"""Outages of KubeFlex, and of all of the control plane (example scenario 5). The WDS's alone:
`test_wds_outages`; the ITS's: `test_its_outages`.
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    ControlPlane,
    Make,
    Part,
    Space,
    Spaces,
    needs,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import available, has, same_uids

pytestmark = [pytest.mark.exclusive, needs("stop-components")]


@promises("RESIL-06")
def test_the_system_goes_on_after_an_outage_of_kubeflex(
    host: Space, wds: Space, wecs: Spaces, make: Make, part: Part
) -> None:
    """The WECs keep their workload meanwhile, and a new object arrives during it and afterwards."""
    before, during, after = (make.config_map(stem) for stem in ("before", "during", "after"))
    with step("A ConfigMap is in both WECs"):
        wds.apply(make.policy(before, during, after, to=wecs), before)
        wecs.eventually(has(before), within="downsync")
    with wecs.hold(same_uids(before)):
        with part(f"{host.name}/kubeflex-controller-manager").stopped():
            with step("KubeFlex's controller is away: a new object arrives all the same"):
                wds.apply(during)
                wecs.eventually(has(before, during), within="recovery")
        with step("It is back: another arrives"):
            wds.apply(after)
            wecs.eventually(has(before, during, after), within="recovery")


@promises("RESIL-07")
def test_a_new_workload_is_delivered_after_all_of_the_control_plane_was_down(
    wds: Space, wecs: Spaces, control_plane: ControlPlane, make: Make
) -> None:
    """Stop and start everything in the page's order; a policy of before goes on to work too."""
    web, config, later = make.deployment(), make.config_map(), make.config_map("later")
    new = make.deployment("new")
    with step("A Deployment and a ConfigMap are in both WECs"):
        wds.apply(make.policy(web, config, later, to=wecs, name="before"), web, config)
        wecs.eventually(has(config), within="downsync")
        wecs.eventually(available(web), within="available")
    with wecs.hold(same_uids(web, config)):
        with step("Stop both API servers, KubeFlex and KubeStellar's controllers, and start them"):
            control_plane.stop()
            control_plane.start()
        with step("Create a new policy and a new workload: it runs in both WECs"):
            wds.apply(make.policy(new, to=wecs, name="after"), new)
            wecs.eventually(has(new), within="recovery")
            wecs.eventually(available(new), within="available")
        with step("A new object of the policy of before arrives"):
            wds.apply(later)
            wecs.eventually(has(web, config, later), within="recovery")
