"""Metrics of KubeStellar's controllers (Observability, "Metrics Endpoints"). The module has a WDS
of its own, so its controllers count only what the module's tests cause.
"""

from __future__ import annotations

from kubestellar_conformance.story import (
    ComponentHandle,
    Endpoints,
    Make,
    Space,
    metric,
    needs,
    own_wds,
    promises,
    sized,
    step,
)
from kubestellar_conformance.story.conditions import has

pytestmark = [own_wds, needs("endpoints", "virtual-wecs")]
LATENCY = "kubestellar_apiserver_call_latency_seconds"
CALLS, SECONDS = f"{LATENCY}_count", f"{LATENCY}_sum"
BINDINGS = "bindings.v1alpha1.control.kubestellar.io"
WORKS = "manifestworks.v1.work.open-cluster-management.io"
TRANSPORT = "kubestellar_transport_controller"


@promises("OBS-02")
def test_the_controller_manager_serves_metrics_without_authentication(
    controller_manager_endpoints: Endpoints,
) -> None:
    """By plain HTTP, to a client that has no credential."""
    with step("Ask for the metrics"):
        controller_manager_endpoints.serves("metrics", "/metrics", saying=rf"(?m)^{CALLS}\{{")


@promises("OBS-03")
@needs("stop-components")
def test_the_transport_controller_serves_metrics_where_it_is_configured(
    transport_controller: ComponentHandle, transport_controller_endpoints: Endpoints
) -> None:
    """By plain HTTP at the address of its flag, also when that is another one."""
    endpoints = transport_controller_endpoints
    first, other = endpoints.address("metrics"), endpoints.address("pprof")
    with step("Ask at the address of the flag"):
        endpoints.serves("metrics", "/metrics", saying=f"(?m)^{TRANSPORT}_bindings ")
    with (
        step("Exchange the addresses of metrics and profiles"),
        transport_controller.restarted(metrics_bind_address=other, pprof_bind_address=first),
    ):
        endpoints.serves("metrics", "/metrics", saying=f"(?m)^{TRANSPORT}_bindings ")
        endpoints.serves_not("pprof", "/metrics")


@promises("OBS-08")
def test_the_controller_manager_counts_its_calls(
    wds: Space, make: Make, controller_manager_endpoints: Endpoints
) -> None:
    """By space, resource and method: a policy is one more Binding that is created in the WDS."""
    endpoints = controller_manager_endpoints
    created = metric(CALLS, space="wds", resource=BINDINGS, method="create", error="")
    deleted = metric(CALLS, space="wds", resource=BINDINGS, method="delete", error="")
    configs, fleet = make.config_maps(2), make.wecs(first={})
    with step("Calls to both spaces are counted"):
        endpoints.has_metrics(metric(CALLS, space="wds"), metric(CALLS, space="its"))
    before, gone = endpoints.value(created), endpoints.value(deleted)
    with step("A policy and two objects are one more Binding"):
        wds.apply(configs, make.policy(configs, to=fleet))
        fleet.eventually(has(configs), within="downsync")
        endpoints.eventually(created, equal_to=before + 1, within="binding")
        assert endpoints.value(deleted) == gone


@promises("OBS-08")
def test_the_transport_controller_counts_its_calls(
    wds: Space, make: Make, transport_controller_endpoints: Endpoints
) -> None:
    """Three objects are read in the WDS, and put into three ManifestWorks in the ITS."""
    endpoints = transport_controller_endpoints
    created, deleted = (
        metric(CALLS, space="its", resource=WORKS, method=method, error="")
        for method in ("create", "delete")
    )
    read = metric(CALLS, space="wds", resource="configmaps.v1.", method="get", error="")
    configs, fleet = make.config_maps(3), make.wecs(first={})
    policy = make.policy(configs, to=fleet)
    before, gone, looked = (endpoints.value(one) for one in (created, deleted, read))
    with step("Three objects are three calls to create, and at least three to get"):
        wds.apply(configs, policy)
        fleet.eventually(has(configs), within="downsync")
        endpoints.eventually(created, equal_to=before + 3, within="downsync")
        endpoints.eventually(read, at_least=looked + 3, within="downsync")
        assert endpoints.value(deleted) == gone
    with step("Without the policy they are three calls to delete"):
        wds.delete(policy)
        endpoints.eventually(deleted, at_least=gone + 3, within="withdrawal")
        assert endpoints.value(created) == before + 3


@promises("OBS-08")
def test_the_duration_of_calls_is_measured_in_seconds(
    wds: Space,
    make: Make,
    controller_manager_endpoints: Endpoints,
    transport_controller_endpoints: Endpoints,
) -> None:
    """A call takes some milliseconds, so the mean over all calls to a space is below a second."""
    configs, fleet = make.config_maps(3), make.wecs(first={})
    with step("A policy and three objects make calls of both controllers to both spaces"):
        wds.apply(configs, make.policy(configs, to=fleet))
        fleet.eventually(has(configs), within="downsync")
    with step("Their mean duration is above zero, and below a second"):
        for endpoints in (controller_manager_endpoints, transport_controller_endpoints):
            for space in ("wds", "its"):
                endpoints.has_metrics(metric(CALLS, space=space), metric(SECONDS, space=space))
                calls = endpoints.value(metric(CALLS, space=space))
                assert 0 < endpoints.value(metric(SECONDS, space=space)) / calls < 1


@promises("OBS-09")
def test_the_transport_controller_counts_how_large_bindings_are(
    wds: Space, make: Make, transport_controller_endpoints: Endpoints
) -> None:
    """By the number of objects, that of WECs, and their product: 7 objects for 3 WECs."""
    endpoints = transport_controller_endpoints
    objects = sized(f"{TRANSPORT}_binding_whats", over="5", up_to="10")
    places = sized(f"{TRANSPORT}_binding_wheres", over="2", up_to="5")
    both = sized(f"{TRANSPORT}_binding_areas", over="10", up_to="30")
    larger = sized(f"{TRANSPORT}_binding_areas", over="30", up_to="+Inf")
    configs, fleet = make.config_maps(7), make.wecs(one={}, two={}, three={})
    before = [endpoints.value(one) for one in (objects, places, both, larger)]
    with step("A policy sends 7 objects to 3 WECs"):
        wds.apply(configs, make.policy(configs, to=fleet))
        fleet.eventually(has(configs), within="downsync")
    with step("A Binding of this size was seen, and none that is larger"):
        endpoints.eventually(objects, at_least=before[0] + 1, within="binding")
        endpoints.eventually(places, at_least=before[1] + 1, within="binding")
        endpoints.eventually(both, at_least=before[2] + 1, within="binding")
        assert endpoints.value(larger) == before[3]


@promises("OBS-10")
def test_the_work_queues_of_both_controllers_are_measured(
    wds: Space,
    make: Make,
    controller_manager_endpoints: Endpoints,
    transport_controller_endpoints: Endpoints,
) -> None:
    """Each queue by its name: what was added to it, and how much waits in it."""
    manager, transport = controller_manager_endpoints, transport_controller_endpoints
    bindings, works = f"Binding-{wds.name}", "transport-controller"
    for_manager = metric("workqueue_adds_total", name=bindings)
    for_transport = metric("workqueue_adds_total", name=works)
    configs, fleet = make.config_maps(3), make.wecs(first={})
    with step("The queues of both controllers are there"):
        manager.has_metrics(
            metric("workqueue_depth", name=bindings),
            metric("workqueue_depth", name=f"Status-{wds.name}"),
            metric("workqueue_adds_total", name=f"Status-{wds.name}"),
        )
        transport.has_metrics(metric("workqueue_depth", name=works))
    added, bound = manager.value(for_manager), transport.value(for_transport)
    with step("A policy and three objects add to them"):
        wds.apply(configs, make.policy(configs, to=fleet))
        fleet.eventually(has(configs), within="downsync")
        manager.eventually(for_manager, at_least=added + 4, within="binding")
        transport.eventually(for_transport, at_least=bound + 1, within="binding")
    with step("The queues become empty again"):
        manager.eventually(metric("workqueue_depth", name=bindings), equal_to=0, within="binding")
        transport.eventually(metric("workqueue_depth", name=works), equal_to=0, within="downsync")
