"""What a CustomTransform removes on the way to a WEC (user guide, "Configured transformation of
workload objects"; API: CustomTransformSpec, CustomTransformStatus).
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Kind,
    Make,
    Space,
    case,
    note,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    contains,
    errors,
    has,
    lacks,
    no_errors,
    no_warnings,
    observed,
    warnings,
)

pytestmark = on_fleet(near={}, far={})
OWNER = "metadata.labels[example.com/owner]"
SPEC = {"suspend": True, "size": 3, "limits": {"cpu": "1", "memory": "2Gi"}}


@promises("XFORM-18", "XFORM-20")
def test_listed_fields_are_removed_and_absent_ones_are_ignored(
    wds: Space, fleet: Fleet, make: Make, widget: Kind
) -> None:
    """A label, a field, and a whole map; a field that is absent, and one that KubeStellar removes
    anyway.
    """
    thing = make.object(widget, labels={"example.com/owner": "me"}, spec=SPEC)
    removed = [OWNER, "spec.suspend", "spec.limits"]
    paths = [
        '$.metadata.labels["example.com/owner"]',
        "$.spec.suspend",
        "$.spec.limits",
        "$.spec.nothing.here",
        "$.metadata.uid",
    ]
    transform = make.custom_transform(widget, remove=paths)
    with step("List what must not reach a WEC, and ask for the object on both WECs"):
        wds.apply(transform, thing, make.policy(thing, to=fleet))
    with step("It arrives without that, and otherwise as it is in the WDS"):
        fleet.eventually(lacks(thing, *removed), within="downsync")
        fleet.eventually(has(thing, ignoring=removed), within="downsync")
    with step("No error is reported"):
        wds.eventually(no_errors(transform), within="binding")


@promises("XFORM-19")
def test_objects_of_other_groups_and_resources_are_left_alone(
    wds: Space, fleet: Fleet, make: Make, widget: Kind
) -> None:
    """The same field, in a kind of the same name in another group, and in another kind."""
    other, gadget = make.kind("widget"), make.kind("gadget")
    thing, same_name, of_other_kind = (
        make.object(kind, f"of-{number}", spec=SPEC)
        for number, kind in enumerate((widget, other, gadget))
    )
    transform = make.custom_transform(widget, remove=["$.spec.suspend"])
    policy = make.policy(thing, same_name, of_other_kind, to=fleet)
    with step("List a field of one kind, and ask for objects of three kinds that have it"):
        wds.apply(transform, thing, same_name, of_other_kind, policy)
    with step("It is removed from the objects of that kind alone"):
        fleet.eventually(lacks(thing, "spec.suspend"), within="downsync")
        fleet.eventually(has(same_name, of_other_kind), within="downsync")
        fleet.eventually(contains(same_name, {"spec": SPEC}), within="downsync")
        fleet.eventually(contains(of_other_kind, {"spec": SPEC}), within="downsync")


@promises("XFORM-21")
@pytest.mark.parametrize(
    ("path", "field"),
    [
        case("a name", "$.spec.plain", "spec.plain"),
        case("a name in camel case", "$.spec.camelCase", "spec.camelCase"),
        case("a name of capitals", "$.spec.AZ", "spec.AZ"),
        case("a name with an underscore", "$.spec._a1", "spec._a1"),
        case("a name beyond ASCII", "$.spec.größe", "spec.größe"),
        case("a text", '$.spec["with.dots"]', "spec[with.dots]"),
        case("a text with a blank", '$["spec"]["with blank"]', "spec[with blank]"),
        case("an escaped text", '$.spec["gr\\u00f6\\u00dfe"]', "spec.größe"),
        case("a text with a backslash", r'$.spec["back\\slash"]', r"spec[back\slash]"),
    ],
)
def test_a_path_of_names_and_texts_is_accepted(
    wds: Space, fleet: Fleet, make: Make, widget: Kind, path: str, field: str
) -> None:
    """Names and texts as RFC 9535 has them."""
    names = ("plain", "camelCase", "AZ", "_a1", "größe")
    texts = ("with.dots", "with blank", "back\\slash")
    spec = dict.fromkeys((*names, *texts), 1)
    thing = make.object(widget, spec=spec)
    transform = make.custom_transform(widget, remove=[path])
    with step("Create a CustomTransform with that path, and ask for an object"):
        wds.apply(transform, thing, make.policy(thing, to=fleet))
    with step("The object arrives without the field, and with all others"):
        fleet.eventually(lacks(thing, field), within="downsync")
        fleet.eventually(has(thing, ignoring=[field]), within="downsync")
        wds.eventually(no_errors(transform), within="binding")


@promises("XFORM-21")
@pytest.mark.parametrize(
    ("path", "message"),
    [
        case("no dollar", ".spec.size", r"spec\.remove\[1\]"),
        case("single quotes", "$['spec']", r"spec\.remove\[1\]"),
        case("white space", "$ .spec", r"spec\.remove\[1\]"),
        case("white space in brackets", '$[ "spec" ]', r"spec\.remove\[1\]"),
        case("white space at the end", "$.spec ", r"spec\.remove\[1\]"),
        case("an index", "$.spec.items[0]", r"spec\.remove\[1\]"),
        case("a slice", "$.spec.items[0:1]", r"spec\.remove\[1\]"),
        case("a name that begins with a digit", "$.spec.1a", r"spec\.remove\[1\]"),
        case("a name with a dash", "$.spec.a-b", r"spec\.remove\[1\]"),
        case("a descendant", "$..size", r"spec\.remove\[1\]"),
        case("the empty path", "", r"spec\.remove\[1\]"),
        case("the whole object", "$", r"spec\.remove\[1\]", promises="XFORM-22"),
    ],
)
def test_any_other_path_is_reported(
    wds: Space, fleet: Fleet, make: Make, widget: Kind, path: str, message: str
) -> None:
    """The error names the position in the list, and the object arrives without harm."""
    thing = make.object(widget, spec=SPEC)
    transform = make.custom_transform(widget, remove=["$.spec.nothing", path])
    with step("Create a CustomTransform with that path behind a right one, and ask for an object"):
        wds.apply(transform, thing, make.policy(thing, to=fleet))
    with step("The status of the CustomTransform says which is wrong"):
        wds.eventually(errors(transform, matching=message), within="binding")
        wds.eventually(observed(transform), within="binding")
    with step("The object arrives whole"):
        fleet.eventually(has(thing), within="downsync")
        fleet.eventually(contains(thing, {"spec": SPEC}), within="downsync")


@promises("XFORM-24")
def test_right_paths_beside_a_wrong_one(wds: Space, fleet: Fleet, make: Make, widget: Kind) -> None:
    """The error is certain, and that the object arrives; whether the right paths work is not."""
    thing = make.object(widget, spec=SPEC)
    paths = ["$.spec.suspend", "$.spec.items[0]", "$.spec.limits"]
    transform = make.custom_transform(widget, remove=paths)
    with step("List a wrong path between two right ones, and ask for an object"):
        wds.apply(transform, thing, make.policy(thing, to=fleet))
    with step("The wrong one is reported"):
        wds.eventually(errors(transform, matching=r"spec\.remove\[1\]"), within="binding")
        wds.eventually(observed(transform), within="binding")
    with step("The object changes: it arrives, with or without what the right ones list"):
        wds.patch(thing, {"spec": {"size": 4}})
        fleet.eventually(contains(thing, {"spec": {"size": 4}}), within="downsync")
        listed = ["spec.suspend", "spec.limits"]
        near = fleet.wec("near")
        [arrived] = near.eventually(has(thing, ignoring=listed), within="downsync")
        removed = [field for field in ("suspend", "limits") if field not in arrived["spec"]]
        note("fields that are removed, of suspend and limits", removed)


@promises("XFORM-23")
@pytest.mark.parametrize(
    ("path", "field"),
    [
        case("a wildcard", "$.spec.items[*].name", "spec.items[*].name"),
        case(
            "a filter of two tests",
            "$.spec.items[?(@.name == 'a' && @.size == 1)].name",
            "spec.items[0].name",
        ),
    ],
)
def test_wildcards_and_filters_of_the_api_s_examples_are_accepted(
    wds: Space, fleet: Fleet, make: Make, widget: Kind, path: str, field: str
) -> None:
    """The description of the field in the API has one of each as an example."""
    items = [{"name": "a", "size": 1}, {"name": "b", "size": 1}]
    thing = make.object(widget, spec={"items": items})
    transform = make.custom_transform(widget, remove=[path])
    with step("Create a CustomTransform with that path, and ask for an object"):
        wds.apply(transform, thing, make.policy(thing, to=fleet))
    with step("No error is reported"):
        wds.eventually(no_errors(transform), within="binding")
    with step("The object arrives without what the path leads to"):
        fleet.eventually(lacks(thing, field), within="downsync")


@promises("XFORM-19")
def test_a_transform_that_is_turned_to_another_resource_leaves_the_former_alone(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """The two are of one group."""
    widget, gadget = make.kind("widget"), make.kind("gadget")
    former, later = make.object(widget, spec=SPEC), make.object(gadget, spec=SPEC)
    with step("Ask for an object of a kind that a CustomTransform is for: it arrives without"):
        transform = make.custom_transform(widget, remove=["$.spec.suspend"])
        wds.apply(transform, former, make.policy(former, to=fleet, name="former"))
        fleet.eventually(lacks(former, "spec.suspend"), within="downsync")
    with step("Turn it to another kind, and ask for an object of that: it arrives without"):
        wds.apply(make.custom_transform(gadget, remove=["$.spec.suspend"], stem="transform"))
        wds.apply(later, make.policy(later, to=fleet, name="later"))
        fleet.eventually(lacks(later, "spec.suspend"), within="downsync")
    with step("The first object changes, and arrives whole"):
        wds.patch(former, {"spec": {"size": 4}})
        fleet.eventually(contains(former, {"spec": {**SPEC, "size": 4}}), within="downsync")


@promises("XFORM-25")
def test_several_transforms_of_one_resource_are_all_applied_and_warned_of(
    wds: Space, fleet: Fleet, make: Make, widget: Kind
) -> None:
    """Each names the other as long as both are there."""
    thing = make.object(widget, spec=SPEC)
    one = make.custom_transform(widget, remove=["$.spec.suspend"], stem="one")
    other = make.custom_transform(widget, remove=["$.spec.size"], stem="other")
    with step("Create two CustomTransforms of one resource, and ask for an object"):
        wds.apply(one, other, thing, make.policy(thing, to=fleet))
    with step("The object arrives without what either of them lists"):
        fleet.eventually(lacks(thing, "spec.suspend", "spec.size"), within="downsync")
        fleet.eventually(has(thing, ignoring=["spec.suspend", "spec.size"]), within="downsync")
    with step("The status of each warns, and names the other"):
        wds.eventually(warnings(one, matching=make.name("other")), within="binding")
        wds.eventually(warnings(other, matching=make.name("one")), within="binding")
    with step("One of them is deleted: the other is not warned of any more"):
        wds.delete(other)
        wds.eventually(no_warnings(one), within="binding")


@promises("XFORM-26")
def test_the_observed_generation_is_that_of_the_errors(
    wds: Space, fleet: Fleet, make: Make, widget: Kind
) -> None:
    """It follows each change, from right to wrong and back."""
    thing = make.object(widget, spec=SPEC)
    transform = make.custom_transform(widget, remove=["$.spec.suspend"])
    with step("Create a right CustomTransform, and ask for an object: no error"):
        wds.apply(transform, thing, make.policy(thing, to=fleet))
        wds.eventually(no_errors(transform), within="binding")
    with step("Make it wrong: the error is of the new generation"):
        wds.patch(transform, {"spec": {"remove": ["size"]}})
        wds.eventually(errors(transform), within="binding")
        wds.eventually(observed(transform), within="binding")
    with step("Put it right: none, at the latest generation"):
        wds.patch(transform, {"spec": {"remove": ["$.spec.size"]}})
        wds.eventually(no_errors(transform), within="binding")


@promises("XFORM-27")
@pytest.mark.parametrize(
    ("before", "after", "removed"),
    [
        case("creating it", None, ["$.spec.suspend"], ["spec.suspend"]),
        case("changing it", ["$.spec.suspend"], ["$.spec.size"], ["spec.size"]),
        case("deleting it", ["$.spec.suspend"], None, []),
    ],
)
def test_objects_that_were_delivered_follow_the_transform(
    wds: Space,
    fleet: Fleet,
    make: Make,
    widget: Kind,
    before: list[str] | None,
    after: list[str] | None,
    removed: list[str],
) -> None:
    """Nothing else changes: neither the object nor the policy."""
    thing = make.object(widget, spec=SPEC)
    transform = make.custom_transform(widget, remove=before or after or [])
    with step("Ask for an object, with or without a CustomTransform: it arrives"):
        wds.apply(*[transform][: before is not None], thing, make.policy(thing, to=fleet))
        fleet.eventually(has(thing, ignoring=["spec.suspend"]), within="downsync")
    with step("Create, change or delete the CustomTransform"):
        if after is None:
            wds.delete(transform)
        else:
            wds.apply(make.custom_transform(widget, remove=after, stem="transform"))
    with step("The objects in the WECs are as it says now"):
        fleet.eventually(has(thing, ignoring=removed), within="downsync")
        if removed:
            fleet.eventually(lacks(thing, *removed), within="downsync")


@promises("LIMITS-02")
def test_an_object_delivered_anew_is_transformed_as_it_says_now(
    wds: Space, fleet: Fleet, make: Make, widget: Kind
) -> None:
    """A CustomTransform that is created or changed after the delivery works when the object
    changes.
    """
    thing = make.object(widget, spec=SPEC)
    with step("Ask for an object: it arrives"):
        wds.apply(thing, make.policy(thing, to=fleet))
        fleet.eventually(has(thing), within="downsync")
    with step("Create a CustomTransform, then change the object"):
        transform = make.custom_transform(widget, remove=["$.spec.suspend"])
        wds.apply(transform)
        wds.eventually(observed(transform), within="binding")
        wds.patch(thing, {"spec": {"size": 4}})
    with step("The object arrives changed and transformed"):
        fleet.eventually(lacks(thing, "spec.suspend"), within="downsync")
        fleet.eventually(contains(thing, {"spec": {"size": 4}}), within="downsync")
    with step("Change the CustomTransform, then the object"):
        changed = {"remove": ["$.spec.limits"]}
        wds.patch(transform, {"spec": changed})
        wds.eventually(contains(transform, {"spec": changed}), within="binding")
        wds.eventually(observed(transform), within="binding")
        wds.patch(thing, {"spec": {"size": 5}})
    with step("The object arrives changed, and transformed as it says now"):
        fleet.eventually(contains(thing, {"spec": {"suspend": True, "size": 5}}), within="downsync")
        fleet.eventually(lacks(thing, "spec.limits"), within="downsync")
