"""Several ITSes (user guide, "The Full Story"): a WDS uses one of them, and no other."""

from __future__ import annotations

from kubestellar_conformance.story import Arrangement, Make, Space, on_topologies, promises, step
from kubestellar_conformance.story.conditions import bound_to, has, no_manifest_works, without


@promises("SETUP-17")
@on_topologies("two-itses")
def test_a_wds_that_selects_every_wec_reaches_those_of_its_own_its(
    arrangement: Arrangement, its: Space, wec1: Space, make: Make
) -> None:
    """The platform's first ITS has WECs too."""
    config = make.config_map()
    policy = make.policy(config, to=[{}])
    with step("Ask for a ConfigMap on the WECs that an empty selector matches"):
        arrangement.wds.apply(config, policy)
    with step("The Binding names those of its ITS alone, and they get it"):
        arrangement.wds.eventually(bound_to(policy, arrangement.wecs), within="binding")
        arrangement.wecs.eventually(has(config, of=arrangement.wds), within="downsync")
    with step("The other ITS and its WECs have nothing of it"):
        its.eventually(no_manifest_works(policy), within="withdrawal")
        wec1.eventually(without(config), within="downsync")
