"""Which BindingPolicies are refused (user guide, "Binding"; API: BindingPolicySpec)."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import Make, Space, api_server_alone, case, promises, step
from kubestellar_conformance.story.conditions import contains

pytestmark = api_server_alone
UNKNOWN = "unknown field"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        case("a field of no spec", {"junk": 1}, f'{UNKNOWN} "spec.junk"', promises="VALID-01"),
        case(
            "a field of no clause",
            {"downsync": [{"apiGroup": "", "junk": 1}]},
            rf'{UNKNOWN} "spec.downsync\[0\].junk"',
            promises="VALID-02",
        ),
        case(
            "the second clause has it",
            {"downsync": [{"apiGroup": ""}, {"junk": 1}]},
            rf'{UNKNOWN} "spec.downsync\[1\].junk"',
            promises="VALID-02",
        ),
        case(
            "a clause that selects nothing",
            {"downsync": [{"createOnly": True}]},
            r"spec.downsync\[0\].*Required value",
            promises="VALID-03",
        ),
        case(
            "an empty clause",
            {"downsync": [{}]},
            r"spec.downsync\[0\].*Required value",
            promises="VALID-03",
        ),
        case(
            "the nesting before 0.26",
            {"downsync": [{"apiGroup": "", "statusCollection": {"statusCollectors": ["x"]}}]},
            f"{UNKNOWN} .*statusCollection",
            promises="VALID-04",
        ),
        case(
            "that nesting alone",
            {"downsync": [{"statusCollection": {"statusCollectors": ["x"]}}]},
            f"{UNKNOWN} .*statusCollection",
            promises="VALID-04",
        ),
    ],
)
def test_a_malformed_policy_is_refused_with_a_reason(
    wds: Space, make: Make, spec: dict[str, Any], message: str
) -> None:
    """Field validation is strict, which is what kubectl asks for."""
    with step("The API server refuses the policy, and says why"):
        wds.refuses(make.policy(spec=spec), saying=message)


@promises("VALID-01", "VALID-02")
def test_every_field_of_the_api_is_accepted(wds: Space, make: Make) -> None:
    """A policy with each criterion and each modulation keeps what was written."""
    selector = {"matchExpressions": [{"key": "env", "operator": "Exists"}]}
    clause = {
        "apiGroup": "apps",
        "resources": ["deployments"],
        "namespaces": ["default"],
        "namespaceSelectors": [selector],
        "objectSelectors": [{"matchLabels": {"of": make.name("test")}}],
        "objectNames": ["web"],
        "createOnly": True,
        "statusCollectors": ["sc"],
        "wantSingletonReportedState": True,
        "wantMultiWECReportedState": True,
    }
    spec = {"clusterSelectors": [selector], "downsync": [clause]}
    policy = make.policy(spec=spec)
    with step("Create a policy that has every field of the API"):
        wds.accepts(policy)
    with step("It is stored as written"):
        wds.eventually(contains(policy, {"spec": spec}), within="binding")
