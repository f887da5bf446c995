"""Scenario 2 of the example-scenarios page: a workload whose kind is defined by a CRD that WDS and
WECs get by other means. They are the module's own, so the documented names are free.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kubestellar_conformance.story import (
    Make,
    Policy,
    Space,
    Spaces,
    Workload,
    needs,
    own_wds,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    gone,
    has,
    no_manifest_works,
    selects,
    without,
)
from kubestellar_conformance.story.kinds import install, uninstall

pytestmark = [own_wds, needs("agent-rights", "topologies")]
LABEL = {"app.kubernetes.io/part-of": "my-appwrapper-app"}


@pytest.fixture(scope="module")
def _definition(
    _restricted_wecs: Spaces, wds: Space, appwrapper_definition: Workload
) -> Iterator[None]:
    """Install the CRD in the WDS and in both WECs, and delete it when the module is done."""
    install(appwrapper_definition, [wds, *_restricted_wecs])
    yield
    uninstall(appwrapper_definition, [wds, *_restricted_wecs])


@pytest.fixture
def both(_definition: None, restricted_wecs: Spaces, appwrapper_rights: Workload) -> Spaces:
    """The two WECs; the klusterlet there has the page's rights on AppWrappers."""
    restricted_wecs.apply(appwrapper_rights)
    return restricted_wecs


@pytest.fixture
def policy(make: Make, both: Spaces) -> Policy:
    """The page's BindingPolicy, which selects by the label alone."""
    return make.policy(to=both, name="aw-bpolicy", clauses=[make.clause(objectSelectors=[LABEL])])


@promises("SCEN-2-01")
def test_a_labelled_app_wrapper_reaches_both_wecs_without_its_definition(
    wds: Space, both: Spaces, appwrapper: Workload, policy: Policy
) -> None:
    """Scenario 2, in the order of the page: the AppWrapper, its label, the policy."""
    with step("Create the AppWrapper"):
        wds.apply(appwrapper)
    with step("Label it to match the policy"):
        wds.patch(appwrapper.app_wrapper, {"metadata": {"labels": LABEL}})
    with step("Nothing asks for it yet, so it goes nowhere", promise="SCEN-2-02"):
        both.stays(without(appwrapper))
    with step("Create the BindingPolicy"):
        wds.apply(policy)
    with step("The AppWrapper is delivered to both clusters", promise="SCEN-2-01"):
        both.eventually(has(appwrapper), within="recovery")
    with step("The policy has selected it, and not its CRD", promise="SCEN-2-03"):
        wds.eventually(selects(policy, appwrapper), within="binding")


@promises("SCEN-2-02")
def test_an_app_wrapper_is_delivered_once_it_is_labelled(
    wds: Space, both: Spaces, appwrapper: Workload, policy: Policy
) -> None:
    """Scenario 2, with the policy there first: the label alone sets the AppWrapper off."""
    with step("Create the BindingPolicy and the AppWrapper"):
        wds.apply(policy, appwrapper)
    with step("Without the label it is not selected, and goes nowhere"):
        wds.eventually(selects(policy), within="binding")
        both.stays(without(appwrapper))
    with step("Label the AppWrapper"):
        wds.patch(appwrapper.app_wrapper, {"metadata": {"labels": LABEL}})
    with step("The AppWrapper is delivered to both clusters"):
        both.eventually(has(appwrapper), within="recovery")


@promises("SCEN-2-04")
def test_teardown_takes_the_app_wrappers_from_the_wecs(
    wds: Space,
    its: Space,
    both: Spaces,
    appwrapper: Workload,
    appwrapper_rights: Workload,
    policy: Policy,
) -> None:
    """Scenario 2, its teardown. The page's rights lack the verb delete: OCM gives its own deletion
    up, and the garbage collector of the WEC does it.
    """
    with step("The AppWrapper is in both clusters", promise="SCEN-2-01"):
        wds.apply(appwrapper, policy)
        wds.patch(appwrapper.app_wrapper, {"metadata": {"labels": LABEL}})
        both.eventually(has(appwrapper), within="recovery")
    with step("Delete the policy and the AppWrappers"):
        wds.delete(policy, appwrapper)
    with step("Both clusters show no AppWrapper"):
        both.eventually(gone(appwrapper), within="withdrawal")
    with step("Nothing else is left of them"):
        wds.eventually(gone(appwrapper, policy.binding), within="withdrawal")
        its.eventually(no_manifest_works(policy), within="withdrawal")
    with step("Take the klusterlet's rights back"):
        both.delete(appwrapper_rights)
        both.eventually(gone(appwrapper_rights), within="withdrawal")
