"""Objects that are only created in the WECs (API: DownsyncModulation.createOnly)."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Make, Space, Spaces, case, note, promises, step
from kubestellar_conformance.story.conditions import (
    contains,
    create_only,
    gone,
    has,
    modulated,
    no_manifest_works,
    same_uids,
)

OLD, NEW = {"data": {"size": "1"}}, {"data": {"size": "2"}}


@promises("BIND-34")
def test_a_create_only_object_is_created_and_never_updated(
    wds: Space, its: Space, wecs: Spaces, make: Make
) -> None:
    """Two objects of a policy change; one of them is create-only, as are one of another group and
    one without a namespace.
    """
    once, always = make.config_map("once", size="1"), make.config_map("always", size="1")
    role, space = make.object("rbac.authorization.k8s.io/v1/Role", rules=[]), make.namespace()
    clauses = [make.clause(once, role, space, create_only=True), make.clause(always)]
    policy = make.policy(to=wecs, clauses=clauses)
    with step("Ask for four objects, three of them create-only: both WECs get all"):
        wds.apply(once, role, space, always, policy)
        wecs.eventually(has(once, role, space, always), within="downsync")
        its.eventually(create_only(policy, wecs, once, role, space), within="downsync")
    with wecs.hold(same_uids(once)), wecs.hold(contains(once, OLD)):
        with step("Change two in the WDS: the WECs follow the one that is not create-only"):
            wds.patch(once, NEW)
            wds.patch(always, NEW)
            wecs.eventually(contains(always, NEW), within="downsync")
        with step("They keep the other as it was"):
            wecs.stays(contains(once, OLD))


@promises("BIND-35")
def test_a_create_only_object_that_exists_is_left_as_it_is(
    wds: Space, wec1: Space, wec2: Space, wecs: Spaces, make: Make
) -> None:
    """The first WEC has an object of that name, the second does not."""
    config = make.config_map(size="2")
    with step("Create the object in the first WEC, with other content"):
        wec1.apply({**config, **OLD})
        wec1.eventually(contains(config, OLD), within="downsync")
    with wec1.hold(same_uids(config)), wec1.hold(contains(config, OLD)):
        with step("Ask for it on both WECs, create-only: the second gets it"):
            wds.apply(config, make.policy(config, to=wecs, create_only=True))
            wec2.eventually(contains(config, NEW), within="downsync")
        with step("The first keeps its own"):
            wec1.stays(contains(config, OLD))


@promises("BIND-36")
def test_a_create_only_object_is_withdrawn_like_any_other(
    wds: Space, wecs: Spaces, make: Make
) -> None:
    """One policy of a create-only object and another object is deleted."""
    once, other = make.config_map("once"), make.config_map("other")
    clauses = [make.clause(once, create_only=True), make.clause(other)]
    policy = make.policy(to=wecs, clauses=clauses)
    with step("Two objects are in both WECs, one of them create-only"):
        wds.apply(once, other, policy)
        wecs.eventually(has(once, other), within="downsync")
    with step("Delete the policy: both go"):
        wds.delete(policy)
        wecs.eventually(gone(once, other), within="withdrawal")


@promises("BIND-36")
def test_what_becomes_of_an_object_that_was_there_before_a_create_only_policy(
    wds: Space, its: Space, wec1: Space, wec2: Space, wecs: Spaces, make: Make
) -> None:
    """Nothing says whether it goes with the policy, as a created one does."""
    config = make.config_map(size="2")
    policy = make.policy(config, to=wecs, create_only=True)
    with step("The first WEC has the object already; a policy creates it in the second"):
        [before] = wec1.apply({**config, **OLD})
        wds.apply(config, policy)
        wec2.eventually(contains(config, NEW), within="downsync")
    with step("Delete the policy: the created one goes, and the other goes or not"):
        wds.delete(policy)
        wec2.eventually(gone(config), within="withdrawal")
        its.eventually(no_manifest_works(policy), within="withdrawal")
        after = wec1.get(config)
        same = after is not None and _uid(before) == _uid(after)
        note("the object that was there before is still there", same)


@promises("BIND-40")
def test_without_create_only_an_object_follows_again(wds: Space, wecs: Spaces, make: Make) -> None:
    """An object changes while it is create-only."""
    config = make.config_map(size="1")
    policy = make.policy(config, to=wecs, name="policy", create_only=True)
    with step("A create-only object is in both WECs"):
        wds.apply(config, policy)
        wecs.eventually(contains(config, OLD), within="downsync")
    with wecs.hold(same_uids(config)):
        with step("Change it in the WDS: the WECs do not follow"):
            wds.patch(config, NEW)
            wecs.stays(contains(config, OLD))
        with step("Take the bit out of the clause: they do"):
            wds.apply(make.policy(config, to=wecs, name="policy"))
            wds.eventually(modulated(policy, config), within="binding")
            wecs.eventually(contains(config, NEW), within="downsync")


@promises("BIND-41")
def test_a_create_only_object_stays_untouched_when_others_come_and_go(
    wds: Space, wecs: Spaces, make: Make
) -> None:
    """Two objects join its policy, and one of them leaves."""
    once = make.config_map("once", size="1")
    first, second = make.config_map("first"), make.config_map("second")
    clauses = [make.clause(once, create_only=True), make.clause(first, second)]
    with step("A create-only object is in both WECs; it changes in the WDS"):
        wds.apply(once, make.policy(to=wecs, clauses=clauses))
        wecs.eventually(has(once), within="downsync")
        wds.patch(once, NEW)
    with wecs.hold(same_uids(once)), wecs.hold(contains(once, OLD)):
        with step("Two objects join the policy"):
            wds.apply(first, second)
            wecs.eventually(has(first, second), within="downsync")
        with step("One of them leaves"):
            wds.delete(first)
            wecs.eventually(gone(first), within="downsync")
            wecs.stays(contains(once, OLD))


@promises("BIND-42")
@pytest.mark.parametrize(
    "first", [case("the create-only one first", True), case("the create-only one last", False)]
)
def test_two_policies_of_one_object_of_which_one_is_create_only(
    wds: Space, wec1: Space, wecs: Spaces, make: Make, first: bool
) -> None:
    """The object arrives; whether it follows the WDS is documented as not known."""
    config, other = make.config_map(size="1"), make.config_map("other", size="1")
    once = make.policy(config, to=wecs, name="once", create_only=True)
    always = make.policy(config, other, to=wecs, name="always")
    with step("Two policies bind an object: both WECs get it"):
        for policy in (once, always) if first else (always, once):
            wds.apply(config, other, policy)
            wecs.eventually(has(config), within="downsync")
        [before] = wec1.eventually(config, within="downsync")
    with step("Change it, and an object of one policy alone: the WECs follow the other object"):
        wds.patch(config, NEW)
        wds.patch(other, NEW)
        wecs.eventually(contains(other, NEW), within="downsync")
        wecs.stays(has(other))
    with step("The object itself follows, or not"):
        [after] = wec1.eventually(config, within="downsync")
        note("the WEC has the object's change", after["data"] == NEW["data"])
        note("the WEC's object is the same one", _uid(before) == _uid(after))


def _uid(obj: dict[str, dict[str, str]]) -> str:
    return obj["metadata"]["uid"]
