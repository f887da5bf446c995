"""What a BindingPolicy and its Binding report in their status (API: BindingPolicyStatus,
BindingStatus; architecture, "Sync Binding"; release note 0.26.0).
"""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Make,
    Obj,
    Selector,
    Space,
    case,
    expression,
    on_fleet,
    promises,
    refuses_or_reports,
    shows,
    step,
)
from kubestellar_conformance.story.conditions import (
    bound_to,
    condition,
    errors,
    has,
    meets,
    no_errors,
    observed,
    selects,
)

pytestmark = on_fleet(near={}, far={})
EXPAND = {"control.kubestellar.io/expand-templates": "true"}
AVAILABLE = "StatusCollectorsAvailable"


@promises("BIND-53", "BIND-58")
def test_policy_and_binding_report_the_same_errors_of_their_present_generations(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """A template fails, and then another; it is mended, and the policy gets other WECs."""
    thing = make.config_map(annotations=EXPAND, text="{{.absent}}")
    policy = make.policy(thing, to=fleet["near"], name="policy")
    with step("Ask for an object with a template that fails: both report it"):
        wds.apply(thing, policy)
        wds.eventually(errors(policy.binding, matching="absent"), within="binding")
        wds.eventually(errors(policy, matching="absent"), within="binding")
    with step("Both have observed their present generations"):
        wds.eventually(observed(policy), within="binding")
        wds.eventually(observed(policy.binding), within="binding")
    with step("Another template fails instead: both report that alone"):
        wds.patch(thing, {"data": {"text": "{{.missing}}"}})
        wds.eventually(meets(policy.binding, *MISSING_ALONE), within="binding")
        wds.eventually(meets(policy, *MISSING_ALONE), within="binding")
    with step("Mend the template: neither reports an error of its new generation"):
        wds.patch(thing, {"data": {"text": "{{.clusterName}}"}})
        wds.eventually(selects(policy, thing, at_live_version=True), within="binding")
        wds.eventually(no_errors(policy.binding), within="binding")
        wds.eventually(no_errors(policy), within="binding")
    with step("Ask for other WECs: both observe that generation too"):
        wds.apply(make.policy(thing, to=fleet, name="policy"))
        wds.eventually(bound_to(policy, fleet), within="binding")
        wds.eventually(no_errors(policy.binding), within="binding")
        wds.eventually(no_errors(policy), within="binding")


def _missing_alone(obj: Obj) -> bool:
    return ["missing" in error for error in obj["status"].get("errors", ())] == [True]


MISSING_ALONE = ("report the missing property alone", _missing_alone)


@promises("BIND-54")
def test_a_listing_shows_how_a_policy_fares(wds: Space, fleet: Fleet, make: Make) -> None:
    """The columns of ``kubectl get bindingpolicies``."""
    thing = make.config_map()
    policy = make.policy(thing, to=fleet)
    with step("Ask for an object: it is in both WECs"):
        wds.apply(thing, policy)
        fleet.eventually(has(thing), within="downsync")
        wds.eventually(no_errors(policy), within="binding")
    with step("A listing shows that the policy is synced and ready"):
        [live] = wds.eventually(observed(policy), within="binding")
        shows(wds, live, {"SYNCED": "True", "READY": "True"})


@promises("BIND-55")
def test_a_policy_says_whether_it_is_satisfied(wds: Space, fleet: Fleet, make: Make) -> None:
    """It is not when it selects no WEC."""
    thing = make.config_map()
    policy = make.policy(thing, to=fleet, name="policy")
    nowhere = make.policy(thing, to=fleet.where({"no": "wec"}), name="nowhere")
    with step("Create a policy for two WECs, and one for none"):
        wds.apply(thing, policy, nowhere)
    with step("The one is satisfied and not misconfigured, the other is not satisfied"):
        wds.eventually(condition(policy, "BindingPolicySatisfied"), within="binding")
        wds.eventually(condition(policy, "BindingPolicyMisconfigured", False), within="binding")
        wds.eventually(condition(nowhere, "BindingPolicySatisfied", False), within="binding")


@promises("BIND-56")
def test_policy_and_binding_name_the_status_collectors_that_are_absent(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """Three StatusCollectors are absent at first, and are created one by one."""
    one, two, three = (make.status_collector(stem) for stem in ("one", "two", "three"))
    thing = make.config_map()
    policy = make.policy(thing, to=fleet, collect=[one, two, three])
    with step("Ask for an object, and refer to StatusCollectors that do not exist"):
        wds.apply(thing, policy)
        fleet.eventually(has(thing), within="downsync")
        wds.eventually(observed(policy.binding), within="binding")
    with step("Create one: the condition names the other two"):
        wds.apply(one)
        others = rf"{make.name('three')}.*{make.name('two')}"
        both: dict[str, Any] = {"status": False, "message": others}
        wds.eventually(condition(policy.binding, AVAILABLE, **both), within="combined_status")
        wds.eventually(condition(policy, AVAILABLE, **both), within="combined_status")
    with step("Create another: the condition names the last alone"):
        wds.apply(two)
        last: dict[str, Any] = {"status": False, "message": rf"\[{make.name('three')}\]"}
        wds.eventually(condition(policy.binding, AVAILABLE, **last), within="combined_status")
        wds.eventually(condition(policy, AVAILABLE, **last), within="combined_status")
    with step("Create the last: all are available"):
        wds.apply(three)
        wds.eventually(condition(policy.binding, AVAILABLE), within="combined_status")
        wds.eventually(condition(policy, AVAILABLE), within="combined_status")


@promises("BIND-56")
def test_a_status_collector_that_is_deleted_is_named_as_absent(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """The policy refers to another one too, which stays."""
    kept, deleted = make.status_collector("kept"), make.status_collector("deleted")
    thing = make.config_map()
    policy = make.policy(thing, to=fleet, collect=[kept, deleted])
    with step("Ask for an object, and refer to two StatusCollectors, of which one exists"):
        wds.apply(kept, thing, policy)
        fleet.eventually(has(thing), within="downsync")
        wds.eventually(observed(policy.binding), within="binding")
    with step("Both exist: all are available"):
        wds.apply(deleted)
        wds.eventually(condition(policy.binding, AVAILABLE), within="combined_status")
        wds.eventually(condition(policy, AVAILABLE), within="combined_status")
    with step("Delete one: the condition names it"):
        wds.delete(deleted)
        absent: dict[str, Any] = {"status": False, "message": rf"\[{make.name('deleted')}\]"}
        wds.eventually(condition(policy.binding, AVAILABLE, **absent), within="combined_status")
        wds.eventually(condition(policy, AVAILABLE, **absent), within="combined_status")


@promises("BIND-57")
def test_a_change_of_the_workload_leaves_the_condition(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """The Binding gets a new generation, and the same StatusCollectors."""
    first, second = make.status_collector("first"), make.status_collector("second")
    thing = make.config_map(size="1")
    policy = make.policy(thing, to=fleet, collect=[first, second])
    with step("Ask for an object, and refer to two StatusCollectors"):
        wds.apply(first, thing, policy)
        fleet.eventually(has(thing), within="downsync")
        wds.eventually(observed(policy.binding), within="binding")
    with step("Both exist: the Binding says so"):
        wds.apply(second)
        wds.eventually(condition(policy.binding, AVAILABLE), within="combined_status")
    with step("Change the object: Binding and WECs follow"):
        wds.patch(thing, {"data": {"size": "2"}})
        wds.eventually(selects(policy, thing, at_live_version=True), within="binding")
        fleet.eventually(has(thing), within="downsync")
        wds.eventually(observed(policy.binding), within="binding")
    with step("The Binding still says so, and goes on to"):
        wds.eventually(condition(policy.binding, AVAILABLE), within="binding")
        wds.stays(condition(policy.binding, AVAILABLE))


@promises("BIND-60")
@pytest.mark.parametrize(
    "selector",
    [
        case("In without values", expression("env", "In")),
        case("Exists with a value", expression("env", "Exists", "x")),
        case("a malformed key", {"matchLabels": {"a/b/c": "x"}}),
    ],
)
def test_an_unusable_object_selector_is_reported(
    wds: Space, fleet: Fleet, make: Make, selector: Selector
) -> None:
    """Beside a good selector, in the second clause."""
    good, bad = make.config_map("good"), make.config_map("bad")
    labels: Obj = {"matchLabels": {"tier": "gold"}}
    clauses = [make.clause(good), make.clause(bad, objectSelectors=[labels, selector])]
    with step("Create a policy with it: it is refused, or its status reports the error"):
        refuses_or_reports(wds, make.policy(to=fleet, clauses=clauses))
