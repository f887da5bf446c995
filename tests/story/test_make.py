"""What `make` builds; no API server but for custom kinds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kubestellar_conformance.errors import Broken, UserError
from kubestellar_conformance.spaces import Kind, Obj, Ref, Workload, expression
from kubestellar_conformance.spaces.objects import plural
from kubestellar_conformance.story import Make, Names
from kubestellar_conformance.story.kinds import serve, withdraw
from kubestellar_conformance.story.names import suffix_of
from kubestellar_conformance.story.selecting import OBJECT_LABEL, SET_LABEL
from tests.support.three_spaces import NGINX, ThreeSpaces, unique


@pytest.fixture
def make(three: ThreeSpaces) -> Make:
    return Make(Names(suffix_of(unique())), three.wds)


def _matches(policy_spec: Obj, obj: Obj) -> bool:
    """Whether some clause selects the object, by the two criteria that `make` uses."""
    labels = obj["metadata"].get("labels") or {}
    return any(
        plural(Kind.of(obj)) in clause["resources"]
        and any(
            selector["matchLabels"].items() <= labels.items()
            for selector in clause["objectSelectors"]
        )
        for clause in policy_spec["downsync"]
    )


def test_names_are_the_test_s_own_and_always_the_same(make: Make) -> None:
    config = make.config_map("settings", size="1")
    assert config["metadata"]["name"] == make.name("settings")
    assert config["metadata"]["namespace"] == "default"
    assert config["data"] == {"size": "1"}
    assert make.config_map("settings", size="1") == config


def test_the_namespace_is_that_of_the_kind_unless_told(make: Make) -> None:
    space = make.namespace()
    assert "namespace" not in space["metadata"]
    assert make.config_map(namespace=space)["metadata"]["namespace"] == make.name("space")
    assert "namespace" not in make.object("v1/PersistentVolume")["metadata"]
    service = make.object("v1/Service", spec={"ports": [{"port": 80}]})
    assert Ref.of(service) == Ref(Kind("", "v1", "Service"), "default", make.name("service"))
    assert service["spec"] == {"ports": [{"port": 80}]}


def test_a_policy_selects_its_objects_and_no_others(make: Make) -> None:
    one, other = make.config_map("one"), make.config_map("other")
    elsewhere = make.config_map("one", namespace="elsewhere")
    alike = make.object("v1/Secret", "one")
    ten = make.config_maps(10)
    policy = make.policy(one, ten, to={"name": "cluster1"})
    assert policy.workload == (Ref.of(one), *ten.refs)
    for selected in (one, *ten.objects):
        assert _matches(policy.spec, selected)
    for left_out in (other, elsewhere, alike):
        assert not _matches(policy.spec, left_out)
    first = make.policy(ten.objects[0], name="first")
    assert [_matches(first.spec, obj) for obj in ten.objects] == [True] + [False] * 9


def test_policies_of_two_tests_never_overlap(three: ThreeSpaces) -> None:
    mine, yours = (Make(Names(suffix), three.wds) for suffix in ("xaaaa", "xbbbb"))
    assert _matches(mine.policy(mine.deployment()).spec, mine.deployment("web"))
    assert not _matches(mine.policy(mine.deployment("web"), name="p").spec, yours.deployment())


def test_documented_yaml_gets_names_and_a_label_of_the_test_s_own(make: Make) -> None:
    nginx = make.workload(NGINX)
    assert str(nginx.namespace) == f"Namespace {make.name('nginx')}"
    [clause] = make.policy(nginx, to={}).spec["downsync"]
    assert clause["resources"] == ["namespaces", "deployments"]
    assert clause["objectSelectors"] == [{"matchLabels": {SET_LABEL: make.name("nginx")}}]
    assert OBJECT_LABEL in nginx.objects[0]["metadata"]["labels"]


def test_what_make_has_not_built_is_selected_by_its_labels_alone(make: Make) -> None:
    [clause] = make.policy(Workload.from_yaml(NGINX), to={}).spec["downsync"]
    assert clause == {"objectSelectors": [{"matchLabels": {"app.kubernetes.io/name": "nginx"}}]}
    with pytest.raises(UserError, match="ConfigMap x has no label, so no policy can select it"):
        make.clause({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})


def test_a_clause_has_the_api_s_fields(make: Make) -> None:
    numbers = make.status_collector("numbers")
    web = make.deployment()
    policy = make.policy(
        web,
        to=[{"a": "b"}, expression("c", "Exists")],
        collect=numbers,
        create_only=True,
        want_singleton_status=True,
        want_multi_wec_status=False,
        namespaces=["default"],
        resources=None,
        labels={"l": "1"},
    )
    [clause] = policy.spec["downsync"]
    assert clause.pop("objectSelectors")
    assert clause == {
        "createOnly": True,
        "statusCollectors": [make.name("numbers")],
        "wantSingletonReportedState": True,
        "wantMultiWECReportedState": False,
        "namespaces": ["default"],
    }
    assert len(policy.spec["clusterSelectors"]) == 2
    assert policy.objects[0]["metadata"] == {"name": make.name("policy"), "labels": {"l": "1"}}


def test_a_policy_of_several_clauses(make: Make) -> None:
    one, other = make.config_map("one"), make.config_map("other")
    clauses = [make.clause(one, create_only=True), make.clause(other)]
    policy = make.policy(to={}, clauses=clauses)
    assert policy.spec == {"clusterSelectors": [{}], "downsync": clauses}


def test_a_misspelt_field_is_one_line_unless_the_spec_is_given_whole(make: Make) -> None:
    with pytest.raises(UserError, match="unknown field 'createonly' of a downsync clause"):
        make.policy(make.config_map(), to={}, createonly=True)
    assert make.policy(spec={"junk": 1}, name="junk").spec == {"junk": 1}
    assert make.policy(to={}, clauses=[{"junk": 1}], name="more").spec["downsync"] == [{"junk": 1}]
    with pytest.raises(UserError, match="spec= is the whole of a policy"):
        make.policy(spec={}, to={}, name="both")


def test_only_one_object_of_a_kind_can_go_without_a_name(make: Make) -> None:
    make.config_map()
    make.policy(to={})
    with pytest.raises(UserError, match="has made a ConfigMap without a name already"):
        make.config_map()
    with pytest.raises(UserError, match="has made a BindingPolicy without a name already"):
        make.policy(to={})
    assert make.policy(to={}, name="policy").name == make.name("policy")


def test_status_collectors_and_transforms(make: Make) -> None:
    numbers = make.status_collector(
        filter="true",
        group_by={"g": "inventory.name"},
        combine={"n": "COUNT", "sum": ("SUM", "returned.status.x")},
    )
    assert numbers["spec"] == {
        "filter": "true",
        "groupBy": [{"name": "g", "def": "inventory.name"}],
        "combinedFields": [
            {"name": "n", "type": "COUNT"},
            {"name": "sum", "type": "SUM", "subject": "returned.status.x"},
        ],
        "limit": 20,
    }
    rows = make.status_collector("rows", select={"s": "returned.status"}, limit=None)
    assert rows["spec"] == {"select": [{"name": "s", "def": "returned.status"}]}
    transform = make.custom_transform("apps/v1/Deployment", remove=["$.spec.x"])
    assert transform["spec"] == {
        "apiGroup": "apps",
        "resource": "deployments",
        "remove": ["$.spec.x"],
    }


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Deployment", "deployments"),
        ("Ingress", "ingresses"),
        ("NetworkPolicy", "networkpolicies"),
        ("Endpoints", "endpoints"),
    ],
)
def test_plurals_are_kubernetes_guess(kind: str, expected: str) -> None:
    assert plural(Kind("", "v1", kind)) == expected


@pytest.fixture
def gadget(make: Make, three: ThreeSpaces) -> Iterator[Kind]:
    kind = make.kind("my-gadget", "Cluster", also_in=[three.wec])
    yield kind
    withdraw(kind, [three.wds, three.wec])


def test_a_custom_kind_is_served_when_it_is_made_and_gone_when_withdrawn(
    make: Make, three: ThreeSpaces, gadget: Kind
) -> None:
    assert gadget.name == "MyGadget"
    thing = make.object(gadget, spec={"anything": [1]})
    assert "namespace" not in thing["metadata"]
    for space in (three.wds, three.wec):
        space.apply(thing)
        assert space.watch(gadget).live
    withdraw(gadget, [three.wec])
    serve(gadget, [three.wec], scope="Cluster")
    assert three.wec.get(thing) is None


def test_a_kind_that_is_not_served_in_time_says_nothing_of_the_product(
    three: ThreeSpaces, gadget: Kind
) -> None:
    three.terms.change("serving", 0.5)
    clashing = Kind(gadget.group, "v1", "MyGadgets")  # its singular is the plural of the first
    with pytest.raises(Broken, match=r"kind MyGadgets of .*/v1 in wds1: expected to be served"):
        serve(clashing, [three.wds])
    withdraw(clashing, [three.wds])
    with pytest.raises(Broken, match="was refused with 422 Invalid"):
        serve(Kind(gadget.group, "v2", "MyGadget"), [three.wds])


def test_the_properties_of_a_wec(three: ThreeSpaces, make: Make) -> None:
    properties = make.properties(three.wec, {"a-b": "1"}, binary={"size": b"big"}, zone="a")
    assert properties["metadata"] == {
        "name": three.wec.name,
        "namespace": "customization-properties",
    }
    assert properties["data"] == {"a-b": "1", "zone": "a"}
    assert properties["binaryData"] == {"size": "Ymln"}
    assert "binaryData" not in make.properties(three.wec, zone="a")


def test_metadata_and_annotations(make: Make) -> None:
    notes, more = {"a": "1"}, {"finalizers": ["b"]}
    metadata = make.object("v1/Secret", annotations=notes, metadata=more)["metadata"]
    assert metadata["annotations"] == notes
    assert metadata["finalizers"] == ["b"]
    assert metadata["name"] == make.name("secret")


def test_rights_of_the_agent_are_a_role_and_its_binding_or_a_role_with_ocm_s_label(
    make: Make,
) -> None:
    kind = Kind("example.com", "v1", "Widget")
    role, bound = make.agent_rights(kind, "get", "create").objects
    assert role["rules"] == [
        {"apiGroups": ["example.com"], "resources": ["widgets"], "verbs": ["get", "create"]}
    ]
    assert bound["roleRef"]["name"] == role["metadata"]["name"]
    assert bound["subjects"][0]["name"] == "klusterlet-work-sa"
    [aggregated] = make.agent_rights(kind, "get", stem="more", aggregated=True).objects
    labels = aggregated["metadata"]["labels"]
    assert labels["open-cluster-management.io/aggregate-to-work"] == "true"
