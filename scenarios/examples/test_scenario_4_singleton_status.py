"""Scenario 4 of the example-scenarios page: singleton status."""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Make, Policy, Space, Workload, promises, step
from kubestellar_conformance.story.conditions import (
    available,
    contains,
    gone,
    has,
    no_manifest_works,
    no_status,
    that_of,
    without,
)


@pytest.fixture
def policy(make: Make, nginx_singleton: Workload, wec1: Space) -> Policy:
    """The page's BindingPolicy, which asks for the status of the only WEC."""
    name = "nginx-singleton-bpolicy"
    return make.policy(nginx_singleton, to=wec1, name=name, want_singleton_status=True)


def test_the_only_wec_s_whole_status_returns_to_the_wds(
    wds: Space, wec1: Space, wec2: Space, nginx_singleton: Workload, policy: Policy
) -> None:
    """Scenario 4: a workload that goes to one WEC shows that WEC's whole status in the WDS."""
    with step("Ask for the workload on one WEC, and for its status"):
        wds.apply(policy)
    with step("Create the workload"):
        wds.apply(nginx_singleton)
    with step("It is in that WEC, and runs", promise="SCEN-4-01"):
        wec1.eventually(has(nginx_singleton), within="downsync")
        wec1.eventually(available(nginx_singleton), within="available")
    with step("The WDS shows the WEC's status", promise="SCEN-4-02"):
        wds.eventually(nginx_singleton, status=that_of(wec1), within="status_return")
    with step("The other WEC never gets it", promise="SCEN-4-01"):
        wec2.stays(without(nginx_singleton))


def test_scaling_shows_in_the_wec_and_in_the_wds(
    wds: Space, wec1: Space, wec2: Space, nginx_singleton: Workload, policy: Policy
) -> None:
    """Scenario 4: the number of replicas, changed in the WDS, changes in the WEC, and the status
    follows.
    """
    deployment = nginx_singleton.deployment
    with step("Never in the other WEC", promise="SCEN-4-01"), wec2.hold(without(nginx_singleton)):
        with step("The workload runs on one WEC", promise="SCEN-4-01"):
            wds.apply(policy, nginx_singleton)
            wec1.eventually(available(nginx_singleton), within="available")
        with step("Its status is in the WDS", promise="SCEN-4-02"):
            wds.eventually(nginx_singleton, status=that_of(wec1), within="status_return")
        with step("Scale the deployment from 1 to 2 replicas in the WDS"):
            wds.scale(deployment, 2)
        with step("The WEC has two replicas", promise="SCEN-4-03"):
            wec1.eventually(contains(deployment, {"spec": {"replicas": 2}}), within="downsync")
            wec1.eventually(available(nginx_singleton), within="available")
        with step("The WDS shows two replicas, and the WEC's whole status", promise="SCEN-4-03"):
            wds.eventually(
                nginx_singleton,
                status={"replicas": 2, "availableReplicas": 2},
                within="status_return",
            )
            wds.eventually(nginx_singleton, status=that_of(wec1), within="status_return")


@promises("SCEN-4-04")
def test_teardown_takes_status_and_workload_back(
    wds: Space, its: Space, wec1: Space, nginx_singleton: Workload, policy: Policy
) -> None:
    """Scenario 4, its teardown: delete the policy, then the deployment."""
    with step("The workload runs on one WEC", promise="SCEN-4-01"):
        wds.apply(policy, nginx_singleton)
        wec1.eventually(available(nginx_singleton), within="available")
    with step("Its status is in the WDS", promise="SCEN-4-02"):
        wds.eventually(nginx_singleton, status=that_of(wec1), within="status_return")
    with step("Delete the policy: the workload is withdrawn, and the status that came from it too"):
        wds.delete(policy)
        wec1.eventually(gone(nginx_singleton), within="withdrawal")
        its.eventually(no_manifest_works(policy), within="withdrawal")
        wds.eventually(no_status(nginx_singleton), within="withdrawal")
    with step("Delete the deployment: nothing is left"):
        wds.delete(nginx_singleton)
        wds.eventually(gone(nginx_singleton, policy.binding), within="withdrawal")
