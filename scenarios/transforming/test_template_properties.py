"""The properties of a WEC that templates refer to (user guide, "Template Expansion")."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Fleet, Make, Obj, Space, case, promises, step
from kubestellar_conformance.story.conditions import contains, errors, no_errors

EXPAND = {"control.kubestellar.io/expand-templates": "true"}
Text = dict[str, dict[str, str]]


def text(value: str) -> Text:
    """What is expected of the object of these tests in one WEC."""
    return {"data": {"text": value}}


@pytest.fixture
def pair(make: Make) -> Fleet:
    """Two WECs of the test's own, whose properties it may change."""
    return make.wecs(near={"zone": "a"}, far={"zone": "b"})


@pytest.fixture
def sized(make: Make) -> Obj:
    """An object with the property ``size`` of its WEC.

    It is an error until KubeStellar has seen the property in the ITS, which may be after it has
    seen the object in the WDS. A template that has a text for that case too would be delivered
    without the property, and stay so (KD-0.30.0-XFORM-3).
    """
    return make.config_map("sized", annotations=EXPAND, text="{{.size}}")


@promises("XFORM-32")
def test_the_config_map_of_a_wec_gives_it_properties(
    wds: Space, its: Space, pair: Fleet, make: Make, sized: Obj
) -> None:
    """The ConfigMap of its name; the other WEC has none."""
    near, far = pair.wec("near"), pair.wec("far")
    template = '{{with index . "size"}}{{.}}{{else}}none{{end}}'
    either = make.config_map("either", annotations=EXPAND, text=template)
    with step("Give one of two WECs a property: an object that needs it has its value there"):
        its.apply(make.properties(near, size="big"))
        wds.apply(sized, make.policy(sized, to=near, name="one"))
        near.eventually(contains(sized, text("big")), within="downsync")
    with step("Ask for an object on both: the other WEC has no such property"):
        wds.apply(either, make.policy(either, to=pair, name="both"))
        near.eventually(contains(either, text("big")), within="downsync")
        far.eventually(contains(either, text("none")), within="downsync")


@promises("XFORM-33")
def test_binary_data_are_properties_too(
    wds: Space, its: Space, pair: Fleet, make: Make, sized: Obj
) -> None:
    """The value is the decoded one."""
    near, far = pair.wec("near"), pair.wec("far")
    with step("Give each WEC a property in binary data"):
        its.apply(make.properties(near, binary={"size": "größer".encode()}))
        its.apply(make.properties(far, binary={"size": b"small"}))
        wds.apply(sized, make.policy(sized, to=pair))
    with step("Each WEC gets the decoded value"):
        near.eventually(contains(sized, text("größer")), within="downsync")
        far.eventually(contains(sized, text("small")), within="downsync")


@promises("XFORM-34")
def test_annotations_of_the_inventory_object_are_properties(
    wds: Space, pair: Fleet, make: Make, sized: Obj
) -> None:
    """Of each WEC its own."""
    near, far = pair.wec("near"), pair.wec("far")
    with step("Annotate the inventory objects of two WECs"):
        near.annotate(size="big")
        far.annotate(size="small")
        wds.apply(sized, make.policy(sized, to=pair))
    with step("Each WEC gets its value"):
        near.eventually(contains(sized, text("big")), within="downsync")
        far.eventually(contains(sized, text("small")), within="downsync")


@promises("XFORM-35")
def test_labels_of_the_inventory_object_are_properties(wds: Space, pair: Fleet, make: Make) -> None:
    """Of each WEC its own."""
    thing = make.config_map(annotations=EXPAND, text="{{.zone}}")
    with step("Ask for an object that has the label of its WEC"):
        wds.apply(thing, make.policy(thing, to=pair))
    with step("Each WEC gets its value"):
        pair["near"].eventually(contains(thing, text("a")), within="downsync")
        pair["far"].eventually(contains(thing, text("b")), within="downsync")


@promises("XFORM-37")
@pytest.mark.parametrize(
    ("places", "expected"),
    [
        case("all three places", "label annotation config_map", "by-config-map"),
        case("but the ConfigMap", "label annotation", "by-annotation"),
        case("the label alone", "label", "by-label"),
        case("none of them", "", ""),
        case("but the annotation", "label config_map", "by-config-map"),
    ],
)
def test_properties_have_an_order_of_precedence(
    wds: Space, its: Space, pair: Fleet, make: Make, places: str, expected: str
) -> None:
    """The ConfigMap, an annotation, a label, and last what is predefined."""
    near = pair.wec("near")
    seen = "".join(f"{{{{.{place}}}}}" for place in places.split())  # an error until all are seen
    thing = make.config_map(annotations=EXPAND, text="{{.clusterName}}", seen=seen)
    with step("Define the property clusterName in some places, each with another value"):
        if "label" in places:
            near.relabel(clusterName="by-label", label="x")
        if "annotation" in places:
            near.annotate(clusterName="by-annotation", annotation="x")
        if "config_map" in places:
            its.apply(make.properties(near, clusterName="by-config-map", config_map="x"))
    with step("An object has the value of the place that comes first"):
        wds.apply(thing, make.policy(thing, to=near))
        near.eventually(contains(thing, text(expected or near.name)), within="downsync")


@promises("XFORM-37")
def test_a_property_that_is_removed_gives_way_to_the_next_place(
    wds: Space, its: Space, pair: Fleet, make: Make
) -> None:
    """The ConfigMap goes first, then the annotation, then the label."""
    near = pair.wec("near")
    places = make.properties(near, clusterName="by-config-map", config_map="x")
    thing = make.config_map(annotations=EXPAND, text="{{.clusterName}}", seen="{{.config_map}}")

    def without(place: str) -> Obj:
        """A change of the object, which fails for as long as KubeStellar sees that place."""
        return {"data": {"seen": f'{{{{with index . "{place}"}}}}{{{{$.absent}}}}{{{{end}}}}'}}

    with step("The property clusterName is in all three places: that of the ConfigMap counts"):
        near.relabel(clusterName="by-label", label="x")
        near.annotate(clusterName="by-annotation", annotation="x")
        its.apply(places)
        wds.apply(thing, make.policy(thing, to=near))
        near.eventually(contains(thing, text("by-config-map")), within="downsync")
    with step("The ConfigMap goes: that of the annotation counts"):
        its.delete(places)
        wds.patch(thing, without("config_map"))
        near.eventually(contains(thing, text("by-annotation")), within="downsync")
    with step("The annotation goes: that of the label counts"):
        near.annotate(clusterName=None, annotation=None)
        wds.patch(thing, without("annotation"))
        near.eventually(contains(thing, text("by-label")), within="downsync")
    with step("The label goes: the predefined one counts, the name of the WEC"):
        near.relabel(clusterName=None, label=None)
        wds.patch(thing, without("label"))
        near.eventually(contains(thing, text(near.name)), within="downsync")


@promises("XFORM-38")
@pytest.mark.parametrize(
    "name", [case("a dash", "location-group"), case("a dot", "example.com"), case("digit", "1st")]
)
def test_an_entry_that_is_no_identifier_is_not_a_property(
    wds: Space, its: Space, pair: Fleet, make: Make, name: str
) -> None:
    """Neither in a label, nor in an annotation, nor in the ConfigMap."""
    near = pair.wec("near")
    template = f'{{{{with index . "{name}"}}}}{{{{.}}}}{{{{else}}}}none{{{{end}}}}, {{{{.size}}}}'
    thing = make.config_map(annotations=EXPAND, text=template)
    with step("Give a WEC entries of that name in three places, and one that is a property"):
        near.relabel({name: "x"})
        near.annotate({name: "y"})
        its.apply(make.properties(near, {name: "z"}, size="big"))
        wds.apply(thing, make.policy(thing, to=near))
    with step("Only the property has a value"):
        near.eventually(contains(thing, text("none, big")), within="downsync")


@promises("XFORM-46")
def test_objects_follow_the_properties_of_their_wec(
    wds: Space, its: Space, pair: Fleet, make: Make
) -> None:
    """A change in each of three places changes the object there, and never that of the other
    WEC.
    """
    near, far = pair.wec("near"), pair.wec("far")
    thing = make.config_map(annotations=EXPAND, text="{{.zone}}, {{.tier}}, {{.size}}")
    with step("Give two WECs a label, an annotation and a ConfigMap, and ask for an object"):
        near.annotate(tier="gold")
        far.annotate(tier="iron")
        its.apply(make.properties(near, size="big"), make.properties(far, size="small"))
        wds.apply(thing, make.policy(thing, to=pair))
        near.eventually(contains(thing, text("a, gold, big")), within="downsync")
        far.eventually(contains(thing, text("b, iron, small")), within="downsync")
    with far.hold(contains(thing, text("b, iron, small"))):
        with step("The ConfigMap of one WEC changes, and so does the object there"):
            its.apply(make.properties(near, size="huge"))
            near.eventually(contains(thing, text("a, gold, huge")), within="downsync")
        with step("So it does with an annotation"):
            near.annotate(tier="lead")
            near.eventually(contains(thing, text("a, lead, huge")), within="downsync")
        with step("So it does with a label"):
            near.relabel(zone="c")
            near.eventually(contains(thing, text("c, lead, huge")), within="downsync")


@promises("XFORM-46")
def test_an_object_that_changes_gets_the_properties_as_they_are_now(
    wds: Space, its: Space, pair: Fleet, make: Make
) -> None:
    """A property has had another value before, and another object waits for a new property."""
    near = pair.wec("near")
    thing = make.config_map("thing", annotations=EXPAND, text="{{.size}}", version="1")
    waits = make.config_map("waits", annotations=EXPAND, text="{{.color}}")
    other = make.policy(waits, to=near, name="waits")
    with step("Give a WEC two properties, and ask for an object with one of them"):
        its.apply(make.properties(near, size="big", shape="round"))
        wds.apply(thing, make.policy(thing, to=near), waits, other)
        near.eventually(contains(thing, text("big")), within="downsync")
        wds.eventually(errors(other.binding, matching="color"), within="binding")
    with step("Change one and replace the other: the object that waits for the new one arrives"):
        its.apply(make.properties(near, size="huge", color="red"))
        near.eventually(contains(waits, text("red")), within="downsync")
    with step("The object changes, and has the new value of its property"):
        wds.patch(thing, {"data": {"version": "2"}})
        now = {"data": {"text": "huge", "version": "2"}}
        near.eventually(contains(thing, now), within="downsync")


@promises("XFORM-47")
def test_a_property_that_comes_cures_the_error(
    wds: Space, its: Space, pair: Fleet, make: Make
) -> None:
    """Nobody touches the object or the policy."""
    near = pair.wec("near")
    thing = make.config_map(annotations=EXPAND, text="{{.size}}")
    policy = make.policy(thing, to=near)
    with step("Ask for an object that needs a property which its WEC lacks: an error"):
        wds.apply(thing, policy)
        wds.eventually(errors(policy.binding, matching="size"), within="binding")
    with step("Give the WEC that property: the error goes, and the object arrives"):
        its.apply(make.properties(near, size="big"))
        wds.eventually(no_errors(policy.binding), within="binding")
        wds.eventually(no_errors(policy), within="binding")
        near.eventually(contains(thing, text("big")), within="downsync")


@promises("XFORM-40")
def test_a_property_goes_with_its_config_map(
    wds: Space, its: Space, pair: Fleet, make: Make, sized: Obj
) -> None:
    """Nobody touches the object or the policy."""
    near = pair.wec("near")
    policy, properties = make.policy(sized, to=near), make.properties(near, size="big")
    with step("Ask for an object with a property that the ConfigMap of its WEC has: it arrives"):
        its.apply(properties)
        wds.apply(sized, policy)
        near.eventually(contains(sized, text("big")), within="downsync")
        wds.eventually(no_errors(policy.binding), within="binding")
    with step("Delete the ConfigMap: the Binding reports that the WEC lacks the property"):
        its.delete(properties)
        wds.eventually(errors(policy.binding, matching="size"), within="binding")
