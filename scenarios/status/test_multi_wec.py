"""Multi-WEC status: when it is copied, combined or empty (user guide, "Multi-WEC Aggregated
Status"; API: DownsyncModulation).
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
    Space,
    case,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    bundled,
    contains,
    gone,
    has,
    no_status,
    quiescent,
    rows,
    whole_status,
)

pytestmark = on_fleet(eu={}, us={}, ap={})
READY = {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "observedGeneration": 1}
HALF = {**READY, "readyReplicas": 2, "availableReplicas": 2}
Ask = Callable[..., Policy]


@pytest.fixture
def ask(make: Make, web: Obj) -> Ask:
    """Makes the policy of these tests, which asks for multi-WEC status. Made again, it replaces the
    former one.
    """

    def ask(to: Any, name: str = "policy", **flags: Any) -> Policy:
        return make.policy(web, to=to, name=name, **({"want_multi_wec_status": True} | flags))

    return ask


@promises("STATUS-17")
def test_one_wec_s_status_is_copied(wds: Space, fleet: Fleet, web: Obj, ask: Ask) -> None:
    """All of it, also what no rule combines."""
    status = {**READY, "collisionCount": 2, "updatedReplicas": 1}
    with step("Ask for a Deployment on one WEC, and for multi-WEC status; the WEC reports"):
        wds.apply(web, ask(fleet["eu"]))
        fleet.report(web, eu=status)
    with step("The WDS shows exactly that"):
        wds.eventually(whole_status(web, status), within="status_return")


@promises("STATUS-18")
def test_statuses_of_several_wecs_are_combined(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """Of two, and of three."""
    with step("Ask for a Deployment on two WECs, and for multi-WEC status; both report"):
        wds.apply(web, ask(fleet["eu us"]))
        fleet.report(web, eu=READY, us=HALF)
    with step("The WDS shows the lower numbers"):
        wds.eventually(web, status={"replicas": 3, "readyReplicas": 2}, within="status_return")
    with step("A third WEC joins, and reports lower ones: the WDS shows those"):
        wds.apply(ask(fleet))
        fleet.report(web, ap={**HALF, "readyReplicas": 1, "availableReplicas": 1})
        wds.eventually(web, status={"replicas": 3, "readyReplicas": 1}, within="status_return")
    with step("One WEC's numbers change, and so do those in the WDS"):
        fleet.report(web, ap=READY)
        wds.eventually(web, status={"replicas": 3, "readyReplicas": 2}, within="status_return")


@promises("STATUS-06")
def test_only_wecs_of_policies_that_ask_are_combined(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """One policy sends the object to three WECs, another asks for the status of two of them."""
    with step("Send a Deployment to three WECs, and ask for its status in two of them"):
        wds.apply(web, ask(fleet, "plain", want_multi_wec_status=None), ask(fleet["eu us"]))
        few = {**READY, "readyReplicas": 1, "availableReplicas": 1}
        fleet.report(web, ap=few)
        fleet.report(web, eu=READY, us=HALF)
    combined = contains(web, {"status": {"readyReplicas": 2, "availableReplicas": 2}})
    with step("The status is combined of these two, and goes on to be"):
        wds.eventually(combined, within="status_return")
        fleet.report(web, ap={**few, "readyReplicas": 0})
        wds.stays(combined, quiet="status_return")


@promises("STATUS-38")
def test_a_combined_status_that_a_user_changes_is_put_right(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """The WECs report nothing more."""
    lower = {"replicas": 3, "readyReplicas": 2}
    with step("Ask for a Deployment on two WECs, and for multi-WEC status; both report"):
        wds.apply(web, ask(fleet["eu us"]))
        fleet.report(web, eu=READY, us=HALF)
        wds.eventually(web, status=lower, within="status_return")
        wds.eventually(quiescent(web), within="recovery")
    with step("A user changes it in the WDS: it becomes the combination again"):
        wds.update_status(web, {"replicas": 7})
        wds.eventually(web, status=lower, within="status_return")


@promises("STATUS-19")
def test_with_both_requests_one_status_is_copied_and_several_are_combined(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """One WEC, two, and again one."""
    with step("Ask for both kinds of status on one WEC: its status is copied"):
        wds.apply(web, ask(fleet["eu"], want_singleton_status=True))
        fleet.report(web, eu=READY)
        wds.eventually(whole_status(web, READY), within="status_return")
    with step("A second WEC joins: the statuses are combined"):
        wds.apply(ask(fleet["eu us"], want_singleton_status=True))
        fleet.report(web, us=HALF)
        wds.eventually(web, status={"replicas": 3, "readyReplicas": 2}, within="status_return")
    with step("It leaves: the first one's status is copied again"):
        wds.apply(ask(fleet["eu"], want_singleton_status=True))
        wds.eventually(whole_status(web, READY), within="status_return")


@promises("STATUS-20")
def test_requests_of_both_kinds_by_two_policies_count_together(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask
) -> None:
    """Singleton status from one WEC, multi-WEC status from another; each has one lower number."""
    single: dict[str, Any] = {"want_singleton_status": True, "want_multi_wec_status": None}
    of_eu, of_us = {**READY, "updatedReplicas": 1}, {**HALF, "updatedReplicas": 3}
    with step("Two policies ask for the status of a Deployment, each in its way on its WEC"):
        wds.apply(web, ask(fleet["eu"], "single", **single), ask(fleet["us"], "multi"))
        fleet.report(web, eu=of_eu, us=of_us)
    with step("The WDS shows the lower numbers of both WECs"):
        lower = {"replicas": 3, "updatedReplicas": 1, "readyReplicas": 2, "availableReplicas": 2}
        wds.eventually(web, status=lower, within="status_return")


def _withdraw_the_request(wds: Space, ask: Ask, fleet: Fleet) -> None:
    wds.apply(ask(fleet["eu us"], want_multi_wec_status=None))


def _delete_the_policy(wds: Space, ask: Ask, fleet: Fleet) -> None:
    wds.delete(ask(fleet["eu us"]))


def _match_no_object(wds: Space, ask: Ask, fleet: Fleet) -> None:
    nothing = {"downsync": [{"objectNames": ["no-such-object"]}]}
    wds.patch(ask(fleet["eu us"]), {"spec": nothing})


def _match_no_wec(wds: Space, ask: Ask, fleet: Fleet) -> None:
    wds.apply(ask(fleet.where({"no": "such"})))


ENDS = [
    case("the flag is taken away", _withdraw_the_request),
    case("the policy is deleted", _delete_the_policy),
    case("the policy matches the object no more", _match_no_object),
]


@promises("STATUS-33")
@pytest.mark.parametrize("end", ENDS)
def test_a_combined_status_goes_when_the_request_ends(
    wds: Space, fleet: Fleet, web: Obj, ask: Ask, end: Callable[[Space, Ask, Fleet], None]
) -> None:
    """All of it."""
    with step("Ask for a Deployment on two WECs, and for multi-WEC status: it is combined"):
        wds.apply(web, ask(fleet["eu us"]))
        fleet.report(web, eu=READY, us=HALF)
        wds.eventually(web, status={"replicas": 3, "readyReplicas": 2}, within="status_return")
    with step("End the request: the status goes"):
        end(wds, ask, fleet)
        wds.eventually(no_status(web), within="status_return")


@promises("STATUS-33")
@pytest.mark.parametrize("end", [*ENDS, case("the policy matches the WECs no more", _match_no_wec)])
def test_a_combined_status_goes_though_the_object_stays_in_the_wecs(
    wds: Space,
    its: Space,
    fleet: Fleet,
    web: Obj,
    ask: Ask,
    end: Callable[[Space, Ask, Fleet], None],
) -> None:
    """Another policy, which asks for no status, has sent it to the same WECs before."""
    pair = fleet["eu us"]
    with step("A policy sends a Deployment to two WECs; another one asks for multi-WEC status"):
        wds.apply(web, ask(pair, "other", want_multi_wec_status=None))
        pair.eventually(has(web), within="downsync")
        policy = ask(pair)
        wds.apply(policy)
        its.eventually(bundled(policy, pair, objects=1, at_most=1), within="downsync")
    with step("They report: the status is combined"):
        fleet.report(web, eu=READY, us=HALF)
        wds.eventually(web, status={"replicas": 3, "readyReplicas": 2}, within="status_return")
        wds.eventually(quiescent(web), within="recovery")
    with step("End the request: the status goes, and the Deployment is still in both WECs"):
        end(wds, ask, fleet)
        wds.eventually(no_status(web), within="status_return")
        pair.stays(has(web))


@promises("STATUS-34")
@pytest.mark.parametrize(
    ("kind", "field"),
    [
        case("a Deployment", "apps/v1/Deployment", "updatedReplicas"),
        case("a StatefulSet", "apps/v1/StatefulSet", "currentReplicas"),
        case("a custom kind", None, "size"),
    ],
)
def test_the_status_follows_the_number_of_wecs(
    wds: Space, fleet: Fleet, make: Make, widget: Kind, kind: str | None, field: str
) -> None:
    """From two WECs to one, to two and to none; nothing of before is left."""
    spec = make.deployment()["spec"]
    more = {"serviceName": "web"} if kind == "apps/v1/StatefulSet" else {}
    thing = make.object(kind or widget, "thing", spec={**spec, **more})
    first = {**READY, field: 1}

    def ask(to: Any) -> Policy:
        return make.policy(thing, to=to, name="policy", want_multi_wec_status=True)

    with step("Ask for the object on two WECs, and for multi-WEC status: it is combined"):
        wds.apply(thing, ask(fleet["eu us"]))
        fleet.report(thing, eu=first, us=HALF)
        wds.eventually(thing, status={"replicas": 3, "readyReplicas": 2}, within="status_return")
    with step("One WEC leaves: the other's status is copied whole"):
        wds.apply(ask(fleet["eu"]))
        wds.eventually(whole_status(thing, first), within="status_return")
        # KubeStellar looks at the object again when a WorkStatus changes, and not when the WECs of
        # the policy do: a WEC that joins before it has left would bring no change.
        fleet["us"].eventually(gone(thing), within="withdrawal")
    with step("It joins again: the status is combined again"):
        wds.apply(ask(fleet["eu us"]))
        fleet.report(thing, us=HALF)
        wds.eventually(thing, status={"replicas": 3, "readyReplicas": 2}, within="status_return")
    with step("Both leave: the status is empty"):
        wds.apply(ask(fleet.where({"no": "such"})))
        wds.eventually(no_status(thing), within="status_return")
        fleet.eventually(gone(thing), within="withdrawal")


@promises("STATUS-35")
@pytest.mark.parametrize(
    "flag",
    [
        case("singleton status", {"want_singleton_status": True}),
        case("multi-WEC status", {"want_multi_wec_status": True}),
    ],
)
def test_a_combined_status_object_does_not_depend_on_the_request(
    wds: Space, fleet: Fleet, make: Make, web: Obj, flag: dict[str, Any]
) -> None:
    """The same rows with and without."""
    both = fleet["eu us"]
    ready = {"ready": "returned.status.readyReplicas"}
    collector = make.status_collector("ready", select=ready)
    plain = make.policy(web, to=both, name="policy", collect=collector)
    expected = rows(collector, web, plain, [{"ready": 3}, {"ready": 2}])
    with step("Collect a number from two WECs, without asking for status in the object"):
        wds.apply(collector, plain, web)
        fleet.report(web, eu=READY, us=HALF)
        wds.eventually(expected, within="combined_status")
    with step("Ask for status in the object too: the rows stay"):
        with wds.hold(expected):
            wds.apply(make.policy(web, to=both, name="policy", collect=collector, **flag))
            wds.stays(expected)
