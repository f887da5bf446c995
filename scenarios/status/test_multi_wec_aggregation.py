"""How the statuses of several WECs are combined into one (user guide, "Multi-WEC Aggregated
Status": "Aggregated Status Semantics", "Condition Aggregation", "Example").
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import (
    Fleet,
    Kind,
    Make,
    Obj,
    Space,
    case,
    on_fleet,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    contains,
    gone,
    lacks,
    meets,
    no_status,
    quiescent,
    whole_status,
)

pytestmark = on_fleet(eu={}, us={}, ap={})
EARLY, LATE = "2026-01-01T10:00:00Z", "2026-01-01T12:00:00Z"
LATEST = "2026-01-01T14:00:00Z"
TEMPLATE_SPEC = {"containers": [{"name": "web", "image": "public.ecr.aws/nginx/nginx:latest"}]}


def spec_of(kind: str, app: str) -> Obj:
    """The least spec of a workload of this kind."""
    template = {"metadata": {"labels": {"app": app}}, "spec": dict(TEMPLATE_SPEC)}
    if kind == "Job":
        return {"template": {"spec": {**TEMPLATE_SPEC, "restartPolicy": "Never"}}}
    more = {"serviceName": app} if kind == "StatefulSet" else {}
    return {"selector": {"matchLabels": {"app": app}}, "template": template, **more}


def differing(fields: str) -> tuple[Obj, Obj, Obj, Obj]:
    """Statuses of three WECs in which one after the other has the minimum of a field; and the
    minima, each of which is lower than that of the field before, as replicas and those ready are.
    """
    names = fields.split()
    minima = {name: 9 - number for number, name in enumerate(names)}
    eu, us, ap = (
        {name: minima[name] + 10 * (number % 3 != wec) for number, name in enumerate(names)}
        for wec in range(3)
    )
    return eu, us, ap, minima


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        case(
            "a Deployment",
            "apps/v1/Deployment",
            "replicas updatedReplicas readyReplicas availableReplicas",
            promises="STATUS-21",
        ),
        case(
            "a ReplicaSet",
            "apps/v1/ReplicaSet",
            "replicas readyReplicas availableReplicas",
            promises="STATUS-24",
        ),
        case(
            "a DaemonSet",
            "apps/v1/DaemonSet",
            "desiredNumberScheduled updatedNumberScheduled numberReady numberAvailable",
            promises="STATUS-24",
        ),
        case(
            "a StatefulSet",
            "apps/v1/StatefulSet",
            "replicas readyReplicas availableReplicas currentReplicas updatedReplicas",
            promises="STATUS-25",
        ),
        case("a Job", "batch/v1/Job", "active succeeded failed", promises="STATUS-26"),
    ],
)
def test_numbers_of_readiness_are_minima(
    wds: Space, fleet: Fleet, make: Make, kind: str, fields: str
) -> None:
    """Of each number another WEC has the minimum."""
    thing = make.object(kind, "thing", spec=spec_of(kind.rpartition("/")[2], make.name("thing")))
    eu, us, ap, minima = differing(fields)
    with step("Ask for the workload on three WECs, and for multi-WEC status; two report"):
        wds.apply(thing, make.policy(thing, to=fleet, want_multi_wec_status=True))
        fleet.report(thing, eu=eu, us=us)
    with step("When KubeStellar is done with these, the third reports too"):
        wds.eventually(quiescent(thing), within="recovery")
        fleet.report(thing, ap=ap)
    with step("The WDS shows the minimum of each number"):
        wds.eventually(thing, status=minima, within="status_return")


@promises("STATUS-21")
def test_a_wec_in_which_nothing_is_ready_counts(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """It says so with a zero. The other one has the lower number of updated replicas."""
    with step("Ask for a Deployment on two WECs, and for multi-WEC status; in one none is ready"):
        wds.apply(web, make.policy(web, to=fleet["eu us"], want_multi_wec_status=True))
        updated = {"replicas": 3, "updatedReplicas": 2, "readyReplicas": 2}
        fleet.report(web, eu=updated, us={**updated, "updatedReplicas": 3, "readyReplicas": 0})
    with step("The WDS shows the lower of each: two are updated, and none is ready"):
        both = meets(web, "show two updated replicas and none ready", _two_updated_none_ready)
        wds.eventually(both, within="status_return")


def _two_updated_none_ready(obj: Obj) -> bool:
    return not _ready(obj) and (obj.get("status") or {}).get("updatedReplicas") == 2


@promises("STATUS-22")
def test_a_number_that_a_wec_leaves_out_counts_as_zero(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """One of two WECs has no ready replica, and says so by silence."""
    with step("Ask for a Deployment on two WECs, and for multi-WEC status; one has none ready"):
        wds.apply(web, make.policy(web, to=fleet["eu us"], want_multi_wec_status=True))
        fleet.report(web, eu={"replicas": 3, "readyReplicas": 3}, us={"replicas": 3})
    with step("The WDS shows that none is ready everywhere"):
        wds.eventually(contains(web, {"status": {"replicas": 3}}), within="status_return")
        none_ready = meets(web, "show no ready replica", lambda obj: not _ready(obj))
        wds.stays(none_ready, quiet="status_return")


def _ready(obj: Obj) -> int:
    return int((obj.get("status") or {}).get("readyReplicas") or 0)


@promises("STATUS-23")
def test_nothing_is_complete_while_a_wec_has_not_reported(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """One of two WECs has reported all replicas ready; the other is silent."""
    silent = meets(web, "claim no ready replica", lambda obj: not _ready(obj))
    ready = {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3}
    with step("Ask for a Deployment on two WECs, and for multi-WEC status; one reports"):
        wds.apply(web, make.policy(web, to=fleet["eu us"], want_multi_wec_status=True))
        fleet.report(web, eu=ready)
    with step("The WDS claims no readiness, and goes on not to"):
        wds.stays(silent, quiet="status_return")
    with step("The other reports too: the WDS shows the lower numbers"):
        fleet.report(web, us={**ready, "readyReplicas": 2, "availableReplicas": 2})
        wds.eventually(web, status={"replicas": 3, "readyReplicas": 2}, within="status_return")


@promises("STATUS-23")
def test_nothing_is_complete_when_silent_wecs_take_the_place_of_others(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Those that had reported leave the policy."""
    ready, silent = {"replicas": 3, "readyReplicas": 3}, make.wecs(first={}, second={})
    policy = make.policy(web, to=fleet["eu us"], name="policy", want_multi_wec_status=True)
    with step("Ask for a Deployment on two WECs, and for multi-WEC status: both have all ready"):
        wds.apply(web, policy)
        fleet["eu us"].report(web, ready)
        wds.eventually(web, status=ready, within="status_return")
    with step("Send it to two others in place of them, which do not report: no status is left"):
        wds.apply(make.policy(web, to=silent, name="policy", want_multi_wec_status=True))
        fleet["eu us"].eventually(gone(web), within="withdrawal")
        wds.eventually(no_status(web), within="status_return")


@promises("STATUS-27", "STATUS-28")
@pytest.mark.parametrize(
    ("eu", "us", "combined"),
    [
        case(
            "numbers",
            {"size": 3, "of": {"load": 0.5, "jobs": 7}},
            {"size": 2, "of": {"load": 1.5, "jobs": 4}},
            {"size": 2, "of": {"load": 0.5, "jobs": 4}},
            promises="STATUS-27",
        ),
        case(
            "booleans",
            {"good": True, "bad": True, "of": {"deep": False}},
            {"good": True, "bad": False, "of": {"deep": True}},
            {"good": True, "bad": False, "of": {"deep": False}},
            promises="STATUS-27",
        ),
        case(
            "lists of one length, and of two",
            {"same": [1, 5], "other": [1]},
            {"same": [2, 4], "other": [1, 2]},
            {"same": [1, 4]},
            promises="STATUS-28",
        ),
        case(
            "maps of the same keys, and of others",
            {"same": {"a": 2}, "other": {"a": 1}},
            {"same": {"a": 1}, "other": {"b": 1}},
            {"same": {"a": 1}},
            promises="STATUS-28",
        ),
    ],
)
def test_the_status_of_any_other_kind_is_combined(
    wds: Space, fleet: Fleet, make: Make, widget: Kind, eu: Obj, us: Obj, combined: Obj
) -> None:
    """By general rules, at any depth."""
    thing = make.object(widget, spec={"size": 3})
    with step("Ask for a custom object on two WECs, and for multi-WEC status; both report"):
        wds.apply(thing, make.policy(thing, to=fleet["eu us"], want_multi_wec_status=True))
        fleet.report(thing, eu=eu, us=us)
    with step("The WDS shows the combination, and nothing else"):
        wds.eventually(whole_status(thing, combined), within="status_return")


PAIRS = {
    "TrueTrue": ("True", "True", "True"),
    "TrueFalse": ("True", "False", "False"),
    "UnknownFalse": ("Unknown", "False", "False"),
    "FalseFalse": ("False", "False", "False"),
    "TrueUnknown": ("True", "Unknown", "Unknown"),
    "UnknownUnknown": ("Unknown", "Unknown", "Unknown"),
    "FalseTrue": ("False", "True", "False"),
    "UnknownTrue": ("Unknown", "True", "Unknown"),
    "FalseUnknown": ("False", "Unknown", "False"),
}
"""Of a condition: in the one WEC, in the other, and combined. Neither WEC's are the combination, or
the copy of one report would pass for it.
"""


def _conditions(column: int) -> list[Obj]:
    """A condition of each pair: those of one WEC, or of the combination."""
    return [
        {"type": type, "status": values[column], "lastTransitionTime": EARLY}
        for type, values in PAIRS.items()
    ]


def _truths(obj: Obj) -> dict[str, str]:
    """The conditions of the pairs in an object's status."""
    found = (obj.get("status") or {}).get("conditions") or []
    return {one["type"]: one["status"] for one in found if one["type"] in PAIRS}


@promises("STATUS-29")
@pytest.mark.parametrize("custom", [case("a Deployment", False), case("a custom kind", True)])
def test_a_condition_is_true_when_it_is_so_everywhere(
    wds: Space, fleet: Fleet, make: Make, widget: Kind, web: Obj, custom: bool
) -> None:
    """False where one WEC says so, True where all do, Unknown otherwise; of all nine pairs."""
    thing = make.object(widget, spec={"size": 3}) if custom else web
    wanted = {type: combined for type, (_, _, combined) in PAIRS.items()}
    with step("Ask for the object on two WECs, and for multi-WEC status; both report"):
        wds.apply(thing, make.policy(thing, to=fleet["eu us"], want_multi_wec_status=True))
        fleet.report(thing, eu={"conditions": _conditions(0)}, us={"conditions": _conditions(1)})
        wds.eventually(quiescent(thing), within="recovery")  # the first report alone is copied
    with step("The WDS has the combination of each pair"):
        any_at_all = meets(thing, "have a condition", lambda obj: bool(_truths(obj)))
        wds.eventually(any_at_all, within="status_return")
        combined = meets(thing, f"have the conditions {wanted}", lambda obj: _truths(obj) == wanted)
        wds.eventually(combined, within="status_return")


def _progressing(time: str, reason: str) -> Obj:
    """A condition as one WEC reports it."""
    times = {"lastTransitionTime": time, "lastUpdateTime": time}
    told = {"reason": reason, "message": f"it is {reason}"}
    return {"type": "Progressing", "status": "True", **times, **told}


@promises("STATUS-30")
@pytest.mark.parametrize("custom", [case("a Deployment", False), case("a custom kind", True)])
def test_a_condition_is_that_of_the_latest_transition(
    wds: Space, fleet: Fleet, make: Make, widget: Kind, web: Obj, custom: bool
) -> None:
    """Time, reason and message are those of the WEC whose condition changed last; first the one
    WEC, then the other.
    """
    thing = make.object(widget, spec={"size": 3}) if custom else web
    first, second = _progressing(EARLY, "First"), _progressing(LATE, "Second")
    third = _progressing(LATEST, "Third")
    with step("Ask for the object on two WECs, and for multi-WEC status; both report"):
        wds.apply(thing, make.policy(thing, to=fleet["eu us"], want_multi_wec_status=True))
        fleet.report(thing, eu={"conditions": [second]}, us={"conditions": [first]})
    with step("The WDS has the condition of the later transition, and goes on to"):
        wds.eventually(thing, status={"conditions": [second]}, within="status_return")
        wds.stays(contains(thing, {"status": {"conditions": [second]}}))
    with step("The other WEC's condition changes: the WDS has that"):
        fleet.report(thing, us={"conditions": [third]})
        wds.eventually(thing, status={"conditions": [third]}, within="status_return")
        wds.stays(contains(thing, {"status": {"conditions": [third]}}))


@promises("STATUS-31")
def test_the_documented_example(wds: Space, fleet: Fleet, make: Make, web: Obj) -> None:
    """Two WECs report a Deployment as fully available: the page's status, exactly."""
    available = {
        "type": "Available",
        "status": "True",
        "lastTransitionTime": "2025-11-01T12:34:56Z",
        "reason": "MinimumReplicasAvailable",
        "message": "Deployment has minimum availability.",
    }
    numbers = {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3}
    status = {**numbers, "conditions": [available]}
    with step("Ask for a Deployment on two WECs, and for multi-WEC status; both report it so"):
        wds.apply(web, make.policy(web, to=fleet["eu us"], want_multi_wec_status=True))
        fleet.report(web, eu=status, us=status)
    with step("The WDS shows the status of the page, and goes on to"):
        wds.eventually(web, status=status, within="status_return")
        wds.stays(contains(web, {"status": status}))


@promises("STATUS-32")
def test_the_condition_by_which_argo_cd_sees_a_failure_is_shown(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """In one of three WECs the Deployment makes no progress; there it has another condition too."""
    stuck = {
        "type": "Progressing",
        "status": "False",
        "lastTransitionTime": LATE,
        "lastUpdateTime": LATE,
        "reason": "ProgressDeadlineExceeded",
        "message": "it has timed out",
    }
    fine = {**stuck, "status": "True", "reason": "NewReplicaSetAvailable", "message": "done"}
    other = {**fine, "type": "example.com/Other"}
    with step("Ask for a Deployment on three WECs, and for multi-WEC status; two report progress"):
        wds.apply(web, make.policy(web, to=fleet, want_multi_wec_status=True))
        status = {"replicas": 3, "conditions": [fine]}
        fleet.report(web, eu=status, ap=status)
    with step("When KubeStellar is done with these, the third reports that it makes none"):
        wds.eventually(quiescent(web), within="recovery")
        fleet.report(web, us={**status, "conditions": [other, stuck]})
    with step("The WDS shows the condition of that one"):
        wds.eventually(web, status={"conditions": [stuck]}, within="status_return")


@promises("STATUS-32")
def test_the_condition_by_which_argo_cd_sees_a_replica_set_fail_is_shown(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """In one of three WECs its pods cannot be created; there it has another condition too."""
    pods = make.object("apps/v1/ReplicaSet", "pods", spec=web["spec"])
    failure = {
        "type": "ReplicaFailure",
        "status": "True",
        "lastTransitionTime": LATE,
        "reason": "FailedCreate",
        "message": "quota exceeded",
    }
    other = {**failure, "type": "example.com/Other"}
    with step(
        "Ask for a ReplicaSet on three WECs, and for multi-WEC status; two report no failure"
    ):
        wds.apply(pods, make.policy(pods, to=fleet, want_multi_wec_status=True))
        fleet.report(pods, eu={"replicas": 3}, ap={"replicas": 3})
    with step("When KubeStellar is done with these, the third reports a failure"):
        wds.eventually(quiescent(pods), within="recovery")
        fleet.report(pods, us={"replicas": 1, "conditions": [other, failure]})
    with step("The WDS shows the condition of that one"):
        wds.eventually(pods, status={"conditions": [failure]}, within="status_return")


@promises("STATUS-36")
def test_argo_cd_judges_by_the_combined_status(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Healthy where all WECs are so, and not where one is not (Argo CD's rule for Deployments)."""
    numbers = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    good = {**dict.fromkeys(numbers, 3), "observedGeneration": 1}
    with step("Ask for a Deployment on two WECs, and for multi-WEC status; both have all replicas"):
        wds.apply(web, make.policy(web, to=fleet["eu us"], want_multi_wec_status=True))
        fleet.report(web, eu=good, us=good)
    with step("It is healthy by its status in the WDS"):
        wds.eventually(meets(web, "be healthy to Argo CD", _healthy), within="status_return")
    with step("One WEC has fewer available: it is not healthy"):
        fleet.report(web, us={**good, "availableReplicas": 2})
        ill = meets(web, "not be healthy to Argo CD", lambda obj: not _healthy(obj))
        wds.eventually(ill, within="status_return")


@promises("STATUS-36")
def test_a_change_is_done_to_argo_cd_when_every_wec_has_observed_it(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Its generation in the WDS is 2; one WEC reports at first that it has observed 1."""
    numbers = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    first, second = (
        {**dict.fromkeys(numbers, 3), "observedGeneration": generation} for generation in (1, 2)
    )
    with step("Ask for a Deployment on two WECs, and for multi-WEC status; it changes in the WDS"):
        wds.apply(web, make.policy(web, to=fleet["eu us"], want_multi_wec_status=True))
        wds.patch(web, {"spec": {"minReadySeconds": 1}})
    with step("One WEC has observed the change, the other has not: it is not healthy"):
        fleet.report(web, us=first)
        wds.eventually(contains(web, {"status": first}), within="status_return")
        fleet.report(web, eu=second)
        ill = meets(web, "not be healthy to Argo CD", lambda obj: not _healthy(obj))
        wds.stays(ill, quiet="status_return")
    with step("Both have observed it: it is healthy"):
        fleet.report(web, us=second)
        wds.eventually(meets(web, "be healthy to Argo CD", _healthy), within="status_return")


def _healthy(obj: Obj) -> bool:
    """Argo CD's built-in rule for a Deployment that is not paused."""
    status, replicas = obj.get("status") or {}, obj["spec"]["replicas"]
    if status.get("observedGeneration", 0) < obj["metadata"]["generation"]:
        return False
    updated = status.get("updatedReplicas", 0)
    if any(one.get("reason") == "ProgressDeadlineExceeded" for one in status.get("conditions", [])):
        return False
    return bool(
        updated >= replicas
        and status.get("replicas", 0) <= updated
        and status.get("availableReplicas", 0) >= updated
    )


@promises("STATUS-37")
def test_only_conditions_that_argo_cd_s_rules_use_are_combined(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """A condition and a number that no rule reads are in the status of every WEC."""
    failure = {"type": "ReplicaFailure", "status": "True", "lastTransitionTime": EARLY}
    status = {"replicas": 3, "collisionCount": 5, "conditions": [failure]}
    with step("Ask for a Deployment on two WECs, and for multi-WEC status; both report more"):
        wds.apply(web, make.policy(web, to=fleet["eu us"], want_multi_wec_status=True))
        fleet.report(web, eu=status, us=status)
    with step("The WDS shows the number that a rule reads, and neither of the others"):
        wds.eventually(web, status={"replicas": 3}, within="status_return")
        wds.eventually(lacks(web, "status.collisionCount"), within="status_return")
        wds.eventually(lacks(web, "status.conditions[*].type"), within="status_return")
