"""The ManifestWorks that the transport controller keeps in the mailboxes (architecture, "Transport
Controller", "OCM Agent"; release notes 0.26.0 and 0.29.0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kubestellar_conformance.story import Fleet, Make, Obj, Space, Spaces, on_fleet, promises, step
from kubestellar_conformance.story.conditions import (
    applied,
    available,
    bundled,
    gone,
    has,
    manifest_works,
    meets,
    no_manifest_works,
    not_applied,
    same_uids,
    selects,
    without,
    work_statuses,
)

pytestmark = on_fleet(near={}, far={})
WDS = "transport.kubestellar.io/originWdsName"
GENERATION = "transport.kubestellar.io/originOwnerReferenceBindingGeneration"
Test = Callable[[Obj], bool]


def _any(_work: Obj) -> bool:
    return True


@promises("TRANSPORT-06")
def test_a_binding_without_objects_has_no_manifest_work(
    wds: Space, its: Space, fleet: Fleet, make: Make
) -> None:
    """One policy matches nothing; the objects of another stop to match, one after the other."""
    one, two = make.config_map("one"), make.config_map("two")
    nothing = make.policy(make.config_map("nothing"), to=fleet, name="nothing")
    policy = make.policy(one, two, to=fleet, name="policy")
    with step("Create a policy that matches nothing, and one of two objects"):
        wds.apply(nothing, one, two, policy)
        its.eventually(bundled(policy, fleet, objects=2, at_most=1), within="downsync")
        wds.eventually(selects(nothing), within="binding")
    with step("One object of the other loses its labels, then the second one is deleted"):
        wds.patch(one, {"metadata": {"labels": None}})
        its.eventually(bundled(policy, fleet, objects=1, at_most=1), within="downsync")
        wds.delete(two)
    with step("Its ManifestWorks are gone, though the policy is there"):
        its.eventually(no_manifest_works(policy), within="downsync")
        wds.eventually(selects(policy), within="binding")
    with step("The first has had none"):
        its.stays(no_manifest_works(nothing))


@promises("TRANSPORT-07")
def test_a_manifest_work_says_where_it_comes_from(
    wds: Space, its: Space, fleet: Fleet, make: Make
) -> None:
    """Its Binding and WDS in labels, the Binding's generation in an annotation."""
    config = make.config_map(size="1")
    policy = make.policy(config, to=fleet)
    with step("An object is in two WECs"):
        wds.apply(config, policy)
        fleet.eventually(has(config), within="downsync")
        [first] = wds.eventually(selects(policy, config), within="binding")
    with step("Their ManifestWorks name Binding, WDS and generation"):
        of_it = manifest_works(policy, fleet, "name its origin", _comes_from(wds, first))
        its.eventually(of_it, within="downsync")
    with step("Change the object: they name the new generation"):
        wds.patch(config, {"data": {"size": "2"}})
        present = selects(policy, config, at_live_version=True)
        [second] = wds.eventually(present, within="binding")
        assert _generation(second) != _generation(first)
        of_it = manifest_works(policy, fleet, "name its origin", _comes_from(wds, second))
        its.eventually(of_it, within="downsync")


def _generation(obj: Obj) -> int:
    return int(obj["metadata"]["generation"])


def _comes_from(wds: Space, binding: Obj) -> Test:
    def comes(work: Obj) -> bool:
        metadata = work["metadata"]
        named = (metadata.get("annotations") or {}).get(GENERATION)
        return metadata["labels"].get(WDS) == wds.name and named == str(_generation(binding))

    return comes


@promises("TRANSPORT-08")
def test_an_object_s_manifest_work_stays_when_others_come_and_go(
    wds: Space, its: Space, fleet: Fleet, make: Make
) -> None:
    """Two objects join a policy, then the first of all leaves."""
    objects = [make.config_map(stem) for stem in ("a", "b", "c", "d")]
    a, b, c, d = objects
    policy = make.policy(*objects, to=fleet)
    with step("Two objects of a policy are in two WECs"):
        wds.apply(b, c, policy)
        fleet.eventually(has(b, c), within="downsync")
        works = its.eventually(manifest_works(policy, fleet, "carry it", _any, carrying=[c]))
    among = _among(works)
    with its.hold(manifest_works(policy, fleet, "carry it as before", among, carrying=[c])):
        with step("Two more join: the same ManifestWorks carry one of the first"):
            wds.apply(a, d)
            fleet.eventually(has(a, d), within="downsync")
        with step("Two leave: the same ManifestWorks still carry it"):
            wds.delete(a, b)
            fleet.eventually(gone(a, b), within="downsync")
            its.eventually(bundled(policy, fleet, objects=2, at_most=1), within="downsync")


def _among(works: Sequence[Obj]) -> Test:
    """Whether it is one of these ManifestWorks, by UID."""
    uids = {work["metadata"]["uid"] for work in works}
    return lambda work: work["metadata"]["uid"] in uids


def _rewritten(since: Obj) -> Test:
    """Whether it is another object than that one, or a later generation of it."""

    def rewritten(live: Obj) -> bool:
        before, now = since["metadata"], live["metadata"]
        return bool(now["uid"] != before["uid"] or now["generation"] > before["generation"])

    return rewritten


@promises("TRANSPORT-09")
def test_a_manifest_work_that_is_deleted_is_created_again(
    wds: Space, its: Space, fleet: Fleet, make: Make
) -> None:
    """Somebody deletes one of four."""
    one, two = make.config_map("one"), make.config_map("two")
    policy = make.policy(one, two, to=fleet)
    near, far = fleet["near"], fleet["far"]
    with step("Two objects are in two WECs"):
        wds.apply(one, two, policy)
        fleet.eventually(has(one, two), within="downsync")
        [work] = its.eventually(manifest_works(policy, near, "carry it", _any, carrying=[one]))
    with near.hold(same_uids(two)), far.hold(same_uids(one, two)):
        with step("Delete a ManifestWork: there is another one in its place"):
            its.delete(work)
            there = manifest_works(policy, near, "be new", _rewritten(work), carrying=[one])
            its.eventually(there, within="downsync")
        with step("The WEC has the object again, and the others have stayed"):
            near.eventually(has(one), within="downsync")


@promises("TRANSPORT-10")
def test_a_manifest_that_is_edited_is_put_right(
    wds: Space, its: Space, fleet: Fleet, make: Make
) -> None:
    """Somebody changes the object in the ManifestWork of one WEC."""
    config = make.config_map(size="1")
    policy = make.policy(config, to=fleet)
    with step("An object is in two WECs"):
        wds.apply(config, policy)
        fleet.eventually(has(config), within="downsync")
        [work] = its.eventually(manifest_works(policy, fleet["near"], "carry it", _any))
    with step("Edit it in the ManifestWork: somebody writes that again"):
        edited = [{**one, "data": {"size": "7"}} for one in _manifests(work)]
        work = its.patch(work, {"spec": {"workload": {"manifests": edited}}}, force=True)
        there = manifest_works(policy, fleet["near"], "be written again", _rewritten(work))
        its.eventually(there, within="downsync")
    with step("The WEC has the object as it is in the WDS"):
        fleet.eventually(has(config), within="downsync")


@promises("TRANSPORT-10")
def test_a_manifest_that_is_removed_is_put_back(
    wds: Space, its: Space, fleet: Fleet, make: Make
) -> None:
    """Somebody replaces the object in the ManifestWork of one WEC by another one."""
    config, other = make.config_map(size="1"), make.config_map("other")
    policy = make.policy(config, to=fleet)
    with step("An object is in two WECs"):
        wds.apply(config, policy)
        fleet.eventually(has(config), within="downsync")
        [work] = its.eventually(manifest_works(policy, fleet["near"], "carry it", _any))
    with step("Put another object in its place: somebody writes the ManifestWork again"):
        work = its.patch(work, {"spec": {"workload": {"manifests": [other]}}}, force=True)
        there = manifest_works(policy, fleet["near"], "be written again", _rewritten(work))
        its.eventually(there, within="downsync")
    with step("The WEC has the object, and not the other"):
        fleet.eventually(has(config), within="downsync")
        fleet.eventually(without(other), within="downsync")


def _manifests(work: Obj) -> list[Any]:
    return list(work["spec"]["workload"]["manifests"])


@promises("TRANSPORT-11")
def test_other_manifest_works_are_left_alone(
    wds: Space, its: Space, fleet: Fleet, make: Make
) -> None:
    """A user's own, in the mailbox of a WEC in which policies come and go."""
    config, carried = make.config_map(), make.config_map("carried")
    policy = make.policy(config, to=fleet)
    mailbox = fleet.wec("near").name
    own = make.object(
        "work.open-cluster-management.io/v1/ManifestWork",
        "own",
        namespace=mailbox,
        spec={"workload": {"manifests": [carried]}},
    )
    with step("A user puts a ManifestWork into the mailbox of a WEC"):
        its.apply(own)
    untouched = meets(own, "to be of its first generation", lambda one: _generation(one) == 1)
    with its.hold(same_uids(own)), its.hold(untouched):
        with step("A policy brings an object there, and withdraws it"):
            wds.apply(config, policy)
            fleet.eventually(has(config), within="downsync")
            wds.delete(policy)
            fleet.eventually(gone(config), within="withdrawal")
            its.eventually(no_manifest_works(policy), within="withdrawal")
    with step("The user takes the ManifestWork away"):
        its.delete(own)
        its.eventually(gone(own), within="withdrawal")


@promises("TRANSPORT-15")
def test_an_object_that_comes_and_goes_does_not_keep_others_away(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """It is created and deleted ten times without a pause, while others are delivered."""
    restless, others = make.config_map("restless"), make.config_maps(5)
    policy = make.policy(restless, others, to=fleet)
    with step("Ask for six objects; one of them is created and deleted again and again"):
        wds.apply(policy, others)
        for _ in range(10):
            wds.apply(restless)
            wds.delete(restless)
    with step("The others arrive, and nothing is left of that one"):
        fleet.eventually(has(others), within="downsync")
        fleet.eventually(without(restless), within="downsync")
        wds.eventually(selects(policy, others), within="binding")


@promises("TRANSPORT-12")
def test_a_withdrawn_manifest_work_waits_for_its_objects(
    wds: Space, its: Space, wec1: Space, make: Make
) -> None:
    """A finalizer keeps a Deployment in the WEC, another Deployment goes."""
    held, free = make.deployment("held"), make.deployment("free")
    policy = make.policy(held, free, to=wec1)
    with step("Two Deployments are in a WEC, where one of them gets a finalizer"):
        wds.apply(held, free, policy)
        wec1.eventually(has(held, free), within="downsync")
        carrying = manifest_works(policy, [wec1], "carry it", _any, carrying=[held])
        [work] = its.eventually(carrying, within="downsync")
        # The agent deletes and awaits what it has listed, and it lists an object after it applied.
        its.eventually(work_statuses([wec1], held, free), within="status_return")
        wec1.patch(held, {"metadata": {"finalizers": ["example.com/hold"]}}, force=True)
    with step("Delete the policy: the ManifestWork stays, and so does the object"):
        wds.delete(policy)
        wec1.eventually(gone(free), within="withdrawal")
        its.stays(meets(work, "to be there still", _any))
        wec1.eventually(meets(held, "to be there still", _any), within="downsync")
    with step("The finalizer goes: both go"):
        wec1.patch(held, {"metadata": {"finalizers": None}}, force=True)
        wec1.eventually(gone(held), within="withdrawal")
        its.eventually(gone(work), within="withdrawal")


@promises("TRANSPORT-12")
def test_a_binding_that_is_deleted_waits_for_its_manifest_works(
    wds: Space, its: Space, wec1: Space, make: Make
) -> None:
    """The transport controller has to see that they are gone before it lets go of the Binding."""
    held = make.deployment("held")
    policy = make.policy(held, to=wec1)
    with step("A Deployment is in a WEC, where it gets a finalizer"):
        wds.apply(held, policy)
        wec1.eventually(has(held), within="downsync")
        its.eventually(work_statuses([wec1], held), within="status_return")
        wec1.patch(held, {"metadata": {"finalizers": ["example.com/hold"]}}, force=True)
    with step("Delete the policy: its Binding stays, since a ManifestWork does"):
        wds.delete(policy)
        its.eventually(no_manifest_works(policy, but_going=True), within="withdrawal")
        wds.stays(meets(policy.binding, "to be there still", _any))
    with step("The finalizer goes, and so do the ManifestWork and the Binding"):
        wec1.patch(held, {"metadata": {"finalizers": None}}, force=True)
        its.eventually(no_manifest_works(policy), within="withdrawal")
        wds.eventually(gone(policy.binding), within="withdrawal")


@promises("TRANSPORT-17")
def test_a_manifest_work_says_whether_its_objects_are_applied(
    wds: Space, its: Space, wecs: Spaces, make: Make
) -> None:
    """A Deployment and a ConfigMap; a third object has no namespace in the WECs."""
    web, config = make.deployment(), make.config_map("config")
    homeless = make.config_map("homeless", namespace=(place := make.namespace()))
    policy = make.policy(web, config, homeless, to=wecs)
    with step("Ask for a Deployment, a ConfigMap, and one whose Namespace is not bound"):
        wds.apply(place, web, config, homeless, policy)
        wecs.eventually(available(web), within="available")
    with step("The ManifestWorks say that the first two are applied and available"):
        its.eventually(applied(policy, wecs, web, config), within="available")
    with step("They say why the third is not"):
        reason = f'namespaces "{make.name("space")}" not found'
        its.eventually(not_applied(policy, wecs, homeless, matching=reason), within="downsync")
