"""Objects that are too large for a ManifestWork (user guide, "Size considerations"; "Template
Expansion").
"""

from __future__ import annotations

from kubestellar_conformance.story import Fleet, Make, Space, on_fleet, promises, step
from kubestellar_conformance.story.conditions import errors, has, selects

pytestmark = on_fleet(edge={})
TOO_LARGE = "x" * 600_000


@promises("TRANSPORT-04")
def test_an_object_that_is_too_large_does_not_keep_others_away(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """One policy of a large object and a small one."""
    large, small = make.config_map("large", text=TOO_LARGE), make.config_map("small")
    policy = make.policy(large, small, to=fleet)
    with step("Ask for an object of 600 KB and, when that is bound, for a small one"):
        wds.apply(large, policy)
        wds.eventually(selects(policy, large), within="binding")
        wds.apply(small)
        wds.eventually(selects(policy, large, small), within="binding")
    with step("The small one arrives"):
        fleet.eventually(has(small), within="downsync")


@promises("TRANSPORT-04")
def test_an_object_that_is_too_large_is_reported(wds: Space, fleet: Fleet, make: Make) -> None:
    """In the status of the Binding or of its policy, which shows the Binding's errors."""
    large = make.config_map("large", text=TOO_LARGE)
    policy = make.policy(large, to=fleet)
    with step("Ask for an object of 600 KB"):
        wds.apply(large, policy)
        wds.eventually(selects(policy, large), within="binding")
    with step("The policy reports an error that speaks of it"):
        wds.eventually(errors(policy, matching="(?i)large|size"), within="binding")
