"""Scenario 3 of the example-scenarios page: multi-cluster workload deployment with Helm."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from kubestellar_conformance.story import (
    Helm,
    Kind,
    Labels,
    Listed,
    Make,
    Obj,
    Policy,
    Ref,
    Release,
    Space,
    Spaces,
    needs,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    available,
    contains,
    gone,
    has,
    no_manifest_works,
    selects,
    without,
)

pytestmark = needs("helm")
POD = Kind.of("v1/Pod")


@dataclass(frozen=True)
class Page:
    """What the page asks for, under names of the test's own."""

    release: str
    labels: Labels
    namespace: Obj
    policy: Policy

    @property
    def system(self) -> str:
        """The name of the Namespace ``postgres-system``."""
        return str(self.namespace["metadata"]["name"])


@pytest.fixture
def page(make: Make, wecs: Spaces) -> Page:
    """The names, the Namespace with its labels, and the BindingPolicy that selects by them."""
    release = make.name("postgres")
    labels = {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": release}
    clause = make.clause(objectSelectors=[labels])
    return Page(
        release,
        labels,
        make.namespace("postgres-system", labels=labels),
        make.policy(to=wecs, name="postgres-bpolicy", clauses=[clause]),
    )


@pytest.fixture
def installed(wds: Space, helm: Helm, postgresql: Path, page: Page) -> Release:
    """The page's first steps: the policy, the labelled Namespace, the chart in the WDS."""
    wds.apply(page.policy, page.namespace)
    return helm.install(wds, page.release, postgresql, namespace=page.system)


@promises("SCEN-3-02")
def test_the_labelled_objects_of_a_chart_reach_both_wecs(
    wds: Space, wecs: Spaces, helm: Helm, installed: Release, page: Page
) -> None:
    """Scenario 3: the chart is installed in the WDS, and its workload is created in the WECs."""
    delivered = installed.labelled(page.labels)
    with step("Helm lists the release in the WDS", promise="SCEN-3-01"):
        found = [Listed(page.release, 1, "postgresql-1.0.0", "deployed")]
        assert helm.listed(wds, page.system) == {wds.name: found}
    with step("The policy selects the labelled objects", promise="SCEN-3-02"):
        wds.eventually(selects(page.policy, page.namespace, delivered), within="binding")
    with step("They are created in both clusters", promise="SCEN-3-02"):
        wecs.eventually(has(page.namespace, delivered), within="downsync")
        wecs.stays(without(installed.not_labelled(page.labels)))
    with step("Its pod runs there, and the WDS has none", promise="SCEN-3-01"):
        stateful_set = installed.objects.stateful_set
        wecs.eventually(available(stateful_set), within="available")
        wds.stays(gone(Ref(POD, page.system, f"{stateful_set.name}-0")))


@promises("SCEN-3-03", "SCEN-3-04")
def test_helm_lists_the_release_in_the_wecs_once_its_secret_is_labelled(
    wds: Space, wecs: Spaces, helm: Helm, installed: Release, page: Page
) -> None:
    """Scenario 3, its optional part: helm's own Secret travels when it has the labels."""
    with step("The workload is in both clusters", promise="SCEN-3-02"):
        wecs.eventually(has(installed.labelled(page.labels)), within="downsync")
    with step("The release's Secret is not, and helm lists nothing", promise="SCEN-3-03"):
        wecs.stays(without(installed.secret))
        assert list(helm.listed(wecs, page.system).values()) == [[], []]
    with step("Label the Secret"):
        wds.patch(installed.secret, {"metadata": {"labels": page.labels}})
    with step("It arrives with its type and its data", promise="SCEN-3-04"):
        wecs.eventually(has(installed.secret), within="downsync")
        wecs.eventually(contains(installed.secret, {"type": "helm.sh/release.v1"}))
    with step("Helm lists the release in both clusters", promise="SCEN-3-04"):
        found = [Listed(page.release, 1, "postgresql-1.0.0", "deployed")]
        assert helm.listed(wecs, page.system) == dict.fromkeys(wecs.names, found)


@promises("SCEN-3-05")
def test_an_upgrade_of_the_release_changes_the_workload_in_the_wecs(
    wds: Space, wecs: Spaces, helm: Helm, postgresql: Path, installed: Release, page: Page
) -> None:
    """Scenario 3, and a value that changes: what was delivered follows."""
    with step("The workload is in both clusters, with one replica", promise="SCEN-3-02"):
        stateful_set = installed.objects.stateful_set
        wecs.eventually(contains(stateful_set, {"spec": {"replicas": 1}}), within="downsync")
    with step("Upgrade the release to two replicas"):
        upgraded = helm.upgrade(wds, installed, postgresql, replicas=2)
    with step("The objects in both clusters follow"):
        wecs.eventually(contains(stateful_set, {"spec": {"replicas": 2}}), within="downsync")
        wecs.eventually(has(upgraded.labelled(page.labels)), within="downsync")
    with step("Label the Secret of the new revision"):
        wds.patch(upgraded.secret, {"metadata": {"labels": page.labels}})
        wecs.eventually(has(upgraded.secret), within="downsync")
    with step("Helm lists the new revision in both clusters"):
        found = [Listed(page.release, 2, "postgresql-1.0.0", "deployed")]
        assert helm.listed(wecs, page.system) == dict.fromkeys(wecs.names, found)


@promises("SCEN-3-06")
def test_teardown_leaves_nothing_of_the_release(
    wds: Space, its: Space, wecs: Spaces, helm: Helm, installed: Release, page: Page
) -> None:
    """Scenario 3, its teardown: uninstall the chart, delete the Namespace, then the policy."""
    with step("The workload and the release's Secret are in both clusters", promise="SCEN-3-02"):
        wds.patch(installed.secret, {"metadata": {"labels": page.labels}})
        wecs.eventually(has(installed.labelled(page.labels), installed.secret), within="downsync")
    with step("Uninstall the chart"):
        helm.uninstall(wds, installed)
    with step("Delete the Namespace and the policy"):
        wds.delete(page.namespace)
        wds.delete(page.policy)
    with step("Nothing of it is left anywhere"):
        everything = gone(page.namespace, installed.objects, installed.secret)
        wds.eventually(everything, within="withdrawal")
        wds.eventually(gone(page.policy, page.policy.binding), within="withdrawal")
        its.eventually(no_manifest_works(page.policy), within="withdrawal")
        wecs.eventually(everything, within="withdrawal")
