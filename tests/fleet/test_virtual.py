"""A virtual WEC has what its ManifestWorks carry, and reports what a test says."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest

from kubestellar_conformance.conditions import (
    bound_to,
    contains,
    gone,
    has,
    no_manifest_works,
    rows,
    same_objects,
    same_uids,
    without,
)
from kubestellar_conformance.conditions.cleaning import cleaned
from kubestellar_conformance.errors import Broken, Deviation, UserError
from kubestellar_conformance.fleet import Fleet, Fleets, VirtualWec
from kubestellar_conformance.spaces import Event, Feed, Obj, Ref
from kubestellar_conformance.spaces.refs import (
    BINDING,
    BINDING_POLICY,
    CONFIG_MAP,
    MANIFEST_WORK,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
    WORK_STATUS,
    uid,
)
from tests.support.servers import ApiServer
from tests.support.three_spaces import ByHand, ThreeSpaces, config_map, unique

Carry = Callable[..., Obj]


@pytest.fixture
def carry(three: ThreeSpaces) -> Carry:
    """Puts objects into a ManifestWork of a virtual WEC's mailbox, as the transport does."""

    def carry(wec: VirtualWec, *manifests: Obj, work: str = "work", **metadata: Any) -> Obj:
        labels = {ORIGIN_BINDING_LABEL: "policy", ORIGIN_WDS_LABEL: "wds1"}
        [made] = three.its.apply(
            {
                "apiVersion": MANIFEST_WORK.api_version,
                "kind": MANIFEST_WORK.name,
                "metadata": {
                    "name": work,
                    "namespace": wec.name,
                    "labels": labels,
                    "finalizers": [],
                    **metadata,
                },
                "spec": {"workload": {"manifests": list(manifests)}},
            }
        )
        return made

    return carry


@pytest.fixture(autouse=True)
def emptied(three: ThreeSpaces, fleet: Fleet) -> Any:
    """Mailboxes go after their ManifestWorks."""
    yield
    for name in fleet.names:
        for work in three.its.list(MANIFEST_WORK, namespace=name):
            three.its.patch(work, {"metadata": {"finalizers": None}})
            three.its.delete(work)


def deployment() -> Obj:
    name = f"web-{unique()}"
    labels = {"app": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": labels}, "template": pod},
    }


def bound(three: ThreeSpaces, fleet: Fleet, ref: Ref, plural: str) -> ByHand:
    """A Binding that sends the object to all of the fleet."""
    by_hand = ByHand(three, ref, plural)
    by_hand.bind(*fleet.names)
    return by_hand


def test_has_and_its_walk_read_the_manifests_in_the_mailbox(
    three: ThreeSpaces, fleet: Fleet, carry: Carry
) -> None:
    made = config_map(a="1")
    [live] = three.wds.apply(made)
    binding = bound(three, fleet, Ref.of(made), "configmaps")
    with pytest.raises(Deviation) as failed:
        fleet["eu"].eventually(has(made))
    [eu] = fleet["eu"].names
    lines = str(failed.value).splitlines()
    [hop] = [line for line in lines if "STOP" in line]
    assert re.search(rf"ManifestWork +its1 +none in namespace {eu} carries it", hop)
    assert "responsible: wds1/transport-controller (running)" in lines
    for wec in fleet["eu us"]:
        carry(wec, cleaned(live))
    found = fleet["eu us"].eventually(has(made))
    assert [objects[0]["data"] for objects in found.values()] == [{"a": "1"}] * 2
    fleet["bare"].eventually(without(made))
    three.wds.patch(made, {"data": {"a": "2"}})
    binding.bind(*fleet.names)
    with pytest.raises(Deviation, match=r"ManifestWork +its1 +eu-.*/work is stale: data.a"):
        fleet["eu"].eventually(has(made))


def test_a_walk_that_finds_all_in_order_ends_at_the_manifest_work(
    three: ThreeSpaces, fleet: Fleet, carry: Carry
) -> None:
    made = config_map(a="1")
    [live] = three.wds.apply(made)
    bound(three, fleet, Ref.of(made), "configmaps")
    carry(fleet[0], cleaned(live))
    with pytest.raises(Deviation) as failed:
        fleet[0].eventually(contains(made, {"data": {"a": "another"}}))
    hops = [line.split()[1] for line in str(failed.value).splitlines() if line.startswith("  ok")]
    assert hops == ["WDS", "Binding", "ManifestWork"]
    assert "klusterlet-agent" not in str(failed.value)


def test_what_is_there_for_a_moment_is_seen(fleet: Fleet, carry: Carry) -> None:
    made = config_map()

    def come_and_go() -> None:
        with fleet["eu us"].hold(without(made)):
            carry(fleet["us"][0], made)
            carry(fleet["us"][0], config_map())
            fleet["us"].eventually(without(made))

    with pytest.raises(Deviation, match="expected to be absent throughout"):
        come_and_go()


def test_an_object_of_two_works_is_one_object_until_the_last_has_gone(
    three: ThreeSpaces, fleet: Fleet, carry: Carry
) -> None:
    wec, made = fleet[0], config_map(a="1")
    first = carry(wec, made, work="first")
    wec.eventually(contains(made, {"data": {"a": "1"}}))
    with wec.hold(same_uids(made)):
        second = carry(wec, {**made, "data": {"a": "2"}}, work="second")
        wec.eventually(contains(made, {"data": {"a": "2"}}))
        carry(wec, {**made, "data": {"a": "3"}}, work="first")
        wec.eventually(contains(made, {"data": {"a": "3"}}))
        three.its.delete(first)
        wec.eventually(contains(made, {"data": {"a": "2"}}))
    three.its.delete(second)
    wec.eventually(gone(made))


@pytest.mark.parametrize("how", ["a new ManifestWork", "the same ManifestWork"])
def test_an_object_that_was_away_is_another_one_when_it_comes_back(
    three: ThreeSpaces, fleet: Fleet, carry: Carry, how: str
) -> None:
    wec, made, other = fleet[0], config_map(a="1"), config_map()
    work = carry(wec, made, other)
    wec.eventually(contains(made, {"data": {"a": "1"}}))
    before = wec.snapshot(made)
    if how == "a new ManifestWork":
        three.its.delete(work)
    else:
        carry(wec, other)
    wec.eventually(gone(made))
    carry(wec, made, other)
    wec.eventually(contains(made, {"data": {"a": "1"}}))
    with pytest.raises(Deviation, match="to be the same object as before, by UID"):
        wec.eventually(same_objects(before))


def test_an_object_whose_work_is_being_deleted_is_being_deleted(
    three: ThreeSpaces, fleet: Fleet, carry: Carry
) -> None:
    wec, made = fleet[0], config_map(a="1")
    three.wds.apply(made)
    work = carry(wec, made, finalizers=["kubestellar-conformance/test"])
    wec.eventually(contains(made, {"data": {"a": "1"}}))
    three.its.delete(work)
    with pytest.raises(Deviation, match="being deleted"):
        wec.eventually(has(made))
    with pytest.raises(Deviation, match="being deleted"):
        wec.eventually(gone(made), within="quiet")


def test_a_write_that_leaves_the_manifest_alone_is_not_an_event_of_the_object(
    three: ThreeSpaces, fleet: Fleet, carry: Carry
) -> None:
    wec, made = fleet[0], config_map(a="1")
    work = carry(wec, made)
    wec.eventually(contains(made, {"data": {"a": "1"}}))
    before = wec.get(made)
    three.its.patch(work, {"metadata": {"annotations": {"a": "b"}}})
    three.its.eventually(contains(work, {"metadata": {"annotations": {"a": "b"}}}))
    assert wec.get(made) == before
    seen = three.system.record.timeline(refs={Ref.of(made)})
    assert [(event.space, event.verb) for event in seen] == [(wec.name, "ADDED")]


def test_what_a_mailbox_held_before_anybody_looked_is_there(fleet: Fleet, carry: Carry) -> None:
    made, other = config_map(a="1"), deployment()
    carry(fleet[0], made, other)
    fleet[0].eventually(contains(other, {"kind": "Deployment"}))
    assert fleet[0].list(CONFIG_MAP) == [fleet[0].get(made)]
    assert fleet[0].list(CONFIG_MAP, labels={"a": "b"}) == []
    assert fleet[1].get(made) is None


def test_a_virtual_wec_is_as_live_as_its_its(
    three: ThreeSpaces, fleet: Fleet, carry: Carry, its_server: ApiServer
) -> None:
    wec, made = fleet[0], config_map(a="1")
    carry(wec, made)
    wec.eventually(contains(made, {"data": {"a": "1"}}))
    feed = wec.watch(CONFIG_MAP)
    its_server.stop()
    with pytest.raises(Broken, match="the API server of its1 cannot be reached"):
        wec.eventually(gone(made), within="downsync")
    with three.system.record.changed:
        assert three.system.record.changed.wait_for(lambda: not feed.live, 10)
    its_server.start()
    three.terms.change("downsync", 15)
    wec.eventually(contains(made, {"data": {"a": "1"}}))
    carry(wec, {**made, "data": {"a": "2"}})
    wec.eventually(contains(made, {"data": {"a": "2"}}))


def test_stays_sends_its_marker_to_the_members_and_to_nobody_else(
    three: ThreeSpaces, fleet: Fleet, carry: Carry
) -> None:
    made, sent = config_map(), []

    def transport(event: Event | None, feed: Feed) -> None:
        """Brings the marker to the mailboxes of those that its policy selects."""
        if event and (feed.space, feed.kind, event.verb) == ("wds1", BINDING_POLICY, "ADDED"):
            threading.Thread(target=bring, args=(event.ref.name,)).start()

    def bring(name: str) -> None:
        policy = three.wds.get(Ref(BINDING_POLICY, "", name))
        marker = three.wds.get(Ref(CONFIG_MAP, "default", name))
        assert policy is not None
        assert marker is not None
        for wec in fleet:
            if {"matchLabels": wec.selector} in policy["spec"]["clusterSelectors"]:
                sent.append(wec.member)
                carry(wec, cleaned(marker), work="marker")

    assert three.wds.watch(BINDING_POLICY).ready(10)
    three.system.record.observe(transport)
    three.terms.change("downsync", 15)
    try:
        fleet["eu us"].stays(without(made))
    finally:
        three.system.record.forget(transport)
    assert sent == ["eu", "us"]
    [told] = [wait for wait in three.waits.told() if wait.verb == "stays"]
    assert told.outcome == "held"


def test_a_fleet_that_goes_takes_its_markers_along(three: ThreeSpaces, fleets: Fleets) -> None:
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    with pytest.raises(Deviation, match=r"a marker in .*: expected to arrive"):
        fleet.stays(without(config_map()))
    marked = fleet[0].selector

    def markers() -> list[Obj]:
        policies = three.wds.list(BINDING_POLICY)
        return [
            one
            for one in policies
            if {"matchLabels": marked} in one["spec"].get("clusterSelectors", [])
        ]

    assert len(markers()) == 1
    fleets.remove(fleet)
    assert markers() == []


def test_a_report_is_the_work_status_that_the_add_on_would_write(
    three: ThreeSpaces, fleet: Fleet, carry: Carry
) -> None:
    web = deployment()
    works = [carry(wec, web) for wec in fleet]
    fleet.report(web, "availableReplicas", eu=3, us=2)
    [eu] = three.its.list(WORK_STATUS, namespace=fleet["eu"].names[0])
    assert eu["status"] == {"availableReplicas": 3}
    assert eu["spec"]["sourceRef"] == {
        "group": "apps",
        "version": "v1",
        "resource": "deployments",
        "kind": "Deployment",
        "namespace": "default",
        "name": web["metadata"]["name"],
    }
    assert eu["metadata"]["labels"] == works[0]["metadata"]["labels"]
    assert [owner["uid"] for owner in eu["metadata"]["ownerReferences"]] == [uid(works[0])]
    assert three.its.list(WORK_STATUS, namespace=fleet["bare"].names[0]) == []
    fleet["eu"].report(web, {"conditions": [{"type": "Ready"}]})
    [again] = three.its.list(WORK_STATUS, namespace=fleet["eu"].names[0])
    assert uid(again) == uid(eu)
    assert again["status"] == {"conditions": [{"type": "Ready"}]}, "the status before is replaced"


def test_a_report_names_fields_by_dots_or_gives_whole_statuses(
    three: ThreeSpaces, fleet: Fleet, carry: Carry
) -> None:
    web = deployment()
    for wec in fleet:
        carry(wec, web)
    fleet.report(web, "at.depth", eu=1)
    fleet.report(web, us={"whole": True}, bare={})
    statuses = {
        one["metadata"]["namespace"]: one["status"]
        for one in three.its.list(WORK_STATUS)
        if one["metadata"]["namespace"] in fleet.names
    }
    [eu, us, bare] = fleet.names
    assert statuses == {eu: {"at": {"depth": 1}}, us: {"whole": True}, bare: {}}


def test_a_report_of_what_has_not_come_is_a_walk(three: ThreeSpaces, fleet: Fleet) -> None:
    web = deployment()
    three.wds.apply(web)
    bound(three, fleet, Ref.of(web), "deployments")
    with pytest.raises(Deviation, match=r"(?s)expected to arrive.*STOP.*ManifestWork"):
        fleet.report(web, "availableReplicas", eu=3)


def test_a_report_of_an_object_of_two_works_goes_by_the_first(
    three: ThreeSpaces, fleet: Fleet, carry: Carry
) -> None:
    web, wec = deployment(), fleet[0]
    first = carry(wec, web, work="first")
    carry(wec, web, work="second")
    wec.report(web, {"replicas": 1})
    [made] = three.its.list(WORK_STATUS, namespace=wec.name)
    assert made["metadata"]["ownerReferences"][0]["uid"] == uid(first)
    three.its.delete(first)
    three.its.eventually(gone(first))
    wec.report(web, {"replicas": 2})
    owners = {
        one["metadata"]["ownerReferences"][0]["name"]
        for one in three.its.list(WORK_STATUS, namespace=wec.name)
    }
    assert owners == {"first", "second"}, "under another name; the first one goes with its owner"


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (lambda fleet, web: fleet.report(web, "replicas", asia=1), "has no member 'asia'"),
        (lambda fleet, web: fleet.report(web), "one status for all members, or a value for each"),
        (lambda fleet, web: fleet.report(web, {"a": 1}, eu=1), "one status for all members, or"),
        (lambda fleet, web: fleet.report(web, eu=3), "give a whole status, or say which field"),
    ],
)
def test_a_report_that_says_nothing_definite_is_one_line(
    fleet: Fleet, report: Callable[[Fleet, Obj], None], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        report(fleet, deployment())


@pytest.mark.parametrize(
    "verb",
    [
        lambda wec, one: wec.apply(one),
        lambda wec, one: wec.patch(one, {}),
        lambda wec, one: wec.scale(one, 2),
        lambda wec, one: wec.update_status(one, {}),
        lambda wec, one: wec.delete(one),
    ],
)
def test_nothing_is_written_in_a_virtual_wec(
    fleet: Fleet, verb: Callable[[VirtualWec, Obj], object]
) -> None:
    with pytest.raises(UserError, match="is a virtual WEC, with no API server behind it"):
        verb(fleet[0], config_map())


def test_a_binding_is_compared_with_a_fleet(three: ThreeSpaces, fleet: Fleet) -> None:
    made = config_map()
    three.wds.apply(made)
    by_hand = ByHand(three, Ref.of(made), "configmaps")
    by_hand.bind(*fleet["us eu"].names)
    three.wds.eventually(bound_to(by_hand.policy, fleet.others("bare")), within="downsync")


def test_a_report_that_is_missing_is_combined_as_a_blank_one(
    three: ThreeSpaces, fleet: Fleet, carry: Carry
) -> None:
    web, wec = deployment(), fleet[0]
    [live] = three.wds.apply(web)
    by_hand = ByHand(three, Ref.of(web), "deployments")
    by_hand.bind(wec.name, statusCollectors=["count"])
    carry(wec, cleaned(live))
    wec.eventually(has(web))
    counted = rows("count", web, by_hand.policy, [{"count": 1}])
    three.terms.change("combined_status", 0.5)
    with pytest.raises(Deviation) as failed:
        three.wds.eventually(counted, within="combined_status")
    message = str(failed.value)
    assert re.search(r"ok +WorkStatus +its1 +none .* which counts as blank", message)
    assert re.search(r"STOP +CombinedStatus +wds1 +none for it", message)
    assert "responsible: wds1/kubestellar-controller-manager" in message


def test_a_status_that_nobody_reported_is_the_test_s_own_doing(
    three: ThreeSpaces, fleet: Fleet, carry: Carry
) -> None:
    web, wec = deployment(), fleet[0]
    [live] = three.wds.apply(web)
    ByHand(three, Ref.of(web), "deployments").bind(wec.name)
    carry(wec, cleaned(live))
    wec.eventually(has(web))
    three.terms.change("status_return", 0.5)
    with pytest.raises(Deviation) as failed:
        three.wds.eventually(web, status={"availableReplicas": 3}, within="status_return")
    assert re.search(rf"STOP +WorkStatus +its1 +none in namespace {wec.name}", str(failed.value))
    assert "responsible: no component; the test itself reports the status of a virtual WEC" in str(
        failed.value
    )
    wec.report(web, {"availableReplicas": 3})
    with pytest.raises(Deviation) as failed:
        three.wds.eventually(web, status={"availableReplicas": 3}, within="status_return")
    assert re.search(r"ok +WorkStatus +its1 +.* as the test reported it", str(failed.value))
    assert re.search(r"STOP +WDS status", str(failed.value))
    [status] = three.its.list(WORK_STATUS, namespace=wec.name)
    three.its.update_status(status, {"availableReplicas": 77})
    with pytest.raises(Deviation) as failed:
        three.wds.eventually(web, status={"availableReplicas": 3}, within="status_return")
    assert "is another: status.availableReplicas: 77, the test wrote 3" in str(failed.value)
    assert "responsible: no component; someone else has changed what the test reported" in str(
        failed.value
    )


def test_a_withdrawal_stops_at_the_manifest_work_at_the_latest(
    three: ThreeSpaces, fleet: Fleet, carry: Carry
) -> None:
    made, wec = config_map(), fleet[0]
    assert three.wds.watch(BINDING).ready(10)
    three.wds.apply(made)
    work = carry(wec, made)
    with pytest.raises(Deviation, match=r"STOP +ManifestWork +its1 +.* still carries it"):
        wec.eventually(gone(made), within="downsync")
    carry(wec, made, finalizers=["kubestellar-conformance/test"])
    three.its.delete(work)
    with pytest.raises(Deviation) as failed:
        three.its.eventually(no_manifest_works("policy"), within="downsync")
    assert re.search(
        rf"STOP +ManifestWork +its1 +{wec.name}/work is being deleted", str(failed.value)
    )
    assert "klusterlet-agent" not in str(failed.value)
