"""Controllers that start before the ITS serves what they need (user guide, "The Full Story";
commands, "KubeStellar Controller Manager").
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from kubestellar_conformance.story import (
    Arrangement,
    Kind,
    Make,
    Part,
    Ref,
    needs,
    on_topologies,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    available,
    bound_to,
    condition,
    gone,
    has,
    quiescent,
    rows,
    served,
    that_of,
)

pytestmark = needs("topologies")  # the parts that are stopped are those of the added spaces
DEFINITION = Kind.of("apiextensions.k8s.io/v1/CustomResourceDefinition")
WORK_STATUS = Kind.of("control.kubestellar.io/v1alpha1/WorkStatus")
MANIFEST_WORK = Kind.of("work.open-cluster-management.io/v1/ManifestWork")
PLURALS = (
    "bindingpolicies", "bindings", "combinedstatuses", "customtransforms", "statuscollectors",
)  # fmt: skip
CONTROL_KINDS = [Ref(DEFINITION, "", f"{plural}.control.kubestellar.io") for plural in PLURALS]
COLLECTORS = CONTROL_KINDS[-1]


class Served:
    """The definition of a kind of the ITS, which can be taken away and put back."""

    def __init__(self, arrangement: Arrangement, kind: Kind, plural: str) -> None:
        self._its, self._kind = arrangement.its, kind
        self._ref = Ref(DEFINITION, "", f"{plural}.{kind.group}")
        self._shipped = self._its.get(self._ref) or {}

    def take_away(self) -> None:
        """Return when the ITS does not serve the kind any more."""
        self._its.delete(self._ref)
        self._its.eventually(gone(self._ref), within="withdrawal")

    def put_back(self) -> None:
        """Return when the ITS serves the kind again."""
        again = {**self._shipped, "metadata": {"name": self._ref.name}}
        again.pop("status", None)
        self._its.apply(again)
        self._its.eventually(served(self._kind), within="serving")


@pytest.fixture
def kinds(arrangement: Arrangement) -> Iterator[dict[str, Served]]:
    """The kinds of the ITS that the controllers need; they are served again after the test."""
    found = {
        "WorkStatus": Served(arrangement, WORK_STATUS, "workstatuses"),
        "ManifestWork": Served(arrangement, MANIFEST_WORK, "manifestworks"),
    }
    with ExitStack() as stack:
        for one in found.values():
            stack.callback(one.put_back)
        yield found


@promises("SETUP-37")
@on_topologies("two-itses")
def test_a_controller_manager_that_starts_before_work_statuses_are_served_works_once_they_are(
    arrangement: Arrangement, make: Make, part: Part, kinds: dict[str, Served]
) -> None:
    """It keeps running meanwhile: nobody starts it again."""
    wds, web = arrangement.wds, make.deployment()
    policy = make.policy(web, to=arrangement.clusters, want_singleton_status=True)
    manager = part(f"{wds.name}/kubestellar-controller-manager")
    with step("Without the controller manager, the ITS ceases to serve WorkStatuses"):
        manager.stop()
        kinds["WorkStatus"].take_away()
        wds.delete(COLLECTORS)
        wds.eventually(gone(COLLECTORS), within="withdrawal")
    with step("Start it: it installs its kinds in the WDS, and comes to rest"):
        manager.start(wait=False)
        wds.eventually(condition(COLLECTORS, "Established"), within="restart")
        wds.eventually(quiescent(DEFINITION), within="restart")
    with step("Create a policy and its workload, and serve WorkStatuses"):
        wds.apply(policy, web)
        kinds["WorkStatus"].put_back()
    with step("The policy is bound, the workload runs, and its status returns"):
        wds.eventually(bound_to(policy, arrangement.wecs), within="recovery")
        arrangement.wecs.eventually(available(web), within="available")
        wds.eventually(web, status=that_of(arrangement.wecs[0]), within="recovery")
    manager.settle()


@promises("SETUP-39")
@on_topologies("two-itses")
def test_a_controller_manager_that_finds_no_control_kinds_installs_all_of_them(
    arrangement: Arrangement, make: Make, part: Part
) -> None:
    """As in a new WDS; then a policy delivers its object and collects its status."""
    wds, config = arrangement.wds, make.config_map()
    manager = part(f"{wds.name}/kubestellar-controller-manager")
    transport = part(f"{wds.name}/transport-controller")
    with step("Without both controllers, none of the five kinds is served"):
        manager.stop()
        transport.stop()
        wds.delete(*CONTROL_KINDS)
        wds.eventually(gone(*CONTROL_KINDS), within="withdrawal")
    with step("Start the controller manager: it installs all of them"):
        manager.start()
        for ref in CONTROL_KINDS:
            wds.eventually(condition(ref, "Established"), within="restart")
    with step("Start the transport controller: the object of a policy arrives, and is counted"):
        transport.start()
        count = make.status_collector("count", combine={"n": "COUNT"})
        policy = make.policy(config, to=arrangement.clusters, collect=count)
        wds.apply(count, policy, config)
        arrangement.wecs.eventually(has(config, of=wds), within="recovery")
        wds.eventually(rows(count, config, policy, [{"n": 1}]), within="recovery")


@promises("SETUP-38")
@on_topologies("two-itses")
def test_a_transport_controller_that_starts_before_manifest_works_are_served_works_once_they_are(
    arrangement: Arrangement, make: Make, part: Part, kinds: dict[str, Served]
) -> None:
    """It may exit meanwhile, and is started again then."""
    wds, config = arrangement.wds, make.config_map()
    policy = make.policy(config, to=arrangement.clusters)
    transport = part(f"{wds.name}/transport-controller")
    with step("Without the transport controller, the ITS ceases to serve ManifestWorks"):
        transport.stop()
        kinds["ManifestWork"].take_away()
    with step("Start it, and create a policy and its workload: the policy is bound"):
        transport.start(wait=False)
        wds.apply(policy, config)
        wds.eventually(bound_to(policy, arrangement.wecs), within="binding")
        wds.eventually(quiescent(policy.binding), within="recovery")
    with step("Serve ManifestWorks: the WEC gets the workload"):
        kinds["ManifestWork"].put_back()
        transport.settle()
        arrangement.wecs.eventually(has(config, of=wds), within="recovery")
