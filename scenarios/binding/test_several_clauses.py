"""What the clauses of a BindingPolicy add up to for an object that several of them match (API:
DownsyncModulation; user guide, "Special case for 1 WEC").
"""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import Fleet, Make, Space, case, on_fleet, promises, step
from kubestellar_conformance.story.conditions import modulated

pytestmark = on_fleet(edge={})
Flags = dict[str, Any]


@pytest.mark.parametrize(
    ("clauses", "all_three", "one_alone"),
    [
        case(
            "create-only when any says so",
            [{}, {"create_only": True}, {"create_only": False}],
            {"create_only": True},
            {},
            promises="BIND-37",
        ),
        case(
            "the statuses that any asks for",
            [
                {},
                {"want_singleton_status": True, "want_multi_wec_status": False},
                {"want_multi_wec_status": True},
            ],
            {"want_singleton_status": True, "want_multi_wec_status": True},
            {},
            promises="BIND-39",
        ),
        case(
            "the StatusCollectors of all",
            [{"collect": ["a", "b"]}, {"collect": ["b", "c"]}, {"collect": ["d"]}],
            {"status_collectors": ["a", "b", "c", "d"]},
            {"status_collectors": ["a", "b"]},
            promises="BIND-38",
        ),
    ],
)
def test_clauses_of_one_object_add_up(
    wds: Space, fleet: Fleet, make: Make, clauses: list[Flags], all_three: Flags, one_alone: Flags
) -> None:
    """Three clauses match one object, and the first of them another."""
    shared, other = make.config_map("shared"), make.config_map("other")
    matching = [(shared, other), (shared,), (shared,)]
    policy = make.policy(
        to=fleet,
        clauses=[
            make.clause(*objects, **flags) for objects, flags in zip(matching, clauses, strict=True)
        ],
    )
    with step("Create two objects, and a policy of three clauses"):
        wds.apply(shared, other, policy)
    with step("The Binding has for the one what the clauses say together"):
        wds.eventually(modulated(policy, shared, **all_three), within="binding")
    with step("For the other it has what the first clause says"):
        wds.eventually(modulated(policy, other, **one_alone), within="binding")


@promises("BIND-37", "BIND-38", "BIND-39")
def test_a_clause_that_is_taken_away_takes_its_share_along(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """Two clauses match one object; then one of them is removed."""
    thing = make.config_map()
    plain = make.clause(thing, collect=["a"])
    rich = make.clause(
        thing,
        collect=["b"],
        create_only=True,
        want_singleton_status=True,
        want_multi_wec_status=True,
    )
    with step("Create an object, and a policy of two clauses that match it"):
        policy = make.policy(to=fleet, name="policy", clauses=[plain, rich])
        wds.apply(thing, policy)
        both = modulated(
            policy,
            thing,
            create_only=True,
            want_singleton_status=True,
            want_multi_wec_status=True,
            status_collectors=["a", "b"],
        )
        wds.eventually(both, within="binding")
    with step("Take one of them away: the Binding has what the other says"):
        wds.apply(make.policy(to=fleet, name="policy", clauses=[plain]))
        wds.eventually(modulated(policy, thing, status_collectors=["a"]), within="binding")


@promises("BIND-38")
def test_another_status_collector_takes_the_place_of_a_former_one(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """Their number stays, and neither the object nor anything else of the policy changes."""
    thing = make.config_map()
    policy = make.policy(thing, to=fleet, name="policy", collect=["a", "b"])
    with step("Create an object, and a policy that refers to two StatusCollectors for it"):
        wds.apply(thing, policy)
        wds.eventually(modulated(policy, thing, status_collectors=["a", "b"]), within="binding")
    with step("Refer to another in the place of one: so does the Binding"):
        wds.apply(make.policy(thing, to=fleet, name="policy", collect=["a", "c"]))
        wds.eventually(modulated(policy, thing, status_collectors=["a", "c"]), within="binding")
