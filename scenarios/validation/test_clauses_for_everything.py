"""Clauses of a BindingPolicy that tell no object from another (API: DownsyncObjectTest).

They select every object of the WDS, so the WDS is the module's own: an error that concerns another
test's object would pass for one about the clause.
"""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import (
    Make,
    Space,
    case,
    own_wds,
    refuses_or_reports,
    step,
)

pytestmark = own_wds


@pytest.mark.parametrize(
    "clause",
    [
        case("every resource", {"resources": ["*"]}, promises="VALID-05"),
        case("every name", {"objectNames": ["*"]}, promises="VALID-05"),
        case("an empty list of resources", {"resources": []}, promises="VALID-06"),
        case("an empty list of namespaces", {"namespaces": []}, promises="VALID-06"),
        case(
            "an empty list of namespace selectors", {"namespaceSelectors": []}, promises="VALID-06"
        ),
        case("an empty list of object selectors", {"objectSelectors": []}, promises="VALID-06"),
        case("an empty list of names", {"objectNames": []}, promises="VALID-06"),
        case(
            "empty lists alone",
            {
                "resources": [],
                "namespaces": [],
                "namespaceSelectors": [],
                "objectSelectors": [],
                "objectNames": [],
            },
            promises="VALID-06",
        ),
        case("* beside a resource", {"resources": ["*", "pods"]}, promises="VALID-07"),
        case("* beside a namespace", {"namespaces": ["*", "default"]}, promises="VALID-07"),
        case("* beside a name", {"objectNames": ["*", "one"]}, promises="VALID-07"),
    ],
)
def test_a_clause_that_tells_no_object_from_another_is_refused_or_reported(
    wds: Space, make: Make, clause: dict[str, Any]
) -> None:
    """API: at least one criterion discriminates, and ``*`` stands alone. The API server refuses
    what does not, or status.errors reports it.
    """
    with step("Create a policy of that clause: it is refused, or its status reports an error"):
        refuses_or_reports(wds, make.policy(spec={"downsync": [clause]}))
