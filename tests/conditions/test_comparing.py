"""What of an object in a WEC is compared with the WDS, which remembers what it once had."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.conditions.comparing import delivered, differences
from kubestellar_conformance.spaces.memory import paths_of
from kubestellar_conformance.spaces.refs import Obj

GROUPS = {
    "Deployment": "apps/",
    "ClusterRole": "rbac.authorization.k8s.io/",
    "RoleBinding": "rbac.authorization.k8s.io/",
    "NetworkPolicy": "networking.k8s.io/",
}


def made(kind: str, **parts: Any) -> Obj:
    group, metadata = GROUPS.get(kind, ""), {"name": "x", "namespace": "n"}
    metadata.update({key: parts.pop(key) for key in ("labels", "annotations") if key in parts})
    return {"apiVersion": f"{group}v1", "kind": kind, "metadata": metadata, **parts}


def lines(*states: Obj, wec: Obj) -> list[str]:
    """How the WEC's object differs from the last of the states that the WDS has had."""
    return delivered(states[-1], wec, once=frozenset().union(*map(paths_of, states)))


def in_pod(**spec: Any) -> Obj:
    return made("Deployment", spec={"template": {"spec": spec}})


def names(*found: str) -> list[dict[str, str]]:
    return [{"name": name} for name in found]


REMOVED = [
    (
        made("ConfigMap", labels={"a": "1", "b": "2"}),
        made("ConfigMap", labels={"a": "1"}),
        "metadata.labels[b]: 2, no longer in the WDS",
    ),
    (
        made("ConfigMap", annotations={"example.com/b": "2"}),
        made("ConfigMap"),
        "metadata.annotations[example.com/b]: 2, no longer in the WDS",
    ),
    (
        made("ServiceAccount", automountServiceAccountToken=False),
        made("ServiceAccount"),
        "automountServiceAccountToken: False, no longer in the WDS",
    ),
    (
        made("Deployment", spec={"replicas": 1, "paused": True}),
        made("Deployment", spec={"replicas": 1}),
        "spec.paused: True, no longer in the WDS",
    ),
    (
        in_pod(nodeSelector={"disk": "ssd"}),
        in_pod(),
        "spec.template.spec.nodeSelector.disk: ssd, no longer in the WDS",
    ),
    (
        in_pod(containers=[{"name": "web", "image": "i", "resources": {"limits": {"cpu": "1"}}}]),
        in_pod(containers=[{"name": "web", "image": "i"}]),
        "spec.template.spec.containers[web].resources.limits.cpu: 1, no longer in the WDS",
    ),
    (
        made("Service", spec={"ports": [{"port": 80, "appProtocol": "http"}]}),
        made("Service", spec={"ports": [{"port": 80}]}),
        "spec.ports[0].appProtocol: http, no longer in the WDS",
    ),
    (
        in_pod(imagePullSecrets=names("a")),
        in_pod(),
        "spec.template.spec.imagePullSecrets[a]: {'name': 'a'}, no longer in the WDS",
    ),
    (
        in_pod(tolerations=[{"key": "k", "operator": "Exists"}]),
        in_pod(),
        "spec.template.spec.tolerations: {'key': 'k', 'operator': 'Exists'}, no longer in the WDS",
    ),
    (
        in_pod(containers=[{"name": "web", "args": ["-v", "-x"]}]),
        in_pod(containers=[{"name": "web", "args": ["-v"]}]),
        "spec.template.spec.containers[web].args: ['-v', '-x'], the WDS has ['-v']",
    ),
    (
        in_pod(volumes=[{"name": "v", "emptyDir": {}}]),
        in_pod(volumes=[{"name": "v"}]),
        "spec.template.spec.volumes[v].emptyDir: {}, no longer in the WDS",
    ),
    (
        made("ConfigMap", data={"k": "1", "l": "2"}),
        made("ConfigMap", data={"k": "1"}),
        "data.l: 2, the WDS has (absent)",
    ),
]


@pytest.mark.parametrize(("before", "now", "said"), REMOVED)
def test_what_the_wds_has_removed_must_go(before: Obj, now: Obj, said: str) -> None:
    assert lines(before, wec=before) == []
    assert lines(before, now, wec=before) == [said]
    assert lines(before, now, wec=now) == []


@pytest.mark.parametrize(
    ("wds", "wec"),
    [
        (
            made("PersistentVolumeClaim", spec={}),
            made("PersistentVolumeClaim", spec={"storageClassName": "std", "volumeName": "pv"}),
        ),
        (made("Pod", spec={}), made("Pod", spec={"nodeName": "node"})),
        (
            in_pod(containers=[{"name": "web"}, {"name": "side", "resources": {"limits": {}}}]),
            in_pod(
                containers=[
                    {"name": "web", "resources": {"limits": {"cpu": "1"}}},
                    {"name": "side", "resources": {"limits": {"cpu": "1"}}},
                ]
            ),
        ),
        (made("ConfigMap"), made("ConfigMap", labels={"own": "1"}, annotations={"own": "1"})),
        (made("ServiceAccount"), made("ServiceAccount", secrets=names("x-token-1"))),
        (
            made("PersistentVolume", spec={"claimRef": None}),
            made("PersistentVolume", spec={"claimRef": {"name": "c"}}),
        ),
        (
            made("Secret", type="kubernetes.io/service-account-token", data={"ca.crt": "a"}),
            made(
                "Secret",
                type="kubernetes.io/service-account-token",
                data={"ca.crt": "a", "token": "t"},
            ),
        ),
    ],
    ids=["claim", "node", "limits", "metadata", "token", "null", "token-data"],
)
def test_what_only_the_wec_has_ever_had_is_not_compared(wds: Obj, wec: Obj) -> None:
    assert lines(wds, wec=wec) == []


def test_what_the_wds_has_now_is_compared_whoever_else_sets_it() -> None:
    wds = made("PersistentVolumeClaim", spec={"storageClassName": "fast"})
    wec = made("PersistentVolumeClaim", spec={"storageClassName": "std"})
    assert lines(wds, wec=wec) == ["spec.storageClassName: std, the WDS has fast"]
    wds, wec = made("Pod", spec={"nodeName": "hub"}), made("Pod", spec={})
    assert lines(wds, wec=wec) == ["spec.nodeName: (absent), the WDS has hub"]


@pytest.mark.parametrize(
    ("wds", "wec", "said"),
    [
        (
            in_pod(containers=names("web")),
            in_pod(containers=names("web", "side")),
            "spec.template.spec.containers: [web, side], the WDS has [web]",
        ),
        (
            made("Service", spec={"ports": [{"port": 80}]}),
            made("Service", spec={"ports": [{"port": 80}, {"port": 81}]}),
            "spec.ports: [{'port': 80}, {'port': 81}], the WDS has [{'port': 80}]",
        ),
        (
            made("NetworkPolicy", spec={"ingress": []}),
            made("NetworkPolicy", spec={"ingress": [{}]}),
            "spec.ingress: [{}], the WDS has []",
        ),
        (
            made("NetworkPolicy", spec={"podSelector": {}}),
            made("NetworkPolicy", spec={"podSelector": {"matchLabels": {"a": "1"}}}),
            "spec.podSelector.matchLabels.a: 1, the WDS has (absent)",
        ),
        (
            made("Service", spec={"selector": {"app": "x"}}),
            made("Service", spec={"selector": {"app": "x", "more": "y"}}),
            "spec.selector.more: y, the WDS has (absent)",
        ),
        (
            made("ConfigMap"),
            made("ConfigMap", data={"by": "hand"}),
            "data.by: hand, the WDS has (absent)",
        ),
        (
            made("Secret", type="Opaque", data={"a": "MQ=="}),
            made("Secret", type="Opaque", data={"a": "MQ==", "b": "Mg=="}),
            "data.b: Mg==, the WDS has (absent)",
        ),
        (
            made("RoleBinding", roleRef={"kind": "Role", "name": "b"}),
            made("RoleBinding", roleRef={"kind": "Role", "name": "a"}),
            "roleRef.name: a, the WDS has b",
        ),
        (
            made("ConfigMap", immutable=True),
            made("ConfigMap"),
            "immutable: (absent), the WDS has True",
        ),
        (
            made("Pod", spec={"containers": [{"name": "web", "image": "two"}]}),
            made("Pod", spec={"containers": [{"name": "web", "image": "one"}]}),
            "spec.containers[web].image: one, the WDS has two",
        ),
    ],
)
def test_what_is_the_user_s_as_a_whole_has_nothing_more(wds: Obj, wec: Obj, said: str) -> None:
    assert lines(wds, wec=wec) == [said]


def test_a_service_of_another_type() -> None:
    port = {"port": 80, "nodePort": 30077}
    first = made("Service", spec={"type": "NodePort", "ports": [port], "clusterIP": "10.0.0.1"})
    then = made("Service", spec={"type": "ExternalName", "externalName": "x.org"})
    assert lines(first, then, wec=then) == []
    assert lines(first, then, wec=first) == [
        "spec.externalName: (absent), the WDS has x.org",
        "spec.ports: {'port': 80}, no longer in the WDS",
        "spec.type: NodePort, the WDS has ExternalName",
    ]


def test_a_service_keeps_the_node_ports_that_the_one_in_the_wds_asks_for() -> None:
    preserve = "control.kubestellar.io/preserve"
    spec = {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30077}]}
    plain, asking = (
        made("Service", spec=spec, annotations=notes) for notes in ({}, {preserve: "nodeport"})
    )
    said = f"metadata.annotations[{preserve}]: (absent), the WDS has nodeport"
    assert lines(asking, wec=plain) == [said]
    said = f"metadata.annotations[{preserve}]: nodeport, no longer in the WDS"
    assert lines(asking, plain, wec=asking) == [said]


@pytest.mark.parametrize("field", ["secrets", "imagePullSecrets"])
def test_the_secrets_of_a_service_account(field: str) -> None:
    def account(*found: str) -> Obj:
        return made("ServiceAccount", **({field: names(*found)} if found else {}))

    first, more, other, none = account("a"), account("a", "b"), account("c"), account()
    assert lines(first, wec=account("own", "a")) == []
    assert lines(first, more, wec=account("a", "own")) == [f"{field}: [a, own], the WDS has [a, b]"]
    assert lines(first, more, wec=account("b", "own", "a")) == []
    assert lines(first, more, other, wec=account("a", "b")) == [
        f"{field}: [a, b], the WDS has [c]",
        f"{field}[a]: {{'name': 'a'}}, no longer in the WDS",
        f"{field}[b]: {{'name': 'b'}}, no longer in the WDS",
    ]
    assert lines(first, more, other, none, wec=account("own", "c")) == [
        f"{field}[c]: {{'name': 'c'}}, no longer in the WDS"
    ]
    assert lines(first, more, other, none, wec=account("own")) == []
    assert lines(first, wec=none) == [f"{field}: (absent), the WDS has [a]"]


def test_the_rules_of_an_aggregated_cluster_role_are_each_cluster_s_own() -> None:
    aggregated = {"clusterRoleSelectors": [{"matchLabels": {"to": "me"}}]}
    wds = made("ClusterRole", aggregationRule=aggregated, rules=[{"verbs": ["get"]}])
    wec = made("ClusterRole", aggregationRule=aggregated, rules=[{"verbs": ["list"]}])
    assert lines(wds, wec=wec) == []
    del wds["aggregationRule"]
    assert lines(made("ClusterRole", aggregationRule=aggregated), wds, wec=wec) == [
        "aggregationRule.clusterRoleSelectors: {'matchLabels': {'to': 'me'}}, no longer in the WDS",
        "rules[0].verbs[0]: list, the WDS has get",
    ]


def test_fields_that_a_test_has_transformed() -> None:
    wds = made(
        "Deployment", labels={"example.com/t": "1"}, spec={"paused": True, "template": {"a": 1}}
    )
    wec = made("Deployment", spec={"template": {"a": 2}})
    ignoring = ["spec.paused", "spec.template.a", "metadata.labels[example.com/t]"]
    assert delivered(wds, wec, ignoring=ignoring) == []


def test_a_null_inside_a_list_is_the_same_as_an_absent_field() -> None:
    wanted, found = {"conditions": [{"type": "A"}]}, {"conditions": [{"type": "A", "time": None}]}
    assert differences(wanted, found) == []
    assert differences(found, wanted) == []
    assert differences({"a": 1}, {"a": None}) == ["a: (absent), the WDS has 1"]
