"""Which StatusCollectors, CustomTransforms and Bindings are refused (API types; shipped CRDs)."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import (
    Make,
    Space,
    api_server_alone,
    case,
    promises,
    refuses_or_reports,
    step,
)
from kubestellar_conformance.story.conditions import contains

LOAD = "returned.status.load"
LIMIT = {"limit": 10}
NO_SUBJECT = "subject must be (set|given)|subject.*[Rr]equired"


@api_server_alone
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        case("an unknown field", {**LIMIT, "junk": 1}, 'unknown field "spec.junk"'),
        case(
            "select without def",
            {**LIMIT, "select": [{"name": "a"}]},
            r"spec.select\[0\].def: Required value",
        ),
        case(
            "select without name",
            {**LIMIT, "select": [{"def": LOAD}]},
            r"spec.select\[0\].name: Required value",
        ),
        case(
            "groupBy without def",
            {**LIMIT, "groupBy": [{"name": "a"}]},
            r"spec.groupBy\[0\].def: Required value",
        ),
        case(
            "groupBy without name",
            {**LIMIT, "groupBy": [{"def": LOAD}]},
            r"spec.groupBy\[0\].name: Required value",
        ),
        case(
            "an aggregate without name",
            {**LIMIT, "combinedFields": [{"type": "COUNT"}]},
            r"spec.combinedFields\[0\].name: Required value",
        ),
        case(
            "an aggregate without type",
            {**LIMIT, "combinedFields": [{"name": "a"}]},
            r"spec.combinedFields\[0\].type: Required value",
        ),
    ],
)
@promises("VALID-21")
def test_an_incomplete_status_collector_is_refused(
    wds: Space, make: Make, spec: dict[str, Any], message: str
) -> None:
    """Every expression and every aggregate has a name."""
    with step("The API server refuses the StatusCollector, and says why"):
        wds.refuses(make.status_collector(spec=spec), saying=message)


@pytest.mark.parametrize(
    ("aggregate", "message"),
    [
        case(
            "an unknown type",
            {"type": "MEDIAN", "subject": LOAD},
            "MEDIAN|type",
            promises="VALID-18",
        ),
        case(
            "an unknown type without subject",
            {"type": "MEDIAN"},
            "MEDIAN|type",
            promises="VALID-18",
        ),
        case(
            "COUNT with a subject",
            {"type": "COUNT", "subject": LOAD},
            "subject must be (nil|absent|omitted)|[Ff]orbidden.*subject",
            promises="VALID-19",
        ),
        case("SUM without a subject", {"type": "SUM"}, NO_SUBJECT, promises="VALID-20"),
        case("AVG without a subject", {"type": "AVG"}, NO_SUBJECT, promises="VALID-20"),
        case("MIN without a subject", {"type": "MIN"}, NO_SUBJECT, promises="VALID-20"),
        case("MAX without a subject", {"type": "MAX"}, NO_SUBJECT, promises="VALID-20"),
    ],
)
def test_an_aggregate_that_is_not_one_is_refused_or_reported(
    wds: Space, make: Make, aggregate: dict[str, str], message: str
) -> None:
    """Beside a good aggregate, so that the collector as a whole makes sense."""
    fields = [{"name": "n", "type": "COUNT"}, {"name": "bad", **aggregate}]
    collector = make.status_collector(spec={**LIMIT, "combinedFields": fields})
    with step("Create the StatusCollector: it is refused, or its status reports the error"):
        refuses_or_reports(wds, collector, saying=message)


@api_server_alone
@promises("VALID-17")
def test_a_status_collector_without_limit_is_accepted(wds: Space, make: Make) -> None:
    """The default limit is 20 rows."""
    collector = make.status_collector(select={"load": LOAD}, limit=None)
    with step("Create a StatusCollector that says no limit"):
        wds.accepts(collector)
    with step("Its limit is 20"):
        wds.eventually(contains(collector, {"spec": {"limit": 20}}), within="binding")


@api_server_alone
@promises("VALID-24")
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        case("no group", {"resource": "widgets", "remove": ["$.spec"]}, "spec.apiGroup: Required"),
        case(
            "no resource",
            {"apiGroup": "example.com", "remove": ["$.spec"]},
            "spec.resource: Required",
        ),
        case(
            "an unknown field",
            {"apiGroup": "a.io", "resource": "widgets", "junk": 1},
            'unknown field "spec.junk"',
        ),
    ],
)
def test_a_custom_transform_without_its_subject_is_refused(
    wds: Space, make: Make, spec: dict[str, Any], message: str
) -> None:
    """A transform is of one resource of one API group."""
    with step("The API server refuses the CustomTransform, and says why"):
        wds.refuses(make.custom_transform("v1/None", spec=spec), saying=message)


@api_server_alone
@promises("VALID-24")
def test_a_custom_transform_of_the_core_group_is_accepted(wds: Space, make: Make) -> None:
    """The core group is the empty text."""
    spec = {"apiGroup": "", "resource": "nothings", "remove": ["$.spec.a"]}
    with step("The API server accepts a CustomTransform of the core group"):
        wds.accepts(make.custom_transform("v1/Nothing", spec=spec))


ENTRY = {
    "group": "",
    "version": "v1",
    "resource": "configmaps",
    "namespace": "default",
    "name": "a",
    "resourceVersion": "1",
}
OF_CLUSTER = {
    "group": "",
    "version": "v1",
    "resource": "namespaces",
    "name": "a",
    "resourceVersion": "1",
}


@api_server_alone
@promises("VALID-25")
@pytest.mark.parametrize(
    "spec",
    [
        case("a destination twice", {"destinations": [{"clusterId": "a"}, {"clusterId": "a"}]}),
        case("an object of a namespace twice", {"workload": {"namespaceScope": [ENTRY, ENTRY]}}),
        case(
            "an object of the cluster twice",
            {"workload": {"clusterScope": [OF_CLUSTER, OF_CLUSTER]}},
        ),
    ],
)
def test_a_binding_with_a_duplicate_is_refused(
    wds: Space, make: Make, spec: dict[str, Any]
) -> None:
    """Destinations and object references are sets."""
    with step("The API server refuses the Binding, and says why"):
        wds.refuses(
            make.object("control.kubestellar.io/v1alpha1/Binding", spec=spec, namespace=""),
            saying="Duplicate value",
        )


@api_server_alone
@promises("VALID-26")
@pytest.mark.parametrize("scope", ["namespaceScope", "clusterScope"])
@pytest.mark.parametrize("absent", ["group", "version", "resource", "name", "resourceVersion"])
def test_a_binding_with_an_incomplete_reference_is_refused(
    wds: Space, make: Make, scope: str, absent: str
) -> None:
    """Every object is identified in full, and at a version."""
    entry = ENTRY if scope == "namespaceScope" else OF_CLUSTER
    part = {field: value for field, value in entry.items() if field != absent}
    binding = make.object(
        "control.kubestellar.io/v1alpha1/Binding", namespace="", spec={"workload": {scope: [part]}}
    )
    with step("The API server refuses the Binding, and names the field"):
        wds.refuses(binding, saying=rf"{scope}\[0\].{absent}: Required value")


@api_server_alone
@promises("VALID-26")
@pytest.mark.parametrize(
    ("spec", "field"),
    [
        case(
            "no namespace",
            {"workload": {"namespaceScope": [{**OF_CLUSTER, "resource": "configmaps"}]}},
            r"namespaceScope\[0\].namespace",
        ),
        case("no clusterId", {"destinations": [{}]}, r"destinations\[0\].clusterId"),
    ],
)
def test_a_binding_with_an_incomplete_place_is_refused(
    wds: Space, make: Make, spec: dict[str, Any], field: str
) -> None:
    """A namespaced object is in a namespace, and a destination has an identity."""
    binding = make.object("control.kubestellar.io/v1alpha1/Binding", namespace="", spec=spec)
    with step("The API server refuses the Binding, and names the field"):
        wds.refuses(binding, saying=rf"{field}: Required value")
