"""WECs whose agents are away for a while, and objects that somebody changes in a WEC (architecture,
"OCM Agent", "OCM Status Add-On Agent").
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.story import (
    Make,
    Obj,
    Part,
    Space,
    Spaces,
    needs,
    note,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    available,
    contains,
    gone,
    has,
    manifest_works,
    meets,
    same_uids,
    work_statuses,
)

OLD, NEW, BY_HAND = ({"data": {"size": size}} for size in ("1", "2", "by hand"))
TOUCHED = {"metadata": {"annotations": {"kubestellar-conformance/touched": "yes"}}}


def _carries_new(work: Obj) -> bool:
    return any(one.get("data") == NEW["data"] for one in work["spec"]["workload"]["manifests"])


CARRY_NEW = ("carry the edit", _carries_new)


@promises("RESIL-08")
@pytest.mark.exclusive
@needs("stop-components")
def test_changes_made_while_a_wec_is_away_are_applied_when_it_is_back(
    wds: Space, its: Space, wec1: Space, wec2: Space, wecs: Spaces, make: Make, part: Part
) -> None:
    """One object is edited, one edited and deleted, one created; the other WEC does not wait."""
    edited, deleted = (make.config_map(stem, size="1") for stem in ("edited", "deleted"))
    kept, created = make.config_map("kept"), make.config_map("created")
    policy = make.policy(edited, deleted, kept, created, to=wecs)
    with step("Three objects are in both WECs"):
        wds.apply(policy, edited, deleted, kept)
        wecs.eventually(has(edited, deleted, kept), within="downsync")
    with wecs.hold(same_uids(edited, kept)):
        with part(f"{wec1.name}/klusterlet-agent").stopped():
            with step("Without the agent of one WEC, edit two, delete one of them and create one"):
                wds.patch(edited, NEW)
                wds.patch(deleted, NEW)
                wecs_carry = manifest_works(policy, wecs, *CARRY_NEW, carrying=[deleted])
                its.eventually(wecs_carry, within="downsync")
                wds.delete(deleted)
                wds.apply(created)
            with step("The other WEC follows at once"):
                wec2.eventually(has(edited, kept, created), within="downsync")
                wec2.eventually(gone(deleted), within="withdrawal")
            with step("The first WEC has what it had"):
                wec1.eventually(contains(edited, OLD), within="downsync")
                wec1.eventually(contains(deleted, OLD), within="downsync")
        with step("When its agent is back, the first WEC follows too"):
            wec1.eventually(has(edited, kept, created), within="recovery")
            wec1.eventually(gone(deleted), within="recovery")


def _another_than(before: Obj | None) -> Callable[[Obj], bool]:
    assert before
    return lambda obj: bool(obj["metadata"]["uid"] != before["metadata"]["uid"])


@promises("RESIL-09")
def test_an_object_that_is_deleted_in_a_wec_is_created_there_again(
    wds: Space, wec1: Space, make: Make
) -> None:
    """Another object of the policy stays the very same."""
    deleted, kept = make.config_map("deleted"), make.config_map("kept")
    with step("Two objects are in a WEC"):
        wds.apply(make.policy(deleted, kept, to=wec1), deleted, kept)
        wec1.eventually(has(deleted, kept), within="downsync")
    with wec1.hold(same_uids(kept)):
        with step("Somebody deletes one of them there: it is there again"):
            another = meets(deleted, "to be there again", _another_than(wec1.get(deleted)))
            wec1.delete(deleted)
            wec1.eventually(another, within="repair")
        with step("It is as in the WDS"):
            wec1.eventually(has(deleted), within="downsync")


@promises("RESIL-09")
def test_an_object_that_is_edited_in_a_wec_is_put_right_unless_it_is_create_only(
    wds: Space, wec1: Space, make: Make
) -> None:
    """By the agent's next pass, which comes after five minutes, or when the original changes."""
    edited, once = make.config_map("edited", size="1"), make.config_map("once", size="1")
    clauses = [make.clause(edited), make.clause(once, create_only=True)]
    with step("Two objects are in a WEC, one of them create-only"):
        wds.apply(make.policy(to=wec1, clauses=clauses), edited, once)
        wec1.eventually(has(edited, once), within="downsync")
    with wec1.hold(same_uids(edited, once)):
        with step("Somebody changes in the WEC a field of both that the WDS sets"):
            wec1.patch(edited, BY_HAND)
            wec1.patch(once, BY_HAND)
            wec1.eventually(contains(once, BY_HAND), within="downsync")
        with step("Annotate the originals: the field of the first is as in the WDS again"):
            wds.patch(edited, TOUCHED)
            wds.patch(once, TOUCHED)
            wec1.eventually(contains(edited, OLD), within="repair")
            wec1.eventually(has(edited), within="downsync")
        with step("The create-only object stays as it was edited"):
            wec1.stays(contains(once, BY_HAND))


@promises("RESIL-10")
@pytest.mark.exclusive
@needs("stop-components")
def test_a_restart_of_the_agent_that_reports_status_loses_nothing(
    wds: Space, its: Space, wec1: Space, make: Make, part: Part
) -> None:
    """One status changes while the agent is away, the other does not. The run's record names the
    part that reports status: the status add-on's agent, or one that stands in for it.
    """
    changed, kept = make.deployment("changed"), make.deployment("kept")
    with step("Two Deployments run in a WEC, and each has its WorkStatus"):
        wds.apply(make.policy(changed, kept, to=wec1), changed, kept)
        wec1.eventually(available(changed, kept), within="available")
        found = its.eventually(work_statuses([wec1], changed, kept), within="status_return")
    with its.hold(same_uids(*found)):
        with part(f"{wec1.name}/status-agent").stopped():
            with step("Without the agent, scale one of them to two replicas"):
                wds.scale(changed, 2)
                more = contains(changed, {"status": {"availableReplicas": 2}})
                wec1.eventually(more, within="available")
        with step("When the agent is back, both WorkStatuses have the whole status of now"):
            its.eventually(work_statuses([wec1], changed, kept), within="recovery")
        with step("They follow further changes"):
            wds.scale(kept, 2)
            more = contains(kept, {"status": {"availableReplicas": 2}})
            wec1.eventually(more, within="available")
            its.eventually(work_statuses([wec1], changed, kept), within="status_return")


@promises("RESIL-11")
def test_what_becomes_of_a_work_status_that_is_deleted_by_hand(
    wds: Space, its: Space, wec1: Space, make: Make
) -> None:
    """The release notes say that it may not come back. Another one follows its object as before."""
    web, other = make.deployment(), make.deployment("other")
    with step("Two Deployments run in a WEC, and each has its WorkStatus"):
        wds.apply(make.policy(web, other, to=wec1), web, other)
        wec1.eventually(available(web, other), within="available")
        [of_web] = its.eventually(work_statuses([wec1], web), within="status_return")
        [of_other] = its.eventually(work_statuses([wec1], other), within="status_return")
    with its.hold(same_uids(of_other)):
        with step("Somebody deletes one of them, and the status of its Deployment changes"):
            its.delete(of_web)
            wds.scale(web, 2)
            more = {"status": {"availableReplicas": 2}}
            wec1.eventually(contains(web, more), within="available")
        with step("The other one follows its Deployment"):
            wds.scale(other, 2)
            wec1.eventually(contains(other, more), within="available")
            its.eventually(work_statuses([wec1], other), within="status_return")
            back = its.get(of_web) is not None
            note("whether the next change of status brings a deleted WorkStatus back", back)
