"""The examples of "Combined Status from WECs" ("Examples of using the general technique")."""

from __future__ import annotations

import re

from kubestellar_conformance.story import (
    Fleet,
    Make,
    Obj,
    Space,
    note,
    on_fleet,
    promises,
    result_of,
    step,
)
from kubestellar_conformance.story.conditions import at_rest, columns, rows

pytestmark = on_fleet(eu={}, us={}, ap={})
NONE = {"unavailableReplicas": 3}
"""The status of a Deployment of which no replica is available: it omits the number."""
COUNT = {"count": "COUNT"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@promises("STATUS-54")
def test_number_of_wecs(wds: Space, fleet: Fleet, make: Make, web: Obj) -> None:
    """On two WECs, and on three."""
    count = make.status_collector("count-wecs", combine=COUNT, limit=10)

    def send(to: Fleet, number: int) -> None:
        policy = make.policy(web, to=to, name="policy", collect=count)
        wds.apply(count, policy, web)
        wds.eventually(rows(count, web, policy, [{"count": number}]), within="combined_status")

    with step("Send a Deployment to two WECs: two are counted"):
        send(fleet["eu us"], 2)
    with step("Send it to a third: three are counted"):
        send(fleet, 3)


@promises("STATUS-62")
def test_histogram_of_pod_phase(wds: Space, fleet: Fleet, make: Make) -> None:
    """Three WECs with two phases; then one Pod comes into a third phase."""
    container = {"name": "web", "image": "public.ecr.aws/nginx/nginx:latest"}
    pod = make.object("v1/Pod", spec={"containers": [container]})
    phases = make.status_collector(group_by={"phase": "returned.status.phase"}, combine=COUNT)
    policy = make.policy(pod, to=fleet, collect=phases)
    with step("Ask for a Pod on three WECs, and for the number of WECs per phase"):
        wds.apply(phases, policy, pod)
    with step("It runs in two WECs and is pending in one"):
        fleet.report(pod, "phase", eu="Running", us="Pending", ap="Running")
        expected = [{"phase": "Running", "count": 2}, {"phase": "Pending", "count": 1}]
        wds.eventually(columns(phases, pod, policy, "phase", "count"), within="combined_status")
        counts = wds.eventually(rows(phases, pod, policy, expected), within="combined_status")
        wds.eventually(at_rest(*counts), within="combined_status")
    with step("It fails in one of the two: each phase is that of one WEC"):
        fleet.report(pod, "phase", ap="Failed")
        each = [{"phase": phase, "count": 1} for phase in ("Running", "Pending", "Failed")]
        wds.eventually(rows(phases, pod, policy, each), within="combined_status")


@promises("STATUS-63")
def test_histogram_of_number_of_available_replicas(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """Three WECs with two numbers; then all have the same."""
    numbers = make.status_collector(
        group_by={"numAvailable": "returned.status.availableReplicas"}, combine=COUNT
    )
    whole = make.status_collector("whole", select={"status": "returned.status"})
    policy = make.policy(web, to=fleet, collect=[numbers, whole])
    with step("Ask for a Deployment on three WECs, and for the number of WECs per number"):
        wds.apply(numbers, whole, policy, web)
    with step("The WECs report 3, 1 and 3 available replicas"):
        fleet.report(web, "availableReplicas", eu=3, us=1, ap=3)
        expected = [{"numAvailable": 3, "count": 2}, {"numAvailable": 1, "count": 1}]
        counts = wds.eventually(rows(numbers, web, policy, expected), within="combined_status")
        wds.eventually(at_rest(*counts), within="combined_status")
    with step("The second one gets as many as the others"):
        fleet.report(web, "availableReplicas", us=3)
        same = [{"numAvailable": 3, "count": 3}]
        wds.eventually(rows(numbers, web, policy, same), within="combined_status")
    with step("It loses all: its status omits the number"):
        fleet.report(web, us=NONE)
        three = {"availableReplicas": 3}
        statuses = [{"status": status} for status in (three, NONE, three)]
        [seen] = wds.eventually(rows(whole, web, policy, statuses), within="combined_status")
        note("the histogram with one WEC that omits the number", result_of(numbers, seen))


@promises("STATUS-64")
def test_list_of_wecs_where_the_deployment_is_not_as_available_as_desired(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """A WEC joins the list, and leaves it; in the end it is empty."""
    lacking = make.status_collector(
        filter="obj.spec.replicas != returned.status.availableReplicas",
        select={"wec": "inventory.name"},
    )
    whole = make.status_collector("whole", select={"status": "returned.status"})
    policy = make.policy(web, to=fleet, collect=[lacking, whole])
    eu, us, ap = ({"wec": name} for name in fleet.names)
    with step("Ask for a Deployment of 3 replicas on three WECs; one has all, two have fewer"):
        wds.apply(lacking, whole, policy, web)
        fleet.report(web, "availableReplicas", eu=2, us=3, ap=1)
        wds.eventually(rows(lacking, web, policy, [eu, ap]), within="combined_status")
    with step("The one that had all loses one, and joins the list"):
        fleet.report(web, "availableReplicas", us=2)
        wds.eventually(rows(lacking, web, policy, [eu, us, ap]), within="combined_status")
    with step("All have them again: the list is empty"):
        fleet.report(web, {"availableReplicas": 3})
        wds.eventually(rows(lacking, web, policy, []), within="combined_status")
    with step("One loses all: its status omits the number"):
        fleet.report(web, us=NONE)
        three = {"availableReplicas": 3}
        statuses = [{"status": status} for status in (three, NONE, three)]
        [seen] = wds.eventually(rows(whole, web, policy, statuses), within="combined_status")
        note("the list with one WEC that omits the number", result_of(lacking, seen))


@promises("STATUS-65")
def test_full_status_from_each_wec_with_information_retrieval_time(
    wds: Space, fleet: Fleet, make: Make, web: Obj
) -> None:
    """The status is all that the WEC reports; the time is a text, as in JSON."""
    full = make.status_collector(
        select={
            "wec": "inventory.name",
            "status": "returned.status",
            "retrievalTime": "propagation.lastReturnedUpdateTimestamp",
        }
    )
    policy = make.policy(web, to=fleet, collect=full)
    progress = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
    good = {"availableReplicas": 3, "conditions": [progress]}
    poor = {"unavailableReplicas": 3, "nested": {"of": ["a", 1, True]}}
    with step("Ask for a Deployment on three WECs, and for the full status of each; they report"):
        wds.apply(full, policy, web)
        fleet.report(web, eu=good, us=poor, ap=good)
    with step("Each row has the WEC, its status and the time"):
        statuses = zip(fleet.names, (good, poor, good), strict=True)
        expected = [
            {"wec": name, "status": status, "retrievalTime": TIME} for name, status in statuses
        ]
        wds.eventually(rows(full, web, policy, expected), within="combined_status")
        names = "wec", "status", "retrievalTime"
        wds.eventually(columns(full, web, policy, *names), within="combined_status")
