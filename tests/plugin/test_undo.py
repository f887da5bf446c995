"""What a test changed is put back, on real API servers: what it made goes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubestellar_conformance.errors import LeftBehind
from kubestellar_conformance.plugin.undo import not_its_own, take_back
from kubestellar_conformance.plugin.withdrawal import until_withdrawn
from kubestellar_conformance.plugin.writes import Writes, noting
from kubestellar_conformance.spaces import (
    Event,
    Feed,
    Obj,
    Ref,
    Refused,
    Space,
    Unreachable,
    Workload,
)
from kubestellar_conformance.spaces.refs import BINDING_POLICY, MANAGED_CLUSTER, uid
from tests.support.three_spaces import ThreeSpaces, config_map, unique

Change = Callable[[Space, Obj], None]


def undone(three: ThreeSpaces, test: Callable[[], object]) -> Writes:
    """Run ``test`` as the plugin runs one, and take its writes back."""
    writes = Writes(lambda _: None)
    with noting(three.system, writes):
        test()
    touched = writes.touched()
    take_back(touched)
    until_withdrawn(three.system, touched)
    return writes


def managed_cluster(**labels: str) -> Obj:
    return {
        "apiVersion": MANAGED_CLUSTER.api_version,
        "kind": MANAGED_CLUSTER.name,
        "metadata": {"name": f"cluster-{unique()}", "labels": labels},
        "spec": {"hubAcceptsClient": False},
    }


def content(obj: Obj | None) -> Any:
    """All but what the API server counts."""
    if obj is None:
        return None
    mine = ("resourceVersion", "generation", "managedFields", "uid", "creationTimestamp")
    metadata = {key: value for key, value in obj["metadata"].items() if key not in mine}
    return {**obj, "metadata": metadata}


def patched(*patches: Obj) -> Change:
    def change(space: Space, obj: Obj) -> None:
        for patch in patches:
            space.patch(obj, patch)

    return change


def deleted(space: Space, obj: Obj) -> None:
    space.delete(obj)


def applied(**data: str) -> Change:
    def change(space: Space, obj: Obj) -> None:
        space.apply({**obj, "data": data})

    return change


def together(*changes: Change) -> Change:
    def change(space: Space, obj: Obj) -> None:
        for one in changes:
            one(space, obj)

    return change


CHANGES: dict[str, Change] = {
    "a label is added": patched({"metadata": {"labels": {"b": "2"}}}),
    "a label is changed": patched({"metadata": {"labels": {"a": "2"}}}),
    "a label is removed": patched({"metadata": {"labels": {"a": None}}}),
    "all labels are removed": patched({"metadata": {"labels": None}}),
    "data are patched": patched({"data": {"x": "2", "y": "2"}}),
    "data are removed": patched({"data": None}),
    "data are removed and made again": patched({"data": None}, {"data": {"z": "3"}}),
    "it is applied with less": applied(y="2"),
    "it is deleted": deleted,
    "it is deleted and made again": together(deleted, applied(z="3")),
    "it is changed twice": patched({"data": {"x": "2", "y": "2"}}, {"data": {"y": None, "x": "3"}}),
    "it is changed and deleted": together(patched({"data": {"x": "2"}}), deleted),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_what_was_there_before_is_put_back(three: ThreeSpaces, change: Change) -> None:
    thing = config_map(x="1", w="1")
    thing["metadata"]["labels"] = {"a": "1", "c": "1"}
    three.wec.apply(thing)
    before = three.wec.get(thing)
    undone(three, lambda: change(three.wec, thing))
    assert content(three.wec.get(thing)) == content(before)


def test_the_labels_of_a_managed_cluster_are_put_back_and_it_stays(three: ThreeSpaces) -> None:
    cluster = managed_cluster(name="cluster1")
    [before] = three.its.apply(cluster)

    def test() -> None:
        three.its.patch(cluster, {"metadata": {"labels": {"zone": "a", "name": None}}})
        three.its.apply({**cluster, "metadata": {"name": before["metadata"]["name"]}})

    undone(three, test)
    after = three.its.get(cluster)
    assert uid(after or {}) == uid(before)
    assert content(after) == content(before)
    three.its.delete(cluster)


def test_replicas_and_status_are_put_back(three: ThreeSpaces, nginx: Workload) -> None:
    three.wec.apply(nginx)
    three.wec.update_status(nginx.deployment, {"replicas": 1, "readyReplicas": 1})
    before = three.wec.get(nginx.deployment)

    def test() -> None:
        three.wec.scale(nginx.deployment, 5)
        three.wec.update_status(nginx.deployment, {"replicas": 5, "unavailableReplicas": 4})
        three.wec.update_status(nginx.deployment, {"replicas": 6}, whole=True)

    undone(three, test)
    assert content(three.wec.get(nginx.deployment)) == content(before)
    three.wec.delete(nginx)


def test_what_somebody_else_changes_meanwhile_is_left(three: ThreeSpaces) -> None:
    thing = config_map(x="1")
    three.wec.apply(thing)

    def test() -> None:
        three.wec.patch(thing, {"data": {"x": "2"}})
        theirs = {"data": {"theirs": "1"}, "metadata": {"labels": {"theirs": "1"}}}
        three.wec.patch(thing, theirs, force=True)

    undone(three, test)
    live = three.wec.get(thing)
    assert live is not None
    assert live["data"] == {"x": "1", "theirs": "1"}
    assert live["metadata"]["labels"] == {"theirs": "1"}


def test_what_the_test_made_goes_whatever_it_did_to_it(three: ThreeSpaces) -> None:
    one, two = config_map(x="1"), config_map()

    def test() -> None:
        three.wds.apply(one, two)
        three.wds.patch(one, {"data": {"x": "2"}})
        three.wds.delete(two)
        three.wds.apply(two)

    writes = undone(three, test)
    assert [three.wds.get(each) for each in (one, two)] == [None, None]
    assert len(writes.to_list()) == 5, "what the clean-up does is not the test's"


def test_a_finalizer_of_the_test_s_own_keeps_nothing(three: ThreeSpaces) -> None:
    thing = config_map()
    thing["metadata"]["finalizers"] = ["example.com/hold"]
    undone(three, lambda: three.wds.apply(thing))
    assert three.wds.get(thing) is None


def test_an_object_that_a_controller_made_is_not_made_again(three: ThreeSpaces) -> None:
    owner, owned = config_map(), config_map()
    [made] = three.wec.apply(owner)
    owned["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": Ref.of(made).name, "uid": uid(made)}
    ]
    three.wec.apply(owned)
    undone(three, lambda: three.wec.delete(owned))
    assert three.wec.get(owned) is None


def test_an_object_under_the_same_name_that_is_not_the_one_changed_is_left(
    three: ThreeSpaces,
) -> None:
    thing = config_map(x="1")
    three.wec.apply(thing)
    writes = Writes(lambda _: None)
    with noting(three.system, writes):
        three.wec.patch(thing, {"data": {"x": "2"}})
    three.wec.delete(thing)
    three.wec.apply({**thing, "data": {"x": "another"}})
    take_back(writes.touched())
    live = three.wec.get(thing)
    assert live is not None
    assert live["data"] == {"x": "another"}


def test_what_a_test_does_in_a_namespace_of_its_own_goes_with_it(
    three: ThreeSpaces, nginx: Workload
) -> None:
    def test() -> None:
        [namespace] = three.wec.apply(nginx.objects[0])
        name = namespace["metadata"]["name"]
        inside = {**config_map(), "metadata": {"name": "by-a-controller", "namespace": name}}
        three.system.journal, journal = None, three.system.journal
        three.wec.apply(inside)
        three.system.journal = journal
        three.wec.delete(inside)

    writes = Writes(lambda _: None)
    with noting(three.system, writes):
        test()
    take_back(writes.touched())
    namespace = three.wec.get(nginx.namespace)
    assert namespace is None or namespace["metadata"].get("deletionTimestamp")


@pytest.mark.parametrize("there", [True, False], ids=["an older object", "none before"])
def test_a_write_that_got_no_answer(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    """It may have been done all the same."""
    thing = config_map(x="1")
    if there:
        three.wec.apply(thing)
        three.wec.watch("v1/ConfigMap").ready(10)
    answer = three.wec.client.answer

    def lost(method: str, path: str, **how: Any) -> Any:
        done = answer(method, path, **how)
        if method == "patch":
            raise Unreachable("cluster1", "https://127.0.0.1:1", "apply", "reset")
        return done

    def test() -> None:
        with monkeypatch.context() as patched:
            patched.setattr(three.wec.client, "answer", lost)
            with pytest.raises(Unreachable):
                three.wec.apply({**thing, "data": {"x": "2"}})

    undone(three, test)
    live = three.wec.get(thing)
    assert (live or {}).get("data") == ({"x": "1"} if there else None)


def test_names_that_are_not_the_test_s_own_are_found(three: ThreeSpaces) -> None:
    own, foreign, changed = config_map(), config_map(), config_map()
    own["metadata"]["name"] = f"config-{unique()}-xabcdef"
    three.wds.apply(changed)
    writes = Writes(lambda _: None)
    with noting(three.system, writes):
        three.wds.apply(own, foreign)
        three.wds.patch(changed, {"data": {"x": "1"}})
    assert not_its_own(writes.touched(), "xabcdef") == [str(Ref.of(foreign))]
    take_back(writes.touched())


def test_what_stays_is_left_behind_and_named(three: ThreeSpaces) -> None:
    three.terms.change("withdrawal", 0.2)
    thing = config_map()
    foreign = {"metadata": {"finalizers": ["conformance.test/stays"]}}

    def test() -> None:
        three.wds.apply(thing)
        three.wds.patch(thing, foreign, force=True)  # as somebody else does: not noted

    with pytest.raises(LeftBehind) as caught:
        undone(three, test)
    assert str(caught.value).startswith(f"after the test, while {Ref.of(thing)} was withdrawn: ")
    three.wds.patch(thing, {"metadata": {"finalizers": None}})


def test_what_a_policy_brought_about_is_waited_for_in_every_space(three: ThreeSpaces) -> None:
    """A WorkStatus or a CombinedStatus that outlives its policy is a leak of the test."""
    three.terms.change("withdrawal", 0.2)
    name = f"policy-{unique()}"
    policy = {
        "apiVersion": BINDING_POLICY.api_version,
        "kind": BINDING_POLICY.name,
        "metadata": {"name": name},
        "spec": {},
    }
    left = {
        "apiVersion": "control.kubestellar.io/v1alpha1",
        "kind": "CombinedStatus",
        "metadata": {
            "name": f"combined-{unique()}",
            "namespace": "default",
            "labels": {"status.kubestellar.io/binding-policy": name},
        },
    }
    three.wds.apply(left)
    with pytest.raises(LeftBehind, match="CombinedStatuses of BindingPolicy"):
        undone(three, lambda: three.wds.apply(policy))
    three.wds.delete(left)


def test_policies_go_before_the_labels_of_wecs_are_put_back(three: ThreeSpaces) -> None:
    """Otherwise the policy loses a WEC just before its deletion, as in KD-0.30.0-BIND-2."""
    cluster = managed_cluster(zone="b")
    policy = {
        "apiVersion": BINDING_POLICY.api_version,
        "kind": BINDING_POLICY.name,
        "metadata": {"name": f"policy-{unique()}"},
        "spec": {},
    }
    three.its.apply(cluster)
    writes = Writes(lambda _: None)
    with noting(three.system, writes):
        three.wds.apply(policy)
        three.its.patch(cluster, {"metadata": {"labels": {"zone": "a"}}})
    written: list[str] = []

    def note(event: Event | None, _: Feed) -> None:
        if event is not None and event.ref in (Ref.of(cluster), Ref.of(policy)):
            written.append(f"{event.verb} {event.ref.kind.name}")

    three.system.record.observe(note)
    try:
        take_back(writes.touched())
    finally:
        three.system.record.forget(note)
    assert written == ["DELETED BindingPolicy", "MODIFIED ManagedCluster"]
    assert (three.its.get(cluster) or {})["metadata"]["labels"]["zone"] == "b"
    three.its.delete(cluster)


def test_an_error_does_not_keep_the_rest_from_being_taken_back(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = config_map(), config_map()
    writes = Writes(lambda _: None)
    with noting(three.system, writes):
        three.wds.apply(one, two)
    delete = Space.delete

    def refused(self: Space, *targets: Any) -> None:
        if Ref.of(targets[0]) == Ref.of(two):
            raise Refused("wds1", "delete", 409, "Conflict", "not now")
        delete(self, *targets)

    with monkeypatch.context() as patched:
        patched.setattr(Space, "delete", refused)
        with pytest.raises(LeftBehind, match="not now"):
            take_back(writes.touched())
    assert three.wds.get(one) is None
    three.wds.delete(two)


def test_an_object_that_cannot_be_looked_at_keeps_no_other_from_being_taken_back(
    three: ThreeSpaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    thing, away = config_map(), Unreachable("wds1", "https://127.0.0.1:1", "it", "reset")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"n-{unique()}"}}

    def lost(*_: Any, **__: Any) -> Any:
        raise away

    writes = Writes(lambda _: None)
    with noting(three.system, writes):
        three.wds.apply(thing)
        with monkeypatch.context() as patched:
            patched.setattr(three.wds.client, "answer", lost)
            with pytest.raises(Unreachable):
                three.wds.apply(namespace)
    with monkeypatch.context() as patched:
        patched.setattr(Space, "get", lost)
        with pytest.raises(Unreachable):
            take_back(writes.touched())
    assert three.wds.get(thing) is None
