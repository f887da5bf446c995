"""The status that a WEC has written, when the object changes in the WDS (user guide,
"Transformations for all workload objects").
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Make, Space, Spaces, case, promises, step
from kubestellar_conformance.story.conditions import contains, has

READY = {"status": {"phase": "ready", "parts": [1, 2]}}


@promises("XFORM-05")
@pytest.mark.parametrize(
    "subresource", [case("with a status subresource", True), case("without one", False)]
)
def test_a_status_that_a_wec_has_written_is_kept(
    wds: Space, wec1: Space, wecs: Spaces, make: Make, subresource: bool
) -> None:
    """One WEC writes the status of a custom object; then the spec changes in the WDS."""
    kind = make.kind("gadget", status_subresource=subresource, also_in=wecs)
    thing = make.object(kind, spec={"size": 1})
    with step("Ask for a custom object: it is in both WECs"):
        wds.apply(thing, make.policy(thing, to=wecs))
        wecs.eventually(has(thing), within="downsync")
    with step("One WEC writes its status"):
        if subresource:
            wec1.update_status(thing, READY["status"])
        else:
            wec1.patch(thing, READY, force=True)
        wec1.eventually(contains(thing, READY), within="downsync")
    with step("The object changes in the WDS: the WECs follow, and the status is as it was"):
        wds.patch(thing, {"spec": {"size": 2}})
        wecs.eventually(contains(thing, {"spec": {"size": 2}}), within="downsync")
        wec1.stays(contains(thing, READY))
