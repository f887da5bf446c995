"""Objects that somebody changes in a WEC (architecture, "OCM Agent")."""

from __future__ import annotations

from collections.abc import Callable

from kubestellar_conformance.story import (
    Make,
    Obj,
    Space,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    contains,
    has,
    meets,
    same_uids,
)

OLD, BY_HAND = ({"data": {"size": size}} for size in ("1", "by hand"))
TOUCHED = {"metadata": {"annotations": {"kubestellar-conformance/touched": "yes"}}}


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
