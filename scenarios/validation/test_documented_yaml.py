"""The API objects that the documentation prints, and what an API server says of their kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Kind,
    Make,
    Space,
    Workload,
    api_server_alone,
    case,
    is_served_as,
    on_fleet,
    promises,
    shows,
    step,
    would_accept,
)
from kubestellar_conformance.story.conditions import combined_status

pytestmark = on_fleet(edge={})
CONTROL = "control.kubestellar.io/v1alpha1"


@api_server_alone
@promises("VALID-28")
@pytest.mark.parametrize(
    "page",
    [
        "binding",
        "combined-status",
        "transforming",
        "authorization",
        "example-scenarios",
        case("scenario 1's workload", "nginx"),
        case("scenario 4's workload", "nginx-singleton"),
        case("scenario 5's workload", "nginx-res"),
    ],
)
def test_what_a_page_prints_can_be_applied(
    wds: Space, printed: Callable[[str], Workload], page: str
) -> None:
    """Field validation is strict, which is what kubectl asks for."""
    with step("The API server accepts a dry run of every object that the page prints"):
        would_accept(wds, printed(page))


@api_server_alone
@promises("VALID-16")
def test_the_example_of_multi_wec_status_can_be_applied(
    wds: Space, printed: Callable[[str], Workload]
) -> None:
    """The page's one object."""
    with step("The API server accepts a dry run of the example as printed"):
        would_accept(wds, printed("multi-wec-aggregated-status"))


@api_server_alone
@promises("VALID-27")
@pytest.mark.parametrize(
    ("kind", "namespaced", "short", "categories"),
    [
        case("BindingPolicy", "BindingPolicy", False, "bp", ()),
        case("Binding", "Binding", False, "bdg", ()),
        case("StatusCollector", "StatusCollector", False, "sc", ()),
        case("CustomTransform", "CustomTransform", False, "ct", ["all"]),
        case("CombinedStatus", "CombinedStatus", True, "cs", ()),
    ],
)
def test_a_kind_is_served_in_its_scope_under_its_short_name(
    wds: Space, kind: str, namespaced: bool, short: str, categories: Sequence[str]
) -> None:
    """``kubectl get bp`` and the like."""
    with step("Discovery in the WDS has the kind's scope, short name and categories"):
        served = Kind.of(f"{CONTROL}/{kind}")
        is_served_as(wds, served, namespaced=namespaced, short_names=[short], categories=categories)


@promises("VALID-30")
def test_a_listing_shows_the_subject_of_a_combined_status(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """The object's group, resource, namespace and name, and the policy."""
    web = make.deployment()
    count = make.status_collector("count", combine={"n": "COUNT"})
    policy = make.policy(web, to=fleet, collect=count)
    with step("Ask for a count over one WEC, which reports"):
        wds.apply(count, policy, web)
        fleet.report(web, "replicas", edge=1)
        [combined] = wds.eventually(combined_status(web, policy, rows=1), within="combined_status")
    with step("A listing shows whose status that is"):
        subject = {
            "SUBJECT_GROUP": "apps",
            "SUBJECT_RSC": "deployments",
            "SUBJECT_NS": "default",
            "SUBJECT_NAME": web["metadata"]["name"],
            "BINDINGPOLICY": policy.name,
        }
        shows(wds, combined, subject)


@api_server_alone
@promises("VALID-30")
def test_a_listing_shows_the_subject_of_a_custom_transform(wds: Space, make: Make) -> None:
    """Its group and resource."""
    spec = {"apiGroup": "example.com", "resource": "nothings", "remove": ["$.spec.a"]}
    with step("Create a CustomTransform"):
        [transform] = wds.accepts(make.custom_transform("v1/Nothing", spec=spec))
    with step("A listing shows which objects it is about"):
        shows(wds, transform, {"SUBJECT_GROUP": "example.com", "SUBJECT_RESOURCE": "nothings"})
