"""A run's label: put on what a run creates and on nothing else; what has it is removed, and nothing
else is.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kubestellar_conformance.errors import Broken, NotSupported, UserError
from kubestellar_conformance.fleet import Fleets
from kubestellar_conformance.platforms.existing.leftovers import LABEL, check_id, left, remove
from kubestellar_conformance.spaces import (
    Kind,
    Obj,
    Ref,
    Space,
    System,
    Unreachable,
    binding_policy,
)
from kubestellar_conformance.spaces.refs import (
    MANAGED_CLUSTER,
    NAMESPACE,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
)
from kubestellar_conformance.waiting import Contracts, Waiting
from tests.support.hub import Hub
from tests.support.servers import ApiServer
from tests.support.three_spaces import config_map, unique

CONFIG_MAP = "v1/ConfigMap"
_ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def labels(obj: Obj | None) -> dict[str, str]:
    assert obj is not None
    return dict(obj["metadata"].get("labels") or {})


def open_system(servers: dict[str, ApiServer], run: str | None, *, withdrawal: float = 1) -> System:
    terms = Contracts()
    terms.change("withdrawal", withdrawal)
    spaces = [
        Space("host", "host", servers["wds1"].kubeconfig, "wds1"),
        Space("its1", "its", servers["its1"].kubeconfig),
        Space("wds1", "wds", servers["wds1"].kubeconfig),
        Space("cluster1", "wec", servers["cluster1"].kubeconfig),
    ]
    return System(
        spaces, waits=lambda system: Waiting(system, terms), labels={LABEL: run} if run else None
    )


@pytest.fixture
def run() -> str:
    return f"run-{unique()}"


@pytest.fixture
def marked(api_servers: dict[str, ApiServer], run: str) -> Iterator[System]:
    """A system as a run opens it."""
    system = open_system(api_servers, run)
    yield system
    system.close()


@pytest.fixture
def plain(api_servers: dict[str, ApiServer]) -> Iterator[System]:
    """The same spaces as somebody else has them."""
    system = open_system(api_servers, None)
    yield system
    system.close()


def test_what_a_run_creates_carries_its_label_and_what_was_there_is_not_touched(
    marked: System, plain: System, run: str
) -> None:
    theirs, ours = config_map(a="1"), config_map(a="1")
    [before] = plain.wds.apply(theirs)
    for verb in (
        lambda: marked.wds.apply({**theirs, "data": {"a": "2"}}),
        lambda: marked.wds.delete(theirs),
        lambda: marked.wds.patch(theirs, {"data": {"a": "2"}}),
        lambda: marked.wds.scale(theirs, 2),
        lambda: marked.wds.update_status(theirs, {}),
    ):
        with pytest.raises(
            NotSupported, match=f"ConfigMap default/{theirs['metadata']['name']} in wds1 is not of"
        ):
            verb()
    assert plain.wds.get(theirs) == before
    ours["metadata"]["labels"] = {"mine": "yes"}
    assert labels(marked.wds.apply(ours)[0]) == {"mine": "yes", LABEL: run}
    assert labels(marked.wds.apply(ours)[0]) == {"mine": "yes", LABEL: run}, (
        "a second apply keeps it"
    )
    assert ours["metadata"]["labels"] == {"mine": "yes"}
    assert [str(found.ref.name) for found in left(list(marked.spaces), run)] == [
        ours["metadata"]["name"]
    ] * 2
    list(remove(plain, run))
    assert plain.wds.get(theirs) is not None


def test_what_has_lost_its_label_is_broken_and_not_an_object_of_somebody_else(
    marked: System, plain: System
) -> None:
    ours = config_map(a="1")
    marked.wds.apply(ours)
    plain.wds.patch(ours, {"metadata": {"labels": {LABEL: None}}})
    for verb in (
        lambda: marked.wds.delete(ours),
        lambda: marked.wds.patch(ours, {"data": {"a": "2"}}),
    ):
        with pytest.raises(Broken, match=f"has lost the label {LABEL}="):
            verb()
    plain.wds.delete(ours)


def test_what_a_controller_makes_of_a_run_s_object_may_be_changed(
    marked: System, plain: System
) -> None:
    [owner] = marked.wds.apply(config_map())
    made = config_map(a="1")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]["name"]}
    made["metadata"]["ownerReferences"] = [{**reference, "uid": owner["metadata"]["uid"]}]
    plain.wds.apply(made)
    assert marked.wds.patch(made, {"data": {"a": "2"}})["data"] == {"a": "2"}
    marked.wds.delete(made, owner)
    assert plain.wds.get(made) is None


def test_all_of_one_run_is_removed_policies_first_and_nothing_else(
    marked: System, plain: System, run: str, api_servers: dict[str, ApiServer]
) -> None:
    names = [f"{name}-{unique()}" for name in ("theirs", "another-run-s", "ours")]
    another = open_system(api_servers, f"{run}-2")
    for system, name in zip((plain, another, marked), names, strict=True):
        system.wds.apply(
            config_map(name), binding_policy(name, clusters={"a": "b"}, objects={"a": "b"})
        )
        system.wec1.apply(config_map(name))
    another.close()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": names[2], "namespace": "default"},
    }
    marked.its.apply(secret)
    removed = [str(found) for found in remove(plain, run)]
    assert removed == [
        f"wds1: BindingPolicy {names[2]}",
        f"wds1: ConfigMap default/{names[2]}",
        f"its1: Secret default/{names[2]}",
        f"cluster1: ConfigMap default/{names[2]}",
    ]
    assert left(list(plain.spaces), run) == []
    for name in names[:2]:
        assert plain.wec1.get(config_map(name)) is not None
        assert plain.wds.get(binding_policy(name, clusters={}, objects={})) is not None
    assert list(remove(plain, run)) == []
    list(remove(plain, f"{run}-2"))


def test_what_does_not_go_is_named(marked: System, plain: System, run: str) -> None:
    held = config_map()
    held["metadata"]["finalizers"] = ["kubestellar-conformance/test"]
    marked.wds.apply(held)
    try:
        with pytest.raises(
            Broken, match=f"are not gone yet: ConfigMap default/{held['metadata']['name']} in wds1"
        ):
            list(remove(plain, run))
    finally:
        plain.wds.patch(held, {"metadata": {"finalizers": None}})


def test_manifest_works_of_the_run_s_policies_have_to_go_too(
    marked: System, plain: System, run: str
) -> None:
    policy = f"policy-{unique()}"
    marked.wds.apply(binding_policy(policy, clusters={"a": "b"}, objects={"a": "b"}))
    origin = {ORIGIN_BINDING_LABEL: policy, ORIGIN_WDS_LABEL: "wds1"}
    work = {
        "apiVersion": "work.open-cluster-management.io/v1",
        "kind": "ManifestWork",
        "metadata": {"name": policy, "namespace": "default", "labels": origin},
        "spec": {"workload": {"manifests": [config_map()]}},
    }
    plain.its.apply(work)
    with pytest.raises(Broken, match=f"are not gone yet: ManifestWork of {policy} in its1"):
        list(remove(plain, run))
    plain.its.delete(work)


@pytest.fixture
def hub(plain: System) -> Iterator[Hub]:
    made = Hub(plain.its)
    yield made
    made.close()


@pytest.mark.usefixtures("hub")
def test_virtual_wecs_go_with_their_mailboxes_and_those_of_another_run_stay(
    marked: System, plain: System, run: str, api_servers: dict[str, ApiServer]
) -> None:
    """As they are after a kill: nothing of them has been removed."""
    another = open_system(api_servers, f"{run}-2")
    patient = open_system(
        api_servers, None, withdrawal=60
    )  # the stand-in for the hub takes a while
    fleets = [Fleets(system) for system in (marked, another)]
    ours, theirs = (one.make({"a": {}, "b": {}}, label=f"x{unique()}").names for one in fleets)
    removed = {str(found) for found in remove(patient, run)}
    assert removed == {
        f"its1: {kind} {name}" for kind in ("ManagedCluster", "Namespace") for name in ours
    }
    assert left(list(plain.spaces), run) == []
    for name in theirs:
        mailbox = plain.its.get(Ref(NAMESPACE, "", name))
        assert labels(mailbox)[LABEL] == f"{run}-2", "it can be found when its cluster is gone"
        assert plain.its.get(Ref(MANAGED_CLUSTER, "", name)) is not None
    list(remove(patient, f"{run}-2"))
    for one in fleets:
        one.close()
    for system in (another, patient):
        system.close()


def test_what_no_test_makes_is_never_removed(plain: System, run: str) -> None:
    """A label on such a thing came there otherwise."""
    cluster = {
        "apiVersion": "cluster.open-cluster-management.io/v1",
        "kind": "ManagedCluster",
        "metadata": {"name": f"cluster-{unique()}", "labels": {LABEL: run}},
        "spec": {"hubAcceptsClient": True},
    }
    plain.its.apply(cluster)
    namespace = Ref.of({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})
    plain.wds.patch(namespace, {"metadata": {"labels": {LABEL: run}}})
    try:
        assert list(remove(plain, run)) == []
        assert plain.its.get(cluster) is not None
        assert "deletionTimestamp" not in (plain.wds.get(namespace) or {})["metadata"]
    finally:
        plain.wds.patch(namespace, {"metadata": {"labels": {LABEL: None}}})
        plain.its.delete(cluster)


def test_a_kind_whose_conversion_fails_keeps_nothing_of_the_others_from_going(
    marked: System, plain: System, run: str
) -> None:
    """Somebody else's kind, whose objects cannot be listed in the version that is preferred."""
    name = f"things-{unique()}"
    group, version = f"{name}.example.com", {"served": True, "schema": {"openAPIV3Schema": _ANY}}
    dead = {"clientConfig": {"url": "https://127.0.0.1:1"}, "conversionReviewVersions": ["v1"]}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{group}"},
        "spec": {
            "group": group,
            "names": {"plural": "things", "kind": "Thing"},
            "scope": "Cluster",
            "versions": [
                {"name": "v1", "storage": False, **version},
                {"name": "v1beta1", "storage": True, **version},
            ],
            "conversion": {"strategy": "Webhook", "webhook": dead},
        },
    }
    ours = config_map()
    theirs = {"apiVersion": f"{group}/v1beta1", "kind": "Thing", "metadata": {"name": name}}
    plain.wds.apply(crd)
    try:
        assert plain.wds.watch(Kind.of(theirs)).ready(60)  # it is served
        plain.wds.apply(theirs)
        with pytest.raises(Unreachable, match="HTTP 500"):
            plain.wds.list(Kind(group, "v1", "Thing"))
        marked.wds.apply(ours)
        assert [str(one.ref) for one in remove(plain, run)] == [str(Ref.of(ours))]
    finally:
        plain.wds.delete(crd)


@pytest.mark.parametrize("run", ["", "a b", "a,b=c", "-x", "x" * 64, "a/b", "!a"])
def test_an_id_that_is_none_is_refused(run: str) -> None:
    with pytest.raises(UserError, match="is not the id of a run"):
        check_id(run)
