"""Which kinds are never bound, and which are (pkg/binding/binding-controller.go; release note
0.22.0).
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Kind,
    Make,
    Obj,
    Ref,
    Space,
    Spaces,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import has, labelled, not_applied, selects, without

pytestmark = on_fleet(edge={})
CONTROL = "control.kubestellar.io/v1alpha1"
FLOW_CONTROL = "flowcontrol.apiserver.k8s.io/v1"


@pytest.fixture
def of_the_cluster(make: Make) -> list[Obj]:
    """An object of each kind that belongs to a cluster itself, with a label of the test's own."""
    own = {"of": make.name("test")}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "default", "name": "x"}
    limited = {"limitResponse": {"type": "Reject"}}
    schema = {"priorityLevelConfiguration": {"name": "exempt"}, "matchingPrecedence": 9000}
    collector = {"limit": 1}
    transform = {"apiGroup": "none.example.com", "resource": "nothings", "remove": ["$.spec"]}
    downsync = {"downsync": [make.clause(objectNames=["no-such-object"])]}
    return [
        make.object("v1/Event", labels=own, involvedObject=config, reason="Test"),
        make.object("v1/Node", labels=own),
        make.object("v1/Endpoints", labels=own),
        make.object(
            "discovery.k8s.io/v1/EndpointSlice", labels=own, addressType="IPv4", endpoints=[]
        ),
        make.object("coordination.k8s.io/v1/Lease", labels=own, spec={}),
        make.object("storage.k8s.io/v1/CSINode", labels=own, namespace="", spec={"drivers": []}),
        make.object("storage.k8s.io/v1/CSIStorageCapacity", labels=own, storageClassName="none"),
        make.object(f"{FLOW_CONTROL}/FlowSchema", labels=own, spec=schema),
        make.object(
            f"{FLOW_CONTROL}/PriorityLevelConfiguration",
            labels=own,
            spec={"type": "Limited", "limited": limited},
        ),
        make.object(f"{CONTROL}/StatusCollector", labels=own, namespace="", spec=collector),
        make.object(f"{CONTROL}/CustomTransform", labels=own, namespace="", spec=transform),
        make.object(f"{CONTROL}/BindingPolicy", labels=own, namespace="", spec=downsync),
    ]


@promises("BIND-47")
def test_objects_that_belong_to_a_cluster_itself_are_not_bound(
    wds: Space, fleet: Fleet, make: Make, widget: Kind, of_the_cluster: list[Obj]
) -> None:
    """A policy by label alone matches them and a ConfigMap."""
    own = {"of": make.name("test")}
    config = make.config_map(labels=own)
    service = Ref(Kind("apiregistration.k8s.io", "v1", "APIService"), "", f"v1.{widget.group}")
    clause = make.clause(objectSelectors=[own], resources=["*"])
    policy = make.policy(to=fleet, name="by-label", clauses=[clause])
    with step("Give an object of each kind the label, and create a policy for it"):
        wds.apply(*of_the_cluster, config)
        wds.eventually(service, within="serving")
        wds.patch(service, {"metadata": {"labels": own}}, force=True)
        wds.apply(policy)
    with step("The Binding lists the ConfigMap alone, and goes on to"):
        wds.eventually(selects(policy, config), within="binding")
        wds.stays(selects(policy, config))
    with step("All of them are there, with the label"):
        wds.eventually(labelled(service, own), within="binding")
        wds.eventually(has(*of_the_cluster), within="binding")


@promises("BIND-48")
def test_a_priority_class_is_delivered(wds: Space, wecs: Spaces, make: Make) -> None:
    """A PriorityClass lives in no namespace, and is no object of the cluster itself."""
    priority = make.object("scheduling.k8s.io/v1/PriorityClass", value=1000, description="test")
    policy = make.policy(priority, to=wecs)
    with step("Ask for a PriorityClass on both WECs: they get it"):
        wds.apply(priority, policy)
        wds.eventually(selects(policy, priority), within="binding")
        wecs.eventually(has(priority), within="downsync")


@promises("BIND-67")
def test_objects_that_kubernetes_makes_are_not_bound_unless_they_match(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """A new Namespace gets a ConfigMap and a ServiceAccount."""
    place = make.namespace()
    name = make.name("space")
    config = make.config_map(namespace=place, labels={"of": make.name("test")})
    made = Ref(Kind("", "v1", "ConfigMap"), name, "kube-root-ca.crt")
    account = Ref(Kind("", "v1", "ServiceAccount"), name, "default")
    by_label = make.clause(namespaces=[name], objectSelectors=[{"of": make.name("test")}])
    policy = make.policy(to=fleet, clauses=[by_label])
    with step("Create a Namespace and a labelled ConfigMap: Kubernetes adds objects of its own"):
        wds.apply(place, config)
        wds.eventually(made, within="available")
        wds.eventually(account, within="available")
    with step("A policy by label and Namespace binds the labelled ConfigMap alone"):
        wds.apply(policy)
        wds.eventually(selects(policy, config), within="binding")
        fleet.stays(without(made, account))
        wds.eventually(selects(policy, config), within="binding")


@promises("BIND-68")
def test_an_object_lands_once_its_namespace_is_there(
    wds: Space, its: Space, wecs: Spaces, make: Make
) -> None:
    """Its Namespace is bound later, by another policy."""
    place = make.namespace()
    config = make.config_map(namespace=place)
    policy = make.policy(config, to=wecs, name="policy")
    with step("Ask for a ConfigMap alone: the ManifestWorks say why it is not applied"):
        wds.apply(place, config, policy)
        reason = f'namespaces "{make.name("space")}" not found'
        its.eventually(not_applied(policy, wecs, config, matching=reason), within="downsync")
    with step("Ask for its Namespace: both are in the WECs"):
        wds.apply(make.policy(place, to=wecs, name="place"))
        wecs.eventually(has(place, config), within="recovery")
