"""What becomes of a Service in real WECs, each of which gives it an address and node ports."""

from __future__ import annotations

from kubestellar_conformance.story import Make, Obj, Space, Spaces, promises, step
from kubestellar_conformance.story.conditions import contains, labelled, meets, same_objects

ALLOCATED = "have an address, and a node port for every port"


@promises("XFORM-11")
def test_a_headless_service_is_headless_in_the_wecs(wds: Space, wecs: Spaces, make: Make) -> None:
    """Each WEC keeps the None of the WDS."""
    service = make.object("v1/Service", spec={"clusterIP": "None", "ports": [{"port": 80}]})
    with step("Ask for a headless Service on both WECs"):
        wds.apply(service, make.policy(service, to=wecs))
    with step("It is headless there"):
        headless = {"spec": {"clusterIP": "None", "clusterIPs": ["None"]}}
        wecs.eventually(contains(service, headless), within="downsync")


@promises("XFORM-07")
def test_every_wec_allocates_node_ports_of_its_own(wds: Space, wecs: Spaces, make: Make) -> None:
    """A NodePort Service of two ports has two node ports in each WEC."""
    ports = [{"name": "http", "port": 80}, {"name": "https", "port": 443}]
    service = make.object("v1/Service", spec={"type": "NodePort", "ports": ports})
    with step("Ask for a NodePort Service of two ports on both WECs"):
        wds.apply(service, make.policy(service, to=wecs))
    with step("Each WEC gives both of its ports a node port"):
        wecs.eventually(meets(service, ALLOCATED, _has_allocated), within="downsync")


@promises("XFORM-08")
def test_preserved_node_ports_are_the_same_in_every_wec(
    wds: Space, wecs: Spaces, make: Make
) -> None:
    """The annotation makes the node ports of the WDS those of the WECs."""
    preserve = {"control.kubestellar.io/preserve": "nodeport"}
    spec = {"type": "NodePort", "ports": [{"port": 80}]}
    service = make.object("v1/Service", annotations=preserve, spec=spec)
    with step("Create a NodePort Service with the annotation, and ask for it on both WECs"):
        [live] = wds.apply(service)
        wds.apply(make.policy(service, to=wecs))
    with step("Its node port in each WEC is that of the WDS"):
        wecs.eventually(contains(service, {"spec": {"ports": live["spec"]["ports"]}}))


@promises("XFORM-12")
def test_changes_leave_what_a_wec_has_allocated(
    wds: Space, wec1: Space, wec2: Space, wecs: Spaces, make: Make
) -> None:
    """Address and node port of each WEC's Service stay, through three changes in the WDS."""
    service = make.object("v1/Service", spec={"type": "NodePort", "ports": [{"port": 80}]})
    with step("Ask for a NodePort Service on both WECs: each allocates address and node port"):
        wds.apply(service, make.policy(service, to=wecs))
        [first] = wec1.eventually(meets(service, ALLOCATED, _has_allocated), within="downsync")
        [second] = wec2.eventually(meets(service, ALLOCATED, _has_allocated), within="downsync")
        before = wecs.snapshot(service)
    with step("Three changes of a label arrive, and never touch what the WECs have allocated"):
        with (
            wec1.hold(contains(service, _given(first))),
            wec2.hold(contains(service, _given(second))),
        ):
            wds.patch(service, {"metadata": {"labels": {"round": "1"}}})
            wecs.eventually(labelled(service, round="1"), within="downsync")
            wds.patch(service, {"metadata": {"labels": {"round": "2"}}})
            wecs.eventually(labelled(service, round="2"), within="downsync")
            wds.patch(service, {"metadata": {"labels": {"round": "3"}}})
            wecs.eventually(labelled(service, round="3"), within="downsync")
    with step("Each WEC's Service is still the same object"):
        wecs.eventually(same_objects(before), within="downsync")


def _has_allocated(service: Obj) -> bool:
    spec = service["spec"]
    return bool(spec.get("clusterIP")) and all("nodePort" in port for port in spec["ports"])


def _given(live: Obj) -> Obj:
    return {"spec": {field: live["spec"][field] for field in ("clusterIP", "ports")}}
