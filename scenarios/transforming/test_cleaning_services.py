"""What a Service loses on the way to a WEC (user guide, "Built-in transformations of specific kinds
of workload object").
"""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import Fleet, Make, Obj, Space, case, on_fleet, promises, step
from kubestellar_conformance.story.conditions import contains, has, lacks

pytestmark = on_fleet(near={}, far={})
PRESERVE = "control.kubestellar.io/preserve"
POLICIES = {
    "ipFamilies": ["IPv4"],
    "ipFamilyPolicy": "SingleStack",
    "externalTrafficPolicy": "Local",
    "internalTrafficPolicy": "Local",
    "sessionAffinity": "ClientIP",
}


@pytest.fixture
def two_ports(make: Make) -> dict[str, Any]:
    """The spec of a NodePort Service of two ports."""
    ports = [{"name": name, "port": port} for name, port in (("http", 80), ("https", 443))]
    return {"type": "NodePort", "selector": {"app": make.name("web")}, "ports": ports}


@promises("XFORM-06")
def test_policies_of_a_service_stay_in_the_wds(
    wds: Space, fleet: Fleet, make: Make, two_ports: dict[str, Any]
) -> None:
    """IP families, traffic policies and session affinity are up to each WEC."""
    service = make.object("v1/Service", spec={**two_ports, **POLICIES})
    with step("Create a Service that has all five fields"):
        wds.apply(service, make.policy(service, to=fleet))
        wds.eventually(contains(service, {"spec": POLICIES}), within="binding")
    with step("It arrives without them, and with all else"):
        fleet.eventually(
            lacks(service, *(f"spec.{field}" for field in POLICIES)), within="downsync"
        )
        fleet.eventually(has(service), within="downsync")


@pytest.mark.parametrize(
    ("annotations", "kept"),
    [
        case("without the annotation", {}, False, promises="XFORM-07"),
        case("with it", {PRESERVE: "nodeport"}, True, promises="XFORM-08"),
        case("with another value", {PRESERVE: "nodePort"}, False, promises="XFORM-08"),
    ],
)
def test_node_ports_stay_in_the_wds_unless_preserved(
    wds: Space,
    fleet: Fleet,
    make: Make,
    two_ports: dict[str, Any],
    annotations: dict[str, str],
    kept: bool,
) -> None:
    """Each WEC allocates its own, unless an annotation preserves those of the WDS."""
    service = make.object("v1/Service", annotations=annotations, spec=two_ports)
    with step("Create a NodePort Service of two ports: the WDS allocates node ports"):
        [live] = wds.apply(service)
        wds.apply(make.policy(service, to=fleet))
    with step("It arrives with both node ports, or with none"):
        ports = live["spec"]["ports"]
        fields = ("name", "port", "protocol", "targetPort", *(["nodePort"] if kept else []))
        wanted = [{field: port[field] for field in fields} for port in ports]
        fleet.eventually(has(service), within="downsync")
        if kept:
            fleet.eventually(contains(service, {"spec": {"ports": wanted}}), within="downsync")
        else:
            fleet.eventually(lacks(service, "spec.ports[*].nodePort"), within="downsync")


@promises("XFORM-09", "XFORM-10")
@pytest.mark.parametrize(
    ("spec", "addresses"),
    [
        case("an ordinary Service", {}, None),
        case(
            "a headless one", {"clusterIP": "None"}, {"clusterIP": "None", "clusterIPs": ["None"]}
        ),
    ],
)
def test_only_headless_services_keep_their_cluster_ip(
    wds: Space, fleet: Fleet, make: Make, spec: Obj, addresses: Obj | None
) -> None:
    """The addresses of an ordinary Service are the WDS's own."""
    service = make.object("v1/Service", spec={"ports": [{"port": 80}], **spec})
    with step("Create the Service: the WDS gives it its list of addresses"):
        [live] = wds.apply(service)
        assert live["spec"]["clusterIPs"], "the WDS has given the Service no address"
        wds.apply(make.policy(service, to=fleet))
    with step("It arrives with None, or without an address"):
        fleet.eventually(has(service), within="downsync")
        if addresses:
            fleet.eventually(contains(service, {"spec": addresses}), within="downsync")
        else:
            gone = lacks(service, "spec.clusterIP", "spec.clusterIPs")
            fleet.eventually(gone, within="downsync")
