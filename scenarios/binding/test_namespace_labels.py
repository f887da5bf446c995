"""The labels of a Namespace change (user guide, "The Full Story"; API: namespaceSelectors).

In a WDS of its own, since a new policy of another test makes KubeStellar evaluate every object.
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Make, Obj, Policy, Space, needs, own_wds, promises, step
from kubestellar_conformance.story.conditions import selects

pytestmark = [own_wds, needs("virtual-wecs")]
WARM = {"climate": "warm"}


@pytest.fixture
def warm_place(make: Make) -> Obj:
    """A Namespace with the label."""
    return make.namespace("warm", WARM)


@pytest.fixture
def cold_place(make: Make) -> Obj:
    """A Namespace without the label."""
    return make.namespace("cold")


@pytest.fixture
def things(make: Make, warm_place: Obj, cold_place: Obj) -> list[Obj]:
    """A ConfigMap in each."""
    return [make.config_map("thing", namespace=place) for place in (warm_place, cold_place)]


@pytest.fixture
def policy(make: Make) -> Policy:
    """Selects ConfigMaps in warm places."""
    clause = make.clause(apiGroup="", objectNames=[make.name("thing")], namespaceSelectors=[WARM])
    return make.policy(to=make.wecs(edge={}), clauses=[clause])


@promises("BIND-18")
def test_a_new_label_takes_the_objects_of_the_namespace_in(
    wds: Space, warm_place: Obj, cold_place: Obj, things: list[Obj], policy: Policy
) -> None:
    """The Namespace gets the label; nothing else changes."""
    warm, cold = things
    with step("Create an object in each of two Namespaces, and a policy for one of them"):
        wds.apply(warm_place, cold_place, warm, cold, policy)
        wds.eventually(selects(policy, warm), within="binding")
    with step("The other Namespace gets the label: the Binding gains its object"):
        wds.patch(cold_place, {"metadata": {"labels": WARM}})
        wds.eventually(selects(policy, warm, cold), within="binding")


@promises("BIND-18")
def test_a_label_that_goes_takes_the_objects_of_the_namespace_out(
    wds: Space, warm_place: Obj, cold_place: Obj, things: list[Obj], policy: Policy
) -> None:
    """The Namespace loses the label; nothing else changes."""
    warm, cold = things
    with step("Create an object in each of two Namespaces, and a policy for one of them"):
        wds.apply(warm_place, cold_place, warm, cold, policy)
        wds.eventually(selects(policy, warm), within="binding")
    with step("That Namespace loses the label: the Binding loses its object"):
        wds.patch(warm_place, {"metadata": {"labels": {"climate": None}}})
        wds.eventually(selects(policy), within="binding")
