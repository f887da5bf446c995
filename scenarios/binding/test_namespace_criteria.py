"""Which objects a BindingPolicy selects by their namespaces (user guide, "Binding"; API:
DownsyncObjectTest).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Make,
    Obj,
    Policy,
    Space,
    expression,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import has, selects, without

pytestmark = on_fleet(edge={})
Objects = dict[str, Obj]
Ask = Callable[..., Policy]
Exactly = Callable[..., None]
WARM, RAINY = {"climate": "warm"}, {"rain": "some"}
COLD_AND_RAINY = {"climate": "cold", "rain": "some"}
NOT_COLD = expression("climate", "NotIn", "cold")


@pytest.fixture
def places(make: Make) -> Objects:
    """Three Namespaces, of which two have labels."""
    return {
        "north": make.namespace("north", COLD_AND_RAINY),
        "south": make.namespace("south", WARM),
        "nowhere": make.namespace("nowhere"),
    }


@pytest.fixture
def things(make: Make, places: Objects) -> Objects:
    """A ConfigMap of one name in each Namespace, and an object that lives in none."""
    own = {"of": make.name("test")}
    configs = {
        name: make.config_map("thing", namespace=place, labels=own)
        for name, place in places.items()
    }
    role = make.object("rbac.authorization.k8s.io/v1/ClusterRole", "thing", labels=own)
    return {**configs, "role": role}


@pytest.fixture
def ask(make: Make, fleet: Fleet) -> Ask:
    """Makes a policy that selects among the objects of the test by the given criteria."""

    def ask(name: str, **criteria: Any) -> Policy:
        own = {"of": make.name("test")}
        clause = make.clause(objectSelectors=[own], **criteria)
        return make.policy(to=fleet, name=name, clauses=[clause])

    return ask


@promises("BIND-13")
def test_objects_are_selected_by_the_names_of_their_namespaces(
    wds: Space, places: Objects, things: Objects, ask: Ask, list_exactly: Exactly
) -> None:
    """Names are alternatives, and never select an object that lives in no namespace."""
    names = {name: place["metadata"]["name"] for name, place in places.items()}
    one = ask("one", namespaces=[names["south"]])
    two = ask("two", namespaces=[names["north"], names["nowhere"]])
    none = ask("none", namespaces=["no-such-namespace"])
    with step("Create objects of one name in three Namespaces, and policies that name some"):
        wds.apply(*places.values(), *things.values(), one, two, none)
    with step("Each Binding lists exactly the objects of the Namespaces that its policy names"):
        list_exactly(
            (one, [things["south"]]), (two, [things["north"], things["nowhere"]]), (none, [])
        )


@promises("BIND-14", "BIND-15")
def test_every_namespace_includes_none_at_all(
    wds: Space, places: Objects, things: Objects, ask: Ask, list_exactly: Exactly
) -> None:
    """Both ways to accept every namespace match objects that live in none, too."""
    star, empty, omitted = (
        ask("star", namespaces=["*"]),
        ask("empty", namespaces=[]),
        ask("omitted"),
    )
    both = ask("both", namespaces=[], namespaceSelectors=[])
    with step("Create objects in three Namespaces and one in none, and policies for all of them"):
        wds.apply(*places.values(), *things.values(), star, empty, omitted, both)
    everything = list(things.values())
    with step("The Binding of the policy with `*` lists them all", promise="BIND-14"):
        list_exactly((star, everything))
    with step("So do those of policies without a criterion", promise="BIND-15"):
        list_exactly((empty, everything), (omitted, everything), (both, everything))


@promises("BIND-15")
def test_a_label_alone_selects_a_namespace_and_its_content(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """One label query brings a Namespace and an object in it, as in the page's example."""
    own = {"app": make.name("app")}
    place = make.namespace("place", own)
    inside = make.config_map("inside", namespace=place, labels=own)
    unlabelled = make.config_map("unlabelled", namespace=place)
    policy = make.policy(to=fleet, clauses=[make.clause(objectSelectors=[own])])
    with step("Create a labelled Namespace with two ConfigMaps, and a policy of that label alone"):
        wds.apply(place, inside, unlabelled, policy)
    with step("The Binding lists the Namespace and the labelled ConfigMap"):
        wds.eventually(selects(policy, place, inside), within="binding")
    with step("The WEC gets both, and never the one without the label"):
        fleet.eventually(has(place, inside), within="downsync")
        fleet.stays(without(unlabelled))


@promises("BIND-16", "BIND-17")
def test_objects_are_selected_by_the_labels_of_their_namespaces(
    wds: Space, places: Objects, things: Objects, ask: Ask, list_exactly: Exactly
) -> None:
    """Selectors are alternatives; within a selector every label and expression must match. Only an
    empty selector matches an object that lives in no namespace.
    """
    north, south, nowhere, role = things.values()
    one = ask("one", namespaceSelectors=[WARM])
    two_labels = ask("two-labels", namespaceSelectors=[COLD_AND_RAINY])
    two = ask("two", namespaceSelectors=[WARM, RAINY])
    without_key = ask("without-key", namespaceSelectors=[{"no": "one"}, NOT_COLD])
    empty = ask("empty", namespaceSelectors=[{}])
    beside = ask("beside", namespaceSelectors=[WARM, {}])
    with step("Create objects in three Namespaces and one in none, and policies for some of them"):
        wds.apply(*places.values(), *things.values())
        wds.apply(one, two_labels, two, without_key, empty, beside)
    with step("Selectors select by the labels of the Namespaces", promise="BIND-16"):
        list_exactly(
            (one, [south]),
            (two_labels, [north]),
            (two, [north, south]),
            (without_key, [south, nowhere]),
        )
    with step("An empty selector selects the object without a namespace too", promise="BIND-17"):
        everything = [north, south, nowhere, role]
        list_exactly((one, [south]), (empty, everything), (beside, everything))
