"""Which label selectors are refused (API: clusterSelectors; the shipped CRD)."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    Make,
    Selector,
    Space,
    api_server_alone,
    case,
    expression,
    promises,
    refuses_or_reports,
    step,
)
from kubestellar_conformance.story.conditions import no_errors

SECOND = r"clusterSelectors\[1\]"
LABEL = rf"{SECOND}.matchLabels.env.* should match '"
KEY = rf"{SECOND}.matchExpressions\[0\].key.* should match '"


@api_server_alone
@pytest.mark.parametrize(
    ("selector", "message"),
    [
        case(
            "a label's value with a comma",
            {"matchLabels": {"env": "a, b"}},
            LABEL,
            promises="VALID-08",
        ),
        case(
            "a label's value that ends with a dash",
            {"matchLabels": {"env": "a-"}},
            LABEL,
            promises="VALID-08",
        ),
        case(
            "a key whose prefix is not a DNS name",
            expression("Bad_Prefix/x", "In", "x"),
            KEY,
            promises="VALID-09",
        ),
        case("a key with a leading dash", expression("-x", "In", "x"), KEY, promises="VALID-09"),
        case(
            "an unknown operator",
            expression("env", "Is", "x"),
            r'clusterSelectors\[1\].*operator: Invalid value: "Is"',
            promises="VALID-10",
        ),
        case(
            "no operator",
            {"matchExpressions": [{"key": "env"}]},
            r"clusterSelectors\[1\].*operator: Required value",
            promises="VALID-10",
        ),
        case(
            "an expression's value with a space",
            expression("env", "In", "a b"),
            rf"{SECOND}.matchExpressions\[0\].values\[0\].* should match '",
            promises="VALID-11",
        ),
        case(
            "a bad value beside a good one",
            expression("env", "In", "a", "b,"),
            rf"{SECOND}.matchExpressions\[0\].values\[1\].* should match '",
            promises="VALID-11",
        ),
    ],
)
def test_a_cluster_selector_that_is_not_one_is_refused(
    wds: Space, make: Make, selector: Selector, message: str
) -> None:
    """Also where it is not the first selector of the policy."""
    good = {"matchLabels": {"env": "prod"}}
    policy = make.policy(to=[good, selector], clauses=[make.clause(apiGroup="")])
    with step("The API server refuses the policy, and says why"):
        wds.refuses(policy, saying=message)


@promises("VALID-12")
@pytest.mark.parametrize(
    "selector",
    [
        case("a prefixed label", {"matchLabels": {"example.com/env": "prod-1.a_B"}}),
        case("an empty value", {"matchLabels": {"env": ""}}),
        case("In", expression("example.com/env", "In", "a", "b")),
        case("NotIn", expression("env", "NotIn", "x")),
        case("Exists", expression("env", "Exists")),
        case("DoesNotExist", expression("env", "DoesNotExist")),
    ],
)
def test_a_good_cluster_selector_is_accepted(wds: Space, make: Make, selector: Selector) -> None:
    """And no error is reported later."""
    policy = make.policy(make.config_map(), to=[selector])
    with step("The API server accepts the policy"):
        wds.accepts(policy)
    with step("Its status reports no error"):
        wds.eventually(no_errors(policy), within="binding")


@promises("VALID-15")
@pytest.mark.parametrize(
    "selector",
    [
        case("an unknown operator", expression("env", "Is", "x")),
        case("a value with a space", expression("env", "In", "a b")),
        case("a label's value with a comma", {"matchLabels": {"env": "a, b"}}),
        case("a key with a space", {"matchLabels": {"bad key": "x"}}),
        case("In without values", expression("env", "In"), promises="VALID-14"),
        case("NotIn without values", expression("env", "NotIn"), promises="VALID-14"),
        case("Exists with a value", expression("env", "Exists", "x"), promises="VALID-14"),
        case(
            "DoesNotExist with a value", expression("env", "DoesNotExist", "x"), promises="VALID-14"
        ),
    ],
)
def test_selectors_of_objects_and_namespaces_are_validated_too(
    wds: Space, make: Make, selector: Selector
) -> None:
    """What the API server does not check is reported in status.errors."""
    of_object = make.clause(apiGroup="", objectSelectors=[selector])
    of_namespace = make.clause(apiGroup="", namespaceSelectors=[selector])
    with step("Create a policy with that object selector: it is refused, or an error reported"):
        refuses_or_reports(wds, make.policy(name="of-object", clauses=[of_object]))
    with step("The same for a namespace selector"):
        refuses_or_reports(wds, make.policy(name="of-namespace", clauses=[of_namespace]))
