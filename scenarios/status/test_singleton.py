"""Singleton status: the status of the only WEC returns to the WDS (API: DownsyncModulation; user
guide, "Special case for 1 WEC").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Kind,
    Make,
    Obj,
    Policy,
    Ref,
    Space,
    case,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    bundled,
    condition,
    contains,
    errors,
    gone,
    has,
    labelled,
    no_errors,
    no_status,
    not_labelled,
    quiescent,
    quiescent_manifest_works,
    whole_status,
)

pytestmark = on_fleet(eu={}, us={}, ap={})
DEFINITION = "apiextensions.k8s.io/v1/CustomResourceDefinition"
COUNT = "kubestellar.io/executing-count"
READY = {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "observedGeneration": 1}
Ask = Callable[..., Policy]


@pytest.fixture
def ask(make: Make, web: Obj) -> Ask:
    """Makes the policy of these tests, which asks for the Deployment's status. Made again, it
    replaces the former one.
    """

    def ask(to: Any, name: str = "policy", *, status: bool | None = True) -> Policy:
        return make.policy(web, to=to, name=name, want_singleton_status=status)

    return ask


@promises("STATUS-01")
def test_status_that_nobody_asks_for_stays_in_the_wec(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """Neither a status nor a count, though a WEC has reported."""
    with step("Send a Deployment to one WEC, which reports"):
        wds.apply(web, ask(fleet["eu"], status=None))
        fleet.report(web, eu=READY)
    with step("The WDS shows nothing of that"):
        wds.stays(no_status(web), quiet="status_return")
    with step("Nor does it show how many WECs have it"):
        wds.stays(not_labelled(web, COUNT))


@promises("STATUS-02", "STATUS-03")
def test_the_whole_status_of_the_only_wec_returns(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """It follows that of the WEC, with every field that comes, goes or changes."""
    with step("Ask for a Deployment on one WEC, and for its status; the WEC reports"):
        wds.apply(web, ask(fleet["eu"]))
        fleet.report(web, eu=READY)
    with step("The WDS shows exactly that"):
        wds.eventually(whole_status(web, READY), within="status_return")
    with step("The WEC reports a field more, and then two fields less"):
        more = {**READY, "updatedReplicas": 3}
        fleet.report(web, eu=more)
        wds.eventually(whole_status(web, more), within="status_return")
        less = {"replicas": 3, "observedGeneration": 1}
        fleet.report(web, eu=less)
        wds.eventually(whole_status(web, less), within="status_return")
    with step("It reports other values of the same fields"):
        changed = {"replicas": 2, "observedGeneration": 2}
        fleet.report(web, eu=changed)
        wds.eventually(whole_status(web, changed), within="status_return")


@promises("STATUS-38")
def test_a_returned_status_that_a_user_changes_is_put_right(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """The WEC reports nothing more."""
    with step("Ask for a Deployment on one WEC, and for its status: it returns"):
        wds.apply(web, ask(fleet["eu"]))
        fleet.report(web, eu=READY)
        wds.eventually(whole_status(web, READY), within="status_return")
        wds.eventually(quiescent(web), within="recovery")
    with step("A user changes it in the WDS: it becomes that of the WEC again"):
        wds.update_status(web, {"replicas": 7})
        wds.eventually(whole_status(web, READY), within="status_return")


@promises("STATUS-02", "STATUS-12")
@pytest.mark.parametrize(
    "subresource", [case("with a status subresource", True), case("without one", False)]
)
def test_the_status_of_a_custom_object_returns(
    wds: Space, fleet: Fleet, make: Make, subresource: bool
) -> None:
    """Texts, lists and maps too."""
    kind = make.kind("gadget", status_subresource=subresource)
    thing = make.object(kind, spec={"size": 1})
    status = {"phase": "ready", "parts": [{"name": "a", "good": True}], "of": {"x": 0.5}}
    with step("Ask for a custom object on one WEC, and for its status; the WEC reports"):
        wds.apply(thing, make.policy(thing, to=fleet["eu"], want_singleton_status=True))
        fleet.report(thing, eu=status)
    with step("The WDS shows exactly that, and the spec is as it was"):
        wds.eventually(whole_status(thing, status), within="status_return")
        wds.eventually(contains(thing, {"spec": {"size": 1}}), within="binding")
    with step("Values within lists and maps change: so they do in the WDS"):
        changed = {"phase": "ready", "parts": [{"name": "a", "good": False}], "of": {"x": 1.5}}
        fleet.report(thing, eu=changed)
        wds.eventually(whole_status(thing, changed), within="status_return")


@promises("STATUS-04")
def test_status_is_empty_while_the_number_of_wecs_is_not_one(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """From one WEC to two, back to one, to none, and to one again."""
    with step("Ask for a Deployment on one WEC, and for its status: it returns"):
        wds.apply(web, ask(fleet["eu"]))
        fleet.report(web, eu=READY)
        wds.eventually(whole_status(web, READY), within="status_return")
    with step("A second WEC joins and reports: the status is emptied"):
        wds.apply(ask(fleet["eu us"]))
        fleet.report(web, us=READY)
        wds.eventually(no_status(web), within="status_return")
    with step("It leaves again: the status is back"):
        wds.apply(ask(fleet["eu"]))
        wds.eventually(whole_status(web, READY), within="status_return")
    with step("The last one leaves: the status is emptied"):
        wds.apply(ask(fleet.where({"no": "such"})))
        wds.eventually(no_status(web), within="status_return")
        fleet.eventually(gone(web), within="withdrawal")
    with step("One comes again and reports: the status is back"):
        wds.apply(ask(fleet["us"]))
        fleet.report(web, us=READY)
        wds.eventually(whole_status(web, READY), within="status_return")


@promises("STATUS-04")
def test_the_status_is_emptied_when_a_wec_joins_that_does_not_report(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """It may be out of reach."""
    with step("Ask for a Deployment on one WEC, and for its status: it returns"):
        wds.apply(web, ask(fleet["eu"]))
        fleet.report(web, eu=READY)
        wds.eventually(whole_status(web, READY), within="status_return")
        wds.eventually(quiescent(web), within="recovery")
    with step("A second WEC joins, and does not report: the status is emptied"):
        wds.apply(ask(fleet["eu us"]))
        wds.eventually(no_status(web), within="status_return")


@promises("STATUS-05")
@pytest.mark.parametrize(
    ("members", "number"), [case("no WEC", "", "0"), case("two WECs", "eu us", "2")]
)
def test_a_request_that_cannot_be_met_is_an_error_of_the_policy(
    wds: Space, fleet: Fleet, make: Make, web: Obj, ask: Ask, members: str, number: str
) -> None:
    """The error names the object and the number of WECs; with one WEC there is none."""
    to = fleet[members] if members else fleet.where({"no": "such"})
    policy = ask(to)
    with step("Ask for a Deployment, and for its status, on no WEC or on two"):
        wds.apply(web, policy)
    with step("The policy reports the object and the number"):
        pattern = f"{make.name('web')}.*{number}|{number}.*{make.name('web')}"
        wds.eventually(errors(policy, matching=pattern), within="binding")
    with step("The number becomes one: no error any more"):
        wds.apply(ask(fleet["eu"]))
        wds.eventually(no_errors(policy), within="binding")


@promises("STATUS-06")
def test_only_wecs_of_policies_that_ask_count(wds: Space, fleet: Fleet, web: Obj, ask: Ask) -> None:
    """One policy sends the object to two WECs, another asks for the status of one of them."""
    with step("Send a Deployment to two WECs, and ask for its status in one of them"):
        plain = ask(fleet["eu us"], "plain", status=None)
        wds.apply(web, plain, ask(fleet["us"], "asking"))
        fleet.report(web, eu={**READY, "availableReplicas": 1}, us=READY)
    with step("The status of that one returns"):
        wds.eventually(whole_status(web, READY), within="status_return")


@promises("STATUS-07")
def test_the_wecs_of_several_requests_count_once_each(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """Two policies: to different WECs, and then to the same."""
    with step("Two policies ask for the status of a Deployment in different WECs"):
        wds.apply(web, ask(fleet["eu"], "one"), ask(fleet["us"], "other"))
        fleet.report(web, eu=READY, us=READY)
    with step("No status returns"):
        wds.stays(no_status(web), quiet="status_return")
    with step("Both ask for it in the same WEC: its status returns"):
        wds.apply(ask(fleet["eu"], "other"))
        wds.eventually(whole_status(web, READY), within="status_return")


@promises("STATUS-07")
def test_a_label_counts_the_wecs_of_several_requests_once_each(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """Two policies: to different WECs, and then to the same."""
    with step("Two policies ask for the status of a Deployment in different WECs: they are two"):
        wds.apply(web, ask(fleet["eu"], "one"), ask(fleet["us"], "other"))
        wds.eventually(labelled(web, {COUNT: "2"}), within="binding")
    with step("Both ask for it in the same WEC: it is one"):
        wds.apply(ask(fleet["eu"], "other"))
        wds.eventually(labelled(web, {COUNT: "1"}), within="binding")


@promises("STATUS-08")
@pytest.mark.parametrize(
    ("members", "count"),
    [case("no WEC", "", "0"), case("one WEC", "eu", "1"), case("two WECs", "eu us", "2")],
)
def test_a_label_counts_the_wecs(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask, members: str, count: str
) -> None:
    """The object in the WDS has it while status is requested, and not after that."""
    to = fleet[members] if members else fleet.where({"no": "such"})
    with step("Ask for a Deployment, and for its status"):
        wds.apply(web, ask(to))
    with step("A label of the Deployment has the number of WECs"):
        wds.eventually(labelled(web, {COUNT: count}), within="binding")
    with step("The request ends: the label goes"):
        wds.apply(ask(to, status=None))
        wds.eventually(not_labelled(web, COUNT), within="binding")


@promises("STATUS-08")
def test_a_count_that_a_user_writes_is_removed(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """The label is there while status is requested, and only then."""
    with step("Send a Deployment to one WEC, without a request; it is delivered"):
        wds.apply(web, ask(fleet["eu"], status=None))
        fleet.report(web, eu=READY)
    with step("A user writes a count to it: it goes"):
        wds.patch(web, {"metadata": {"labels": {COUNT: "7"}}})
        wds.eventually(not_labelled(web, COUNT), within="binding")


def _withdraw_the_request(wds: Space, ask: Ask, fleet: Fleet) -> None:
    wds.apply(ask(fleet["eu"], status=None))


def _delete_the_policy(wds: Space, ask: Ask, fleet: Fleet) -> None:
    wds.delete(ask(fleet["eu"]))


def _match_no_object(wds: Space, ask: Ask, fleet: Fleet) -> None:
    wds.patch(ask(fleet["eu"]), {"spec": {"downsync": [{"objectNames": ["no-such-object"]}]}})


def _match_no_wec(wds: Space, ask: Ask, fleet: Fleet) -> None:
    wds.apply(ask(fleet.where({"no": "such"})))


EACH_END = pytest.mark.parametrize(
    "end",
    [
        case("the flag is taken away", _withdraw_the_request),
        case("the policy is deleted", _delete_the_policy),
        case("the policy matches the object no more", _match_no_object),
        case("the policy matches the WEC no more", _match_no_wec),
    ],
)


@promises("STATUS-02")
def test_a_later_request_returns_what_was_reported_before(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """The request comes with a policy of its own; the WEC reports nothing more."""
    with step("A policy sends a Deployment to one WEC, which reports"):
        wds.apply(web, ask(fleet["eu"], "other", status=None))
        fleet.report(web, eu=READY)
    with step("Another policy asks for its status: it returns"):
        wds.apply(ask(fleet["eu"]))
        wds.eventually(whole_status(web, READY), within="status_return")


@promises("STATUS-09")
@EACH_END
def test_the_status_goes_when_the_request_ends(
    wds: Space,
    fleet: Fleet,
    web: Obj,
    ask: Ask,
    end: Callable[[Space, Ask, Fleet], None],
) -> None:
    """All of it."""
    with step("Ask for a Deployment on one WEC, and for its status: it returns"):
        wds.apply(web, ask(fleet["eu"]))
        fleet.report(web, eu=READY)
        wds.eventually(whole_status(web, READY), within="status_return")
    with step("End the request: the status goes"):
        end(wds, ask, fleet)
        wds.eventually(no_status(web), within="status_return")


@promises("STATUS-09")
@EACH_END
def test_the_status_goes_though_the_object_stays_in_the_wec(
    wds: Space,
    its: Space,
    fleet: Fleet,
    web: Obj,
    ask: Ask,
    end: Callable[[Space, Ask, Fleet], None],
) -> None:
    """Another policy, which asks for no status, has sent it there before."""
    with step("A policy sends a Deployment to one WEC; another one asks for its status"):
        wds.apply(web, ask(fleet["eu"], "other", status=None))
        fleet["eu"].eventually(has(web), within="downsync")
        policy = ask(fleet["eu"])
        wds.apply(policy)
        its.eventually(bundled(policy, fleet["eu"], objects=1, at_most=1), within="downsync")
    with step("The WEC reports: the status returns"):
        fleet.report(web, eu=READY)
        wds.eventually(whole_status(web, READY), within="status_return")
        wds.eventually(quiescent(web), within="recovery")
    with step("End the request: the status goes, and the Deployment is still in the WEC"):
        end(wds, ask, fleet)
        wds.eventually(no_status(web), within="status_return")
        fleet["eu"].stays(has(web))


@promises("STATUS-11")
def test_a_request_does_a_namespace_no_harm(wds: Space, fleet: Fleet, make: Make) -> None:
    """Its status in the WDS is that of the WDS, during the request and after it."""
    space = make.namespace()
    policy = make.policy(space, to=fleet["eu"], want_singleton_status=True)
    active = contains(space, {"status": {"phase": "Active"}})
    with step("Ask for a Namespace on one WEC, and for its status; the WEC reports it as going"):
        wds.apply(space, policy)
        fleet.report(space, eu={"phase": "Terminating"})
    with step("It stays active in the WDS, and objects can be made in it"):
        wds.stays(active, quiet="status_return")
        wds.apply(make.config_map(namespace=space))
    with step("The request ends: it is still active"):
        wds.delete(policy)
        wds.stays(active)


@promises("STATUS-11")
def test_a_request_does_a_custom_resource_definition_no_harm(
    wds: Space, fleet: Fleet, make: Make
) -> None:
    """Its status in the WDS is that of the WDS, during the request and after it."""
    kind = make.kind("gadget")
    crd = Ref(Kind.of(DEFINITION), "", f"gadgets.{kind.group}")
    clause = make.clause(
        apiGroup=crd.kind.group, objectNames=[crd.name], want_singleton_status=True
    )
    policy, established = (
        make.policy(to=fleet["eu"], clauses=[clause]),
        condition(crd, "Established"),
    )
    with step(
        "Ask for a definition on one WEC, and for its status; the WEC has it not established"
    ):
        wds.apply(policy)
        no = {"type": "Established", "status": "False"}
        fleet.report(crd, eu={"conditions": [no]})
    with step("It stays established in the WDS, and objects can be made of the kind"):
        wds.stays(established, quiet="status_return")
        wds.apply(make.object(kind))
    with step("The request ends: it is still established"):
        wds.delete(policy)
        wds.stays(established)


@promises("STATUS-13")
def test_returning_status_sets_off_no_endless_delivery(
    wds: Space, its: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """Nothing is written to the Binding and to the ManifestWorks while nothing changes."""
    policy = ask(fleet["eu"])
    with step("Ask for a Deployment on one WEC, and for its status: it returns"):
        wds.apply(web, policy)
        fleet.report(web, eu=READY)
        wds.eventually(whole_status(web, READY), within="status_return")
    with step("The writes come to an end, and the status stays"):
        with wds.hold(whole_status(web, READY)):
            wds.eventually(quiescent(policy.binding), within="recovery")
            its.eventually(quiescent_manifest_works(policy), within="recovery")
