"""An expression may refer to fields of any name ("Combined Status from WECs", "Queryable Objects";
API: Expression).
"""

from __future__ import annotations

from kubestellar_conformance.story import Make, Space, needs, own_wds, promises, step
from kubestellar_conformance.story.conditions import rows

pytestmark = [own_wds, needs("virtual-wecs")]
READY, ALL = "returned.status.objectsReady", "returned.status.objectsTotal"


@promises("STATUS-91")
def test_fields_may_have_names_that_begin_like_obj(wds: Space, make: Make) -> None:
    """Two of them in one expression."""
    fleet, web = make.wecs(eu={}, us={}), make.deployment()
    counts = make.status_collector(filter=f"has({ALL})", select={"missing": f"{ALL} - {READY}"})
    policy = make.policy(web, to=fleet, collect=counts)
    with step("Ask for a Deployment on two WECs, and for the difference of two numbers of objects"):
        wds.apply(counts, policy, web)
        some, none = {"objectsReady": 1, "objectsTotal": 4}, {"objectsReady": 2, "objectsTotal": 2}
        fleet.report(web, eu=some, us=none)
    with step("Each row has it"):
        expected = [{"missing": 3}, {"missing": 0}]
        wds.eventually(rows(counts, web, policy, expected), within="combined_status")
