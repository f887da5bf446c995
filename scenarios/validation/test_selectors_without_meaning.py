"""Cluster selectors that no WEC can be tested by (API: clusterSelectors).

In a WDS of its own: when a WEC joins or its labels change, KubeStellar stops at the first policy
with such a selector (KD-0.30.0-BIND-11), so policies of other tests would miss the change.
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    Make,
    Selector,
    Space,
    case,
    expression,
    own_wds,
    refuses_or_reports,
    step,
)

pytestmark = own_wds


@pytest.mark.parametrize(
    "selector",
    [
        case("a key with a space", {"matchLabels": {"bad key": "x"}}, promises="VALID-13"),
        case("a key of two slashes", {"matchLabels": {"a/b/c": "x"}}, promises="VALID-13"),
        case("In without values", expression("env", "In"), promises="VALID-14"),
        case("NotIn without values", expression("env", "NotIn"), promises="VALID-14"),
        case("Exists with a value", expression("env", "Exists", "x"), promises="VALID-14"),
        case(
            "DoesNotExist with a value", expression("env", "DoesNotExist", "x"), promises="VALID-14"
        ),
    ],
)
def test_a_cluster_selector_without_meaning_is_refused_or_reported(
    wds: Space, make: Make, selector: Selector
) -> None:
    """No label selector of Kubernetes may be so."""
    policy = make.policy(make.config_map(), to=[selector])
    with step("Create a policy of that selector: it is refused, or its status reports an error"):
        refuses_or_reports(wds, policy)
