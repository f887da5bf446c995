"""What becomes of a template that cannot be expanded (user guide, "Template Expansion")."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubestellar_conformance.story import Fleet, Make, Obj, Space, case, on_fleet, promises, step
from kubestellar_conformance.story.conditions import (
    contains,
    errors,
    has,
    meets,
    no_errors,
    none_of,
    without,
)

pytestmark = on_fleet(near={"zone": "a"}, far={"ring": "b"})
EXPAND = {"control.kubestellar.io/expand-templates": "true"}
NEW = {"data": {"text": "new"}}


@promises("XFORM-40")
@pytest.mark.parametrize(
    "properties",
    [case("one property", ["absent"]), case("two of them", ["absent", "missing"])],
)
def test_a_missing_property_is_reported_for_one_wec(
    wds: Space, fleet: Fleet, make: Make, properties: list[str]
) -> None:
    """Both WECs lack it; the errors are those of the first of them."""
    templates = {name: "{{." + name + "}}" for name in properties}
    thing = make.object("v1/ConfigMap", "config", annotations=EXPAND, data=templates)
    policy = make.policy(thing, to=fleet)
    with step("Ask for an object with a template for each property, which nobody has"):
        wds.apply(thing, policy)
    with step("The Binding reports each, with object and place"):
        for name in properties:
            pattern = f"{make.name('config')}.*data.*{name}"
            wds.eventually(errors(policy.binding, matching=pattern), within="binding")
    with step("It reports them for one of the two WECs"):
        wds.eventually(meets(policy.binding, *_reports(len(properties))), within="binding")
    with step("The policy reports them too"):
        for name in properties:
            pattern = f"{make.name('config')}.*data.*{name}"
            wds.eventually(errors(policy, matching=pattern), within="binding")


@promises("XFORM-40")
def test_each_object_that_fails_is_reported(wds: Space, fleet: Fleet, make: Make) -> None:
    """Two of a policy's three objects each refer to a property that no WEC has."""
    one = make.config_map("one", annotations=EXPAND, text="{{.absent}}")
    two = make.config_map("two", annotations=EXPAND, text="{{.missing}}")
    policy = make.policy(one, two, make.config_map("fine"), to=fleet)
    with step("Ask for three objects, two of which fail"):
        wds.apply(one, two, make.config_map("fine"), policy)
    with step("Binding and policy report both, and nothing else"):
        wds.eventually(meets(policy.binding, *_reports(2)), within="binding")
        wds.eventually(meets(policy, *_reports(2)), within="binding")
        for name, missing in ((make.name("one"), "absent"), (make.name("two"), "missing")):
            pattern = f"{name}.*data.*{missing}"
            wds.eventually(errors(policy.binding, matching=pattern), within="binding")
            wds.eventually(errors(policy, matching=pattern), within="binding")


def _errors(obj: Obj) -> list[str]:
    found: list[str] = (obj.get("status") or {}).get("errors") or []
    return found


def _reports(number: int) -> tuple[str, Callable[[Obj], bool]]:
    """For `meets`: so many errors."""
    return f"report {number} errors", lambda obj: len(_errors(obj)) == number


@promises("XFORM-40")
def test_the_next_error_takes_the_place_of_one_that_is_over(wds: Space, make: Make) -> None:
    """The WEC gets the property that was missing first, and nothing changes in the WDS."""
    wec = make.wecs(near={}).wec("near")
    thing = make.config_map(annotations=EXPAND, text="{{.first}} {{.second}}")
    policy = make.policy(thing, to=wec)
    with step("Ask for an object that needs two properties: the first is reported"):
        wds.apply(thing, policy)
        wds.eventually(errors(policy.binding, matching="first"), within="binding")
        wds.eventually(errors(policy, matching="first"), within="binding")
    with step("The WEC gets that one: the Binding reports the second alone"):
        wec.relabel(first="x")
        wds.eventually(meets(policy.binding, *SECOND_ALONE), within="binding")
    with step("So does the policy"):
        wds.eventually(meets(policy, *SECOND_ALONE), within="binding")


def _second_alone(obj: Obj) -> bool:
    return ["second" in error for error in _errors(obj)] == [True]


SECOND_ALONE = ("report the second property alone", _second_alone)


@promises("XFORM-41")
def test_a_text_that_is_no_template_is_reported(wds: Space, fleet: Fleet, make: Make) -> None:
    """The braces are not closed."""
    thing = make.config_map(annotations=EXPAND, wrong="{{ .x")
    policy = make.policy(thing, to=fleet)
    with step("Ask for an object with a text that does not parse"):
        wds.apply(thing, policy)
    with step("The Binding reports the error, with object and place"):
        pattern = f"{make.name('config')}.*data.wrong"
        wds.eventually(errors(policy.binding, matching=pattern), within="binding")
    with step("The policy reports it too"):
        wds.eventually(errors(policy, matching="data.wrong"), within="binding")


@pytest.fixture
def thing(make: Make) -> Obj:
    """An object without a template."""
    return make.config_map("thing", text="old")


@pytest.fixture(
    params=[
        case("of the first object in the first WEC", ("broken", "zone")),
        case("of the last object in the last WEC", ("zz-broken", "ring")),
    ]
)
def broken(request: pytest.FixtureRequest, make: Make) -> Obj:
    """An object that only one of the WECs can have. KubeStellar takes objects and WECs by name."""
    stem, lacking = request.param
    return make.config_map(stem, annotations=EXPAND, text="{{." + lacking + "}}")


@promises("XFORM-42")
def test_nothing_new_is_delivered_while_a_template_fails(
    wds: Space, fleet: Fleet, make: Make, thing: Obj, broken: Obj
) -> None:
    """Neither a change nor a new object of the policy reaches a WEC, with or without failure."""
    third = make.config_map("third")
    policy = make.policy(thing, broken, third, to=fleet, name="policy")
    with step("Ask for an object: it arrives"):
        wds.apply(thing, make.policy(thing, to=fleet, name="policy"))
        fleet.eventually(has(thing), within="downsync")
    with step("An object whose template fails in one WEC joins the policy"):
        wds.apply(broken, policy)
        wds.eventually(errors(policy.binding, matching=r"data\.text"), within="binding")
    with step("Another object joins, and the first one changes: neither arrives anywhere"):
        wds.apply(third)
        wds.patch(thing, NEW)
        fleet.stays(without(third, broken))
        changed = none_of("v1/ConfigMap", lambda obj: _changed(obj, thing), "the changed ConfigMap")
        fleet.stays(changed)


def _changed(obj: Obj, thing: Obj) -> bool:
    same = obj["metadata"]["name"] == thing["metadata"]["name"]
    return bool(same and obj["data"] == NEW["data"])


@promises("XFORM-43")
def test_what_was_delivered_stays_while_a_template_fails(
    wds: Space, fleet: Fleet, make: Make, thing: Obj, broken: Obj
) -> None:
    """Objects and their ManifestWorks stay as they are, in every WEC."""
    with step("Ask for an object: it arrives"):
        wds.apply(thing, make.policy(thing, to=fleet, name="policy"))
        fleet.eventually(has(thing), within="downsync")
    with step("An object whose template fails joins: the first one stays where it is"):
        with fleet.hold(contains(thing, {"data": {"text": "old"}})):
            policy = make.policy(thing, broken, to=fleet, name="policy")
            wds.apply(broken, policy)
            wds.eventually(errors(policy.binding, matching=r"data\.text"), within="binding")
        fleet.stays(contains(thing, {"data": {"text": "old"}}))


@promises("XFORM-45")
def test_delivery_goes_on_when_the_template_is_put_right(
    wds: Space, fleet: Fleet, make: Make, thing: Obj, broken: Obj
) -> None:
    """The errors go, and all that was held back arrives."""
    third = make.config_map("third")
    policy = make.policy(thing, broken, third, to=fleet)
    with step("Ask for three objects, of which one fails: errors"):
        wds.apply(thing, broken, third, policy)
        wds.eventually(errors(policy.binding, matching=r"data\.text"), within="binding")
        wds.eventually(errors(policy, matching=r"data\.text"), within="binding")
    with step("Put that object right: Binding and policy report no error any more"):
        wds.patch(broken, {"data": {"text": "{{.clusterName}}"}})
        wds.eventually(no_errors(policy.binding), within="binding")
        wds.eventually(no_errors(policy), within="binding")
    with step("All three arrive"):
        fleet.eventually(has(thing, third), within="downsync")
        near, far = fleet.wec("near"), fleet.wec("far")
        near.eventually(contains(broken, {"data": {"text": near.name}}), within="downsync")
        far.eventually(contains(broken, {"data": {"text": far.name}}), within="downsync")
