"""Which objects a BindingPolicy selects (user guide, "Binding"; API: DownsyncObjectTest)."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Kind,
    Make,
    Obj,
    Selector,
    Space,
    case,
    expression,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import has, selects, without

pytestmark = on_fleet(edge={})
Objects = dict[str, Obj]


@pytest.fixture
def mixed(make: Make) -> Objects:
    """Objects of three kinds in two API groups, with a label of the test in common."""
    own = {"of": make.name("test")}
    return {
        "red": make.config_map("red", labels=own),
        "blue": make.config_map("blue", labels=own),
        "secret": make.object("v1/Secret", "secret", labels=own),
        "web": make.deployment("web", labels=own),
        "scaler": make.object(
            "autoscaling/v2/HorizontalPodAutoscaler",
            "scaler",
            labels=own,
            spec={
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "maxReplicas": 2,
            },
        ),
    }


@pytest.mark.parametrize(
    ("criteria", "chosen"),
    [
        case("all groups", {}, "red blue secret web scaler", promises="BIND-11"),
        case("the core group", {"apiGroup": ""}, "red blue secret", promises="BIND-11"),
        case("a group", {"apiGroup": "apps"}, "web", promises="BIND-11"),
        case("a group in any version", {"apiGroup": "autoscaling"}, "scaler", promises="BIND-11"),
        case("one resource", {"resources": ["configmaps"]}, "red blue", promises="BIND-12"),
        case("two", {"resources": ["secrets", "deployments"]}, "secret web", promises="BIND-12"),
        case("all", {"resources": ["*"]}, "red blue secret web scaler", promises="BIND-12"),
        case("no such resource", {"resources": ["configmap"]}, "", promises="BIND-12"),
    ],
)
def test_group_and_resources_select_kinds(
    wds: Space, fleet: Fleet, make: Make, mixed: Objects, criteria: dict[str, Any], chosen: str
) -> None:
    """A resource is the lowercase plural of a kind; entries of a list are alternatives."""
    own = {"of": make.name("test")}
    clause = make.clause(objectSelectors=[own], **criteria)
    policy = make.policy(to=fleet, clauses=[clause])
    wanted = selects(policy, *map(mixed.__getitem__, chosen.split()))
    with step("Create objects of four kinds, and a policy that selects some of them"):
        wds.apply(*mixed.values(), policy)
    with step("The Binding lists exactly those, and goes on to"):
        wds.eventually(wanted, within="binding")
        wds.stays(wanted)


@pytest.fixture
def things(make: Make, widget: Kind) -> Objects:
    """Four objects of a kind that nobody else has objects of."""
    return {
        "red": make.object(widget, "red", labels={"color": "red"}),
        "blue": make.object(widget, "blue", labels={"color": "blue", "size": "big"}),
        "big": make.object(widget, "big", labels={"size": "big"}),
        "bare": make.object(widget, "bare"),
    }


@pytest.mark.parametrize(
    ("selectors", "chosen"),
    [
        case("one label", [{"color": "red"}], "red", promises="BIND-19"),
        case("all labels of one", [{"color": "blue", "size": "big"}], "blue", promises="BIND-19"),
        case("any of two", [{"color": "red"}, {"size": "big"}], "red blue big", promises="BIND-19"),
        case("In", [expression("color", "In", "red", "blue")], "red blue", promises="BIND-20"),
        case("NotIn", [expression("color", "NotIn", "red")], "blue big bare", promises="BIND-20"),
        case("Exists", [expression("size", "Exists")], "blue big", promises="BIND-20"),
        case("DoesNotExist", [expression("size", "DoesNotExist")], "red bare", promises="BIND-20"),
    ],
)
def test_object_selectors_select_by_labels(
    wds: Space,
    fleet: Fleet,
    make: Make,
    widget: Kind,
    things: Objects,
    selectors: list[Selector],
    chosen: str,
) -> None:
    """Selectors are alternatives; within a selector every label and expression must match."""
    selected = {name: things.pop(name) for name in chosen.split()}
    clause = make.clause(apiGroup=widget.group, objectSelectors=selectors)
    with step("Create four objects, and a policy that selects some of them by their labels"):
        wds.apply(*selected.values(), *things.values(), make.policy(to=fleet, clauses=[clause]))
    with step("The WEC gets those, and never the others"):
        fleet.eventually(has(*selected.values()), within="downsync")
        fleet.stays(without(*things.values()))


@promises("BIND-21")
@pytest.mark.parametrize(
    ("listed", "chosen"),
    [
        case("one name", ["red"], "red"),
        case("two names", ["red", "bare"], "red bare"),
        case("all names", ["*"], "red blue big bare"),
        case("the name of no object", ["green"], ""),
    ],
)
def test_object_names_select_by_name(
    wds: Space,
    fleet: Fleet,
    make: Make,
    widget: Kind,
    things: Objects,
    listed: list[str],
    chosen: str,
) -> None:
    """Names are alternatives, and ``*`` stands for all."""
    own = [name if name == "*" else make.name(name) for name in listed]
    clause = make.clause(apiGroup=widget.group, objectNames=own)
    policy = make.policy(to=fleet, clauses=[clause])
    wanted = selects(policy, *map(things.__getitem__, chosen.split()))
    with step("Create four objects, and a policy that selects some of them by name"):
        wds.apply(*things.values(), policy)
    with step("The Binding lists exactly those, and goes on to"):
        wds.eventually(wanted, within="binding")
        wds.stays(wanted)


@promises("BIND-10")
@pytest.mark.parametrize(
    ("changed", "count"),
    [
        case("all criteria hold", {}, 1),
        case("but for the group", {"apiGroup": "apps"}, 0),
        case("but for the resource", {"resources": ["gadgets"]}, 0),
        case("but for the namespace", {"namespaces": ["kube-public"]}, 0),
        case("but for the labels of the namespace", {"namespaceSelectors": [{"no": "one"}]}, 0),
        case("but for its labels", {"objectSelectors": [{"color": "green"}]}, 0),
        case("but for its name", {"objectNames": ["other"]}, 0),
    ],
)
def test_every_criterion_of_a_clause_must_hold(
    wds: Space, fleet: Fleet, make: Make, widget: Kind, changed: dict[str, Any], count: int
) -> None:
    """A clause of all six criteria, each of which alone keeps the object out."""
    thing = make.object(widget, labels={"color": "red"})
    matching = {
        "apiGroup": widget.group,
        "resources": ["widgets"],
        "namespaces": ["default"],
        "namespaceSelectors": [{"kubernetes.io/metadata.name": "default"}],
        "objectSelectors": [{"color": "red"}],
        "objectNames": [make.name("widget")],
    }
    policy = make.policy(to=fleet, clauses=[make.clause(**{**matching, **changed})])
    wanted = selects(policy, *[thing][:count])
    with step("Create an object, and a policy whose clause has all six criteria"):
        wds.apply(thing, policy)
    with step("The Binding lists the object only if every criterion holds"):
        wds.eventually(wanted, within="binding")
        wds.stays(wanted)


@promises("BIND-09")
def test_an_object_is_selected_by_any_clause(
    wds: Space, fleet: Fleet, make: Make, widget: Kind, things: Objects
) -> None:
    """Three clauses: two that match one object each, one that matches nothing."""
    bare = things.pop("bare")
    clauses = [
        make.clause(apiGroup=widget.group, objectSelectors=[{"color": "none"}]),
        make.clause(apiGroup=widget.group, objectSelectors=[{"size": "big"}]),
        make.clause(apiGroup=widget.group, objectNames=[make.name("red")]),
    ]
    policy = make.policy(to=fleet, clauses=clauses)
    with step("Create four objects, and a policy of three clauses"):
        wds.apply(*things.values(), bare, policy)
    with step("The WEC gets the objects of each clause, and never the one of none"):
        fleet.eventually(has(*things.values()), within="downsync")
        fleet.stays(without(bare))
    with step("The Binding lists each of them once"):
        wds.eventually(selects(policy, *things.values()), within="binding")
