"""A fleet comes, is spoken of by its members' names, is selected by its own label, and goes."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from kubestellar_conformance.conditions import condition, gone
from kubestellar_conformance.errors import Broken, Deviation, LeftBehind, UserError
from kubestellar_conformance.fleet import FLEET_LABEL, Fleet, Fleets, removal
from kubestellar_conformance.fleet.inventory import Inventory
from kubestellar_conformance.fleet.mailbox import AGENT_FINALIZER
from kubestellar_conformance.spaces import Obj, Refused
from kubestellar_conformance.spaces.refs import (
    BINDING,
    CLUSTER_LABEL,
    MANAGED_CLUSTER,
    MANIFEST_WORK,
    NAMESPACE,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
    Kind,
    Ref,
)
from kubestellar_conformance.waiting import contracts
from tests.support.calm import busy
from tests.support.hub import Hub
from tests.support.servers import ApiServer
from tests.support.three_spaces import ByHand, ThreeSpaces, config_map, unique


@pytest.fixture
def soon_tired(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait for ManifestWorks to go is over soon; the stand-in for the hub has all its time."""
    monkeypatch.setattr(removal, "WITHDRAWAL", "quiet")
    monkeypatch.setattr(contracts, "_limits", {"quiet": 0.3})


def labels(three: ThreeSpaces, name: str) -> dict[str, str]:
    cluster = three.its.get(Ref(MANAGED_CLUSTER, "", name))
    assert cluster is not None
    assert cluster["spec"]["hubAcceptsClient"] is True
    found: dict[str, str] = cluster["metadata"]["labels"]
    return found


def test_each_member_is_a_managed_cluster_that_its_labels_select(
    three: ThreeSpaces, fleet: Fleet
) -> None:
    [eu, us, bare] = fleet
    assert labels(three, eu.name) == {
        "name": eu.name,
        "region": "eu",
        "cluster.open-cluster-management.io/clusterset": "default",
        FLEET_LABEL: eu.name.removeprefix("eu-"),
    }
    assert eu.selector.items() <= labels(three, eu.name).items()
    assert "region" not in labels(three, bare.name)
    assert us.name != eu.name


def test_members_are_named_by_the_test_and_unknown_ones_are_one_line(fleet: Fleet) -> None:
    assert fleet["us eu"].members == ["us", "eu"]
    assert fleet.others("us").members == ["eu", "bare"]
    assert fleet["eu us"].others("eu").members == ["us"]
    assert fleet["eu"][0].member == fleet[:1].members[0] == "eu"
    with pytest.raises(UserError, match=r"^this fleet has no member 'asia'; it has: eu, us, bare$"):
        fleet["eu asia"]
    with pytest.raises(UserError, match="has no member 'eu'; it has: us"):
        fleet["us"].others("eu")


def test_every_selector_is_kept_within_the_fleet(fleet: Fleet) -> None:
    fence = {FLEET_LABEL: fleet[0].selector[FLEET_LABEL]}
    expressions = [{"key": "region", "operator": "DoesNotExist"}]
    assert fleet.where({"a": "b"}, {"matchExpressions": expressions}) == [
        {"matchLabels": {"a": "b", **fence}},
        {"matchLabels": fence, "matchExpressions": expressions},
    ]
    assert fleet.where() == [{"matchLabels": fence}]
    with pytest.raises(UserError, match="stands for every WEC of the ITS"):
        fleet.where({})


def test_the_system_s_wecs_stay_the_real_ones(three: ThreeSpaces, fleet: Fleet) -> None:
    assert three.system.wecs.names == ["cluster1"]
    assert three.system.spaces.names == ["its1", "wds1", "cluster1"]
    assert three.system[fleet[0].name] is fleet[0]


def test_relabelling_changes_the_managed_cluster_and_none_removes(
    three: ThreeSpaces, fleet: Fleet
) -> None:
    before = labels(three, fleet["us"][0].name)
    fleet["eu"].relabel({"example.com/tier": "gold"}, zone="a", region=None)
    [name] = fleet["eu"].names
    now = labels(three, name)
    assert (now["zone"], now["example.com/tier"], "region" in now) == ("a", "gold", False)
    assert labels(three, fleet["us"][0].name) == before
    with pytest.raises(UserError, match=f"is identified by its label {FLEET_LABEL}"):
        fleet["eu"].relabel({FLEET_LABEL: "another"})


def test_annotations_of_the_managed_cluster(three: ThreeSpaces, fleet: Fleet) -> None:
    wec = fleet.wec("eu")
    wec.annotate({"example.com/tier": "gold"}, size="big")
    wec.annotate(size=None)
    [found] = [three.its.get(Ref(MANAGED_CLUSTER, "", wec.name))]
    assert found is not None
    assert found["metadata"]["annotations"] == {"example.com/tier": "gold"}


def test_nothing_of_a_removed_fleet_is_left(three: ThreeSpaces, fleets: Fleets) -> None:
    fleet = fleets.make({"a": {}, "b": {}}, label=f"x{unique()}")
    names = fleet.names
    fleets.remove(fleet)
    for name in names:
        assert three.its.get(Ref(MANAGED_CLUSTER, "", name)) is None
        assert three.its.get(Ref(NAMESPACE, "", name)) is None
        assert name not in three.system
    with pytest.raises(UserError, match="does not exist any more"):
        fleet[0].get(config_map())


def test_a_fleet_that_is_retired_goes_in_the_background(three: ThreeSpaces, fleets: Fleets) -> None:
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    fleets.retire(fleet)
    fleets.close()
    assert three.its.get(Ref(MANAGED_CLUSTER, "", fleet.names[0])) is None
    assert three.its.get(Ref(NAMESPACE, "", fleet.names[0])) is None


def test_a_fleet_goes_although_its_its_is_away_for_a_while(
    three: ThreeSpaces, fleets: Fleets, its_server: ApiServer
) -> None:
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    its_server.stop()
    fleets.retire(fleet)
    its_server.start()
    fleets.close()
    assert three.its.get(Ref(MANAGED_CLUSTER, "", fleet.names[0])) is None


def test_an_outage_of_the_its_does_not_count_against_a_fleet_that_goes(
    three: ThreeSpaces, fleets: Fleets, its_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is gone soon after the outage, which lasted longer than its contract."""
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    work = work_in(fleet.names[0])
    three.its.apply(work)
    terms = {"withdrawal": 2.0, "recovery": 120.0}
    its_server.stop()
    with monkeypatch.context() as patched:
        patched.setattr(contracts, "seconds", lambda name: terms.get(name, 20.0))
        fleets.retire(fleet)
        time.sleep(4)
    its_server.start()
    three.its.delete(work)
    fleets.close()
    assert three.its.get(Ref(NAMESPACE, "", fleet.names[0])) is None


@pytest.mark.usefixtures("soon_tired")
def test_what_stays_of_a_retired_fleet_is_named_at_the_end(
    three: ThreeSpaces, fleets: Fleets
) -> None:
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    work = work_in(fleet.names[0])
    three.its.apply(work)
    fleets.retire(fleet)
    with pytest.raises(LeftBehind, match=r"ManifestWork a-.*/stays") as caught:
        fleets.close()
    assert "responsible: wds1/transport-controller" in str(caught.value)
    three.its.delete(work)


def test_an_interrupted_run_does_not_wait_for_its_fleets(
    three: ThreeSpaces, fleets: Fleets
) -> None:
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    work = work_in(fleet.names[0])
    three.its.apply(work)
    fleets.retire(fleet)
    began = time.monotonic()
    fleets.close(abandon=True)
    assert time.monotonic() - began < 5 * busy()
    three.its.delete(work)


def work_in(mailbox: str, policy: str = "withdrawn") -> Obj:
    return {
        "apiVersion": MANIFEST_WORK.api_version,
        "kind": MANIFEST_WORK.name,
        "metadata": {
            "name": "stays",
            "namespace": mailbox,
            "labels": {ORIGIN_BINDING_LABEL: policy, ORIGIN_WDS_LABEL: "wds1"},
        },
        "spec": {"workload": {"manifests": [config_map()]}},
    }


@pytest.mark.usefixtures("soon_tired")
def test_what_stays_in_a_mailbox_is_named_and_all_else_goes(
    three: ThreeSpaces, fleets: Fleets
) -> None:
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    [name] = fleet.names
    work = work_in(name)
    three.its.apply(work)
    with pytest.raises(LeftBehind, match=f"ManifestWork {name}/stays"):
        fleets.remove(fleet)
    three.its.delete(work)
    assert three.its.get(Ref(MANAGED_CLUSTER, "", name)) is None


def test_works_of_a_policy_that_selects_every_wec_go_after_the_cluster(
    three: ThreeSpaces, fleets: Fleets
) -> None:
    """Nobody withdraws that policy, so nobody waits for its works before the cluster goes."""
    made = config_map()
    three.wds.apply(made)
    binding = ByHand(three, Ref.of(made), "configmaps")
    binding.bind()
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    [name] = fleet.names
    work, cluster = work_in(name, binding.policy), Ref(MANAGED_CLUSTER, "", name)
    three.its.apply(work)
    fleets.retire(fleet)
    three.its.eventually(gone(cluster), within="withdrawal")
    assert three.its.get(Ref(NAMESPACE, "", name)) is not None, "a mailbox goes after its works"
    three.its.delete(work)
    fleets.close()


def test_works_whose_policy_went_with_the_cluster_are_removed(
    three: ThreeSpaces, fleets: Fleets
) -> None:
    """KubeStellar leaves them, which is no fault of the fleet."""
    made = config_map()
    three.wds.apply(made)
    binding = ByHand(three, Ref.of(made), "configmaps")
    binding.bind()
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    [name] = fleet.names
    work = work_in(name, binding.policy)
    three.its.apply(work)
    fleets.retire(fleet)
    three.its.eventually(gone(Ref(MANAGED_CLUSTER, "", name)), within="withdrawal")
    three.wds.delete(Ref(BINDING, "", binding.policy))
    fleets.close()
    assert three.its.get(work) is None
    assert three.its.get(Ref(NAMESPACE, "", name)) is None


def test_a_withdrawn_work_is_released_as_the_agent_does(three: ThreeSpaces, fleets: Fleets) -> None:
    """A real WEC's agent keeps a finalizer, which KubeStellar can carry from mailbox to mailbox."""
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    work = work_in(fleet.names[0])
    work["metadata"]["finalizers"] = [AGENT_FINALIZER]
    three.its.apply(work)
    three.its.delete(work)
    three.its.eventually(gone(work), within="withdrawal")
    fleets.remove(fleet)


def test_a_cluster_that_waited_for_its_works_goes_when_they_are_gone(
    three: ThreeSpaces, hub: Hub, fleets: Fleets
) -> None:
    """Each look of the hub at a mailbox that is not empty doubles the pause until the next one."""
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    [name] = fleet.names
    work, cluster = work_in(name), Ref(MANAGED_CLUSTER, "", name)
    hub.waits_for_works = True
    three.its.apply(work)
    three.its.eventually(work, within="downsync")
    # One that is not accepted goes at once.
    three.its.eventually(condition(cluster, "HubAcceptedManagedCluster"), within="binding")
    three.its.delete(cluster)
    assert hub.waits.wait(10)
    three.its.delete(work)
    three.its.eventually(gone(cluster), within="withdrawal")
    fleets.remove(fleet)


@pytest.mark.usefixtures("soon_tired")
def test_a_work_that_is_being_deleted_is_not_the_product_s_fault(
    three: ThreeSpaces, fleets: Fleets
) -> None:
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    work = work_in(fleet.names[0], f"policy-{unique()}")  # it outlives the test
    work["metadata"]["finalizers"] = ["conformance.test/stays"]
    three.its.apply(work)
    three.its.delete(work)
    with pytest.raises(Broken, match=r"/stays; it is being deleted, and waits for conformance"):
        fleets.remove(fleet)


def test_a_mailbox_is_there_before_its_cluster_with_the_labels_of_ocm_and_of_the_run(
    three: ThreeSpaces, fleets: Fleets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KubeStellar's transport goes no further than a WEC without one."""
    monkeypatch.setattr(three.system, "labels", {"conformance.test/run": "mine"})
    fleet = fleets.make({"a": {}, "b": {}}, label=f"x{unique()}")
    for name in fleet.names:
        mailbox = three.its.get(Ref(NAMESPACE, "", name))
        cluster = three.its.get(Ref(MANAGED_CLUSTER, "", name))
        assert mailbox is not None
        assert cluster is not None
        marks = {CLUSTER_LABEL: name, "conformance.test/run": "mine"}
        assert marks.items() <= mailbox["metadata"]["labels"].items()
        before, after = (one["metadata"]["resourceVersion"] for one in (mailbox, cluster))
        assert int(before) < int(after)
    fleets.remove(fleet)


def test_a_fleet_whose_creation_fails_goes_again(three: ThreeSpaces, fleets: Fleets) -> None:
    label = f"x{unique()}"
    with pytest.raises(Refused, match=f"create of ManagedCluster b-{label}"):
        fleets.make({"a": {}, "b": {"zone": "no label's value"}}, label=label)
    # The hub may have put a finalizer on the ManagedCluster before it was deleted.
    left = [
        Ref(kind, "", f"{one}-{label}") for kind in (MANAGED_CLUSTER, NAMESPACE) for one in "ab"
    ]
    three.its.eventually(gone(*left), within="withdrawal")


def test_a_creation_that_fails_leaves_none_that_was_under_way(
    three: ThreeSpaces, fleets: Fleets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that the ITS carries out after the removal would stay."""
    label, create, failed = f"x{unique()}", Inventory._create, threading.Event()

    def slowly(self: Inventory, kind: Kind, name: str, *more: Any) -> None:
        if name.startswith("a-"):
            failed.set()
            raise Broken("one fails")
        assert failed.wait(10)
        time.sleep(0.5)
        create(self, kind, name, *more)

    monkeypatch.setattr(Inventory, "_create", slowly)
    with pytest.raises(Broken, match="one fails"):
        fleets.make({"a": {}, "b": {}, "c": {}}, label=label)
    fleets.close()  # whatever was under way is over
    left = [
        Ref(kind, "", f"{one}-{label}") for kind in (MANAGED_CLUSTER, NAMESPACE) for one in "bc"
    ]
    three.its.eventually(gone(*left), within="withdrawal")


def test_a_hub_that_accepts_nobody_is_broken_at_the_removal(
    three: ThreeSpaces, fleets: Fleets, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could make the rights of the agents after the removal, and they would stay."""
    hub.accepts = False
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    [name] = fleet.names
    monkeypatch.setattr(contracts, "_limits", {"registration": 0.2, "withdrawal": 20})
    with pytest.raises(Broken, match=f"^not accepted by the hub: ManagedCluster {name}$"):
        fleets.remove(fleet)
    assert three.its.get(Ref(MANAGED_CLUSTER, "", name)) is None, "removed all the same"


def test_a_mailbox_may_take_longer_to_go_than_kubestellar_may_for_a_withdrawal(
    three: ThreeSpaces, fleets: Fleets, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is emptied by Kubernetes, slowly on a busy machine."""
    fleet = fleets.make({"a": {}}, label=f"x{unique()}")
    hub.empties_in = 1.0
    monkeypatch.setattr(contracts, "_limits", {"registration": 20, "withdrawal": 0.2})
    fleets.remove(fleet)
    assert three.its.get(Ref(NAMESPACE, "", fleet.names[0])) is None


@pytest.mark.parametrize("member", ["EU", "e-u", "", "1st", "x" * 40])
def test_a_name_that_no_member_can_have_is_refused_before_anything_is_made(
    three: ThreeSpaces, fleets: Fleets, member: str
) -> None:
    label = f"x{unique()}"
    with pytest.raises(UserError, match="cannot name a member of a fleet"):
        fleets.make({"ok": {}, member: {}}, label=label)
    assert three.its.list(MANAGED_CLUSTER, labels={FLEET_LABEL: label}) == []


def test_a_fleet_of_nobody_is_refused(fleets: Fleets) -> None:
    with pytest.raises(UserError, match="at least one member"):
        fleets.make({}, label="x")


def test_a_marker_goes_to_virtual_wecs_where_there_are_no_real_ones(
    three: ThreeSpaces, fleet: Fleet
) -> None:
    three.system.remove("cluster1")
    made = config_map()
    three.wds.apply(made)
    with pytest.raises(
        Deviation, match=r"the marker is ConfigMap .*, which the harness sends after the change"
    ):
        three.wds.stays(made)
    [wait] = [wait for wait in three.waits.told() if wait.subject.startswith("a marker")]
    assert set(wait.seen) == set(fleet.names)
