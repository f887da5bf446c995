"""What a Binding says of its BindingPolicy (user guide, "Binding Basics"; API: Binding)."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Make,
    Space,
    Spaces,
    case,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import bound_to, gone, has, same_uids, selects

pytestmark = on_fleet(edge={"tier": "prod"})


@promises("BIND-01")
@pytest.mark.parametrize(
    ("objects", "wecs"),
    [
        case("objects and a WEC", 2, 1),
        case("a WEC and no object", 0, 1),
        case("objects and no WEC", 2, 0),
        case("neither", 0, 0),
    ],
)
def test_every_policy_has_a_binding_of_its_name(
    wds: Space, fleet: Fleet, make: Make, objects: int, wecs: int
) -> None:
    """A Binding is the resolution of its policy's selectors, whatever they select."""
    configs = [make.config_map("one"), make.config_map("two")]
    policy = make.policy(*configs, to=fleet.where({"tier": "prod" if wecs else "none"}))
    with step("Create a policy, and as many of its objects as it shall select"):
        wds.apply(policy, *configs[:objects])
    with step("It has a Binding of its name, which says what the policy selects"):
        wds.eventually(bound_to(policy, fleet[:wecs]), within="binding")
        wds.eventually(selects(policy, *configs[:objects]), within="binding")


@promises("BIND-24", "BIND-27")
def test_what_is_deleted_or_ceases_to_match_is_withdrawn_alone(
    wds: Space, wecs: Spaces, make: Make
) -> None:
    """Of three objects one is deleted, one loses its labels for a while, and one stays."""
    deleted, relabelled = make.config_map("deleted"), make.config_map("relabelled")
    kept = make.config_map("kept")
    labels = relabelled["metadata"]["labels"]
    with step("Three objects are in the WECs"):
        wds.apply(make.policy(deleted, relabelled, kept, to=wecs), deleted, relabelled, kept)
        wecs.eventually(has(deleted, relabelled, kept), within="downsync")
    with wecs.hold(same_uids(kept)):
        with step("Delete one: it goes from the WECs", promise="BIND-27"):
            wds.delete(deleted)
            wecs.eventually(gone(deleted), within="downsync")
        with step("Take the labels off another, and put them back", promise="BIND-24"):
            wds.patch(relabelled, {"metadata": {"labels": None}})
            wecs.eventually(gone(relabelled), within="downsync")
            wds.patch(relabelled, {"metadata": {"labels": labels}})
            wecs.eventually(has(relabelled), within="downsync")
