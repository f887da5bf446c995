"""How many objects the transport controller sees (dashboard of the controllers, and the metrics'
own help). An ITS and a WDS of the module's own, since these numbers speak of a whole ITS.
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    Arrangement,
    Endpoints,
    Make,
    Platform,
    endpoints_of,
    metric,
    needs,
    on_topologies,
    promises,
    step,
)

pytestmark = needs("endpoints", "topologies")
GAUGE = "kubestellar_transport_controller"
MANAGED_CLUSTER = "cluster.open-cluster-management.io/v1/ManagedCluster"
PROPERTIES = "customization-properties"


@pytest.fixture
def endpoints(platform: Platform, arrangement: Arrangement) -> Endpoints:
    """Of the transport controller of the arrangement's WDS."""
    return endpoints_of(
        platform, platform.component(f"{arrangement.wds.name}/transport-controller")
    )


@promises("OBS-09")
@on_topologies("two-itses")
def test_the_numbers_of_wecs_bindings_transforms_and_wrapped_objects(
    arrangement: Arrangement, endpoints: Endpoints, make: Make
) -> None:
    """Each is the number of the objects: before, with more of them, and when they are gone."""
    wecs, bindings, transforms, works = (
        metric(f"{GAUGE}_{name}") for name in ("wecs", "bindings", "transforms", "wrapped_objects")
    )
    second = make.object(MANAGED_CLUSTER, "second", namespace="", spec={"hubAcceptsClient": False})
    transform = make.object(
        "control.kubestellar.io/v1alpha1/CustomTransform",
        namespace="",
        spec={"apiGroup": "example.com", "resource": "gadgets", "remove": ["$.spec.size"]},
    )
    configs = make.config_maps(3)
    policy = make.policy(configs, to=arrangement.clusters)
    with step("One WEC, and nothing else"):
        endpoints.eventually(wecs, equal_to=1, within="downsync")
        assert [endpoints.value(one) for one in (bindings, transforms, works)] == [0, 0, 0]
    with step("A second WEC, a Binding with three objects, and a CustomTransform"):
        arrangement.its.apply(second)
        arrangement.wds.apply(transform, configs, policy)
        endpoints.eventually(wecs, equal_to=2, within="downsync")
        endpoints.eventually(bindings, equal_to=1, within="downsync")
        endpoints.eventually(transforms, equal_to=1, within="downsync")
        endpoints.eventually(works, equal_to=3, within="downsync")
    with step("All of them go"):
        arrangement.wds.delete(policy, transform)
        arrangement.its.delete(second)
        endpoints.eventually(wecs, equal_to=1, within="withdrawal")
        endpoints.eventually(bindings, equal_to=0, within="withdrawal")
        endpoints.eventually(transforms, equal_to=0, within="withdrawal")
        endpoints.eventually(works, equal_to=0, within="withdrawal")


@promises("OBS-09")
@on_topologies("two-itses")
def test_the_number_of_property_config_maps(
    arrangement: Arrangement, endpoints: Endpoints, make: Make
) -> None:
    """A ConfigMap in the namespace of the properties counts, and no other ConfigMap of the ITS."""
    properties = make.config_map("properties", namespace=PROPERTIES, zone="a")
    with step("The ITS gets one property ConfigMap, and another ConfigMap"):
        arrangement.its.apply(properties, make.config_map("other"))
    with step("One is counted"):
        endpoints.eventually(metric(f"{GAUGE}_prop_maps"), equal_to=1, within="downsync")
