"""The rights of OCM's work agent in a WEC (the page "Authorization in WECs"). The WECs are the
module's own; their agents have the rights that OCM gives to them.
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    Kind,
    Make,
    Obj,
    Space,
    Spaces,
    case,
    needs,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import gone, has, not_applied, served, without

pytestmark = needs("agent-rights", "topologies")
DEFINITION = Kind.of("apiextensions.k8s.io/v1/CustomResourceDefinition")
RBAC = "rbac.authorization.k8s.io"
PAGE = ("get", "list", "watch", "create", "update", "patch")
"""The verbs of the page's first example, and of scenario 2."""
WITH_DELETE = (*PAGE, "delete")
"""The verbs of the page's second example."""


@promises("AUTHZ-02")
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        case("a Namespace", "v1/Namespace", {}),
        case(
            "a PriorityClass", "scheduling.k8s.io/v1/PriorityClass", {"value": 7, "namespace": ""}
        ),
        case("a ClusterRole", f"{RBAC}/v1/ClusterRole", {"rules": [], "namespace": ""}),
        case(
            "a ClusterRoleBinding",
            f"{RBAC}/v1/ClusterRoleBinding",
            {
                "namespace": "",
                "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"},
                "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "default"}],
            },
        ),
        case("a Role", f"{RBAC}/v1/Role", {"rules": []}),
        case(
            "a RoleBinding",
            f"{RBAC}/v1/RoleBinding",
            {
                "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"},
                "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "default"}],
            },
        ),
        case("a ConfigMap", "v1/ConfigMap", {"data": {"a": "1"}}),
        case("a Secret", "v1/Secret", {"stringData": {"a": "1"}}),
        case("a Service", "v1/Service", {"spec": {"ports": [{"port": 80}]}}),
        case("a ServiceAccount", "v1/ServiceAccount", {}),
    ],
)
def test_kinds_that_can_be_delivered_by_default(
    wds: Space, restricted_wecs: Spaces, make: Make, kind: str, fields: dict[str, object]
) -> None:
    """With the rights that OCM gives to its agent, an object arrives in both WECs, and goes."""
    obj = make.object(kind, **fields)  # type: ignore[arg-type]
    policy = make.policy(obj, to=restricted_wecs)
    with step("It arrives"):
        wds.apply(policy, obj)
        restricted_wecs.eventually(has(obj), within="downsync")
    with step("It goes with the policy"):
        wds.delete(policy)
        restricted_wecs.eventually(gone(obj), within="withdrawal")


@promises("AUTHZ-02")
def test_definitions_and_deployments_can_be_delivered_by_default(
    wds: Space, restricted_wecs: Spaces, make: Make
) -> None:
    """A CustomResourceDefinition, and a Deployment in a Namespace that is delivered too."""
    kind = make.kind("gadget")
    space = make.namespace()
    web = make.deployment(namespace=space)
    definition = make.clause(apiGroup=DEFINITION.group, objectNames=[f"gadgets.{kind.group}"])
    policies = (
        make.policy(to=restricted_wecs, clauses=[definition], name="definition"),
        make.policy(space, web, to=restricted_wecs),
    )
    with step("They arrive"):
        wds.apply(*policies, space, web)
        restricted_wecs.eventually(has(space, web), within="downsync")
        restricted_wecs.eventually(served(kind), within="downsync")


@pytest.fixture
def of_the_role_admin(make: Make) -> list[Obj]:
    """An object of each kind that Kubernetes' role ``admin`` lets a user create, except those of
    the tests above, Events, Leases, resource claims and access reviews.
    """
    template = make.deployment()["spec"]["template"]
    selector = {"matchLabels": template["metadata"]["labels"]}
    pods = {"selector": selector, "template": template}
    once = {"spec": {**template["spec"], "restartPolicy": "Never"}}
    job = {"template": once}
    storage = {"resources": {"requests": {"storage": "1Mi"}}, "accessModes": ["ReadWriteOnce"]}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}
    backend = {"service": {"name": "none", "port": {"number": 80}}}
    return [
        make.object("v1/Pod", spec=once["spec"]),
        make.object("v1/PersistentVolumeClaim", spec=storage),
        make.object(
            "v1/ReplicationController",
            spec={"replicas": 0, "selector": selector["matchLabels"], "template": template},
        ),
        make.object("apps/v1/ReplicaSet", spec={**pods, "replicas": 0}),
        make.object("apps/v1/StatefulSet", spec={**pods, "replicas": 0, "serviceName": "none"}),
        make.object("apps/v1/DaemonSet", spec=pods),
        make.object("batch/v1/Job", spec=job),
        make.object(
            "batch/v1/CronJob", spec={"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job}}
        ),
        make.object(
            "autoscaling/v2/HorizontalPodAutoscaler",
            spec={"scaleTargetRef": target, "maxReplicas": 2},
        ),
        make.object("networking.k8s.io/v1/Ingress", spec={"defaultBackend": backend}),
        make.object("networking.k8s.io/v1/NetworkPolicy", spec={"podSelector": {}}),
        make.object("policy/v1/PodDisruptionBudget", spec={"selector": selector}),
    ]


@promises("AUTHZ-02")
def test_the_kinds_of_the_role_admin_can_be_delivered_by_default(
    wds: Space, restricted_wecs: Spaces, make: Make, of_the_role_admin: list[Obj]
) -> None:
    """With the rights that OCM gives to its agent, all arrive in both WECs, and go."""
    policy = make.policy(*of_the_role_admin, to=restricted_wecs)
    with step("They arrive"):
        wds.apply(policy, *of_the_role_admin)
        restricted_wecs.eventually(has(*of_the_role_admin), within="downsync")
    with step("They go with the policy"):
        wds.delete(policy)
        restricted_wecs.eventually(gone(*of_the_role_admin), within="withdrawal")


@promises("AUTHZ-03", "AUTHZ-08")
def test_an_object_that_the_agent_has_no_rights_for_is_reported(
    wds: Space, its: Space, restricted_wecs: Spaces, make: Make
) -> None:
    """Its ManifestWork names the verb and the resource; the other object of its policy arrives."""
    kind = make.kind(also_in=restricted_wecs)
    forbidden, allowed = make.object(kind, spec={"size": 1}), make.config_map()
    policy = make.policy(forbidden, allowed, to=restricted_wecs)
    with step("Send a custom object and a ConfigMap"):
        wds.apply(policy, forbidden, allowed)
    with step("The ConfigMap arrives", promise="AUTHZ-08"):
        restricted_wecs.eventually(has(allowed), within="downsync")
    with step("The ManifestWork of the custom object says what is missing", promise="AUTHZ-03"):
        missing = r'cannot (get|create) resource \\?"widgets\\?"'
        its.eventually(
            not_applied(policy, restricted_wecs, forbidden, matching=missing), within="downsync"
        )
        restricted_wecs.stays(without(forbidden))


@pytest.mark.parametrize(
    "aggregated",
    [
        case("by a ClusterRole and its binding", False, promises="AUTHZ-04"),
        case("by a ClusterRole with OCM's label", True, promises="AUTHZ-06"),
    ],
)
def test_rights_that_are_granted_in_a_wec(
    wds: Space, its: Space, restricted_wecs: Spaces, make: Make, aggregated: bool
) -> None:
    """The object arrives there with nothing done in the WDS, and not in the other WEC."""
    first, second = restricted_wecs
    kind = make.kind(also_in=restricted_wecs)
    obj = make.object(kind, spec={"size": 1})
    policy = make.policy(obj, to=restricted_wecs)
    with step("A custom object is refused in both WECs"):
        wds.apply(policy, obj)
        its.eventually(not_applied(policy, restricted_wecs, obj), within="downsync")
    with step("Grant the rights in one of them"):
        first.apply(make.agent_rights(kind, *WITH_DELETE, aggregated=aggregated))
        first.eventually(has(obj), within="recovery")
    with step("The other WEC does not get it"):
        second.stays(without(obj))


@pytest.mark.parametrize(
    "aggregated",
    [
        case("a ClusterRole and its binding", False, promises="AUTHZ-05"),
        case("a ClusterRole with OCM's label", True, promises="AUTHZ-06"),
    ],
)
def test_rights_that_are_delivered_by_a_policy(
    wds: Space, its: Space, restricted_wecs: Spaces, make: Make, aggregated: bool
) -> None:
    """The RBAC objects are a workload as others are; then the object arrives in both WECs."""
    kind = make.kind(also_in=restricted_wecs)
    obj = make.object(kind, spec={"size": 1})
    policy = make.policy(obj, to=restricted_wecs)
    rights = make.agent_rights(kind, *WITH_DELETE, aggregated=aggregated)
    with step("A custom object is refused in both WECs"):
        wds.apply(policy, obj)
        its.eventually(not_applied(policy, restricted_wecs, obj), within="downsync")
    with step("Deliver the rights"):
        wds.apply(rights, make.policy(rights, to=restricted_wecs, name="rights"))
        restricted_wecs.eventually(has(obj), within="recovery")


@promises("AUTHZ-07")
@pytest.mark.parametrize(
    ("verbs", "aggregated"),
    [
        case("by the verbs of the first example and of scenario 2", PAGE, False),
        case("by the verbs of the second example", WITH_DELETE, True),
    ],
)
def test_rights_that_are_granted_suffice_for_withdrawal(
    wds: Space, restricted_wecs: Spaces, make: Make, verbs: tuple[str, ...], aggregated: bool
) -> None:
    """An object that arrived by the page's rights goes from the WECs with its policy. Without the
    verb delete OCM gives up its own deletion, and the WEC's garbage collector does it.
    """
    kind = make.kind(also_in=restricted_wecs)
    obj = make.object(kind, spec={"size": 1})
    policy = make.policy(obj, to=restricted_wecs)
    with step("With the rights of the page the object arrives"):
        restricted_wecs.apply(make.agent_rights(kind, *verbs, aggregated=aggregated))
        wds.apply(policy, obj)
        restricted_wecs.eventually(has(obj), within="recovery")
    with step("It goes with its policy"):
        wds.delete(policy)
        restricted_wecs.eventually(gone(obj), within="withdrawal")
