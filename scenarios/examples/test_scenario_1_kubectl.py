"""Scenario 1 of the example-scenarios page: multi-cluster workload deployment with kubectl."""

from __future__ import annotations

from kubestellar_conformance.story import (
    Labels,
    Names,
    Space,
    Spaces,
    Workload,
    binding,
    binding_policy,
    promises,
    step,
)
from kubestellar_conformance.story.conditions import (
    available,
    bound_to,
    contains,
    gone,
    has,
    no_manifest_works,
)


@promises("SCEN-1-03")
def test_a_workload_reaches_both_wecs(
    wds: Space, wecs: Spaces, nginx: Workload, names: Names, label_query_both: Labels
) -> None:
    """Scenario 1, in the order of the page: first the policy, then the app."""
    with step("Create a BindingPolicy that sends the app to all clusters"):
        wds.apply(binding_policy(names("nginx-bpolicy"), clusters=label_query_both, objects=nginx))
    with step("Deploy the app", promise="SCEN-1-02"):
        wds.apply(nginx)
    with step("The deployment has been created in both clusters", promise="SCEN-1-03"):
        wecs.eventually(has(nginx), within="downsync")
    with step("It runs there", promise="SCEN-1-03"):
        wecs.eventually(available(nginx), within="available")


@promises("SCEN-1-04")
def test_the_order_of_policy_and_workload_does_not_matter(
    wds: Space, wecs: Spaces, nginx: Workload, names: Names, label_query_both: Labels
) -> None:
    """Scenario 1, its note: the app may be there before the policy."""
    with step("Deploy the app", promise="SCEN-1-02"):
        wds.apply(nginx)
    with step("Nothing asks for it yet, so it goes nowhere"):
        wecs.stays(gone(nginx))
    with step("Create the BindingPolicy"):
        wds.apply(binding_policy(names("nginx-bpolicy"), clusters=label_query_both, objects=nginx))
    with step("The deployment has been created in both clusters, and runs"):
        wecs.eventually(has(nginx), within="downsync")
        wecs.eventually(available(nginx), within="available")


@promises("SCEN-1-05")
def test_teardown_empties_wecs_binding_and_mailboxes(
    wds: Space, its: Space, wecs: Spaces, nginx: Workload, names: Names, label_query_both: Labels
) -> None:
    """Scenario 1, its teardown: delete the namespace, then the policy."""
    policy = binding_policy(names("nginx-bpolicy"), clusters=label_query_both, objects=nginx)
    with step("The app is in both clusters", promise="SCEN-1-03"):
        wds.apply(policy, nginx)
        wecs.eventually(available(nginx), within="available")
    with step("Delete the namespace, and with it the deployment"):
        wds.delete(nginx.namespace)
    with step("Delete the policy"):
        wds.delete(policy)
    with step("Nothing is left of them anywhere"):
        wds.eventually(gone(nginx, policy, binding(names("nginx-bpolicy"))), within="withdrawal")
        its.eventually(no_manifest_works(names("nginx-bpolicy")), within="withdrawal")
        wecs.eventually(gone(nginx), within="withdrawal")


@promises("SCEN-1-01")
def test_the_pairs_of_a_label_query_become_labels_that_must_match(
    wds: Space,
    wec1: Space,
    wecs: Spaces,
    nginx: Workload,
    names: Names,
    label_query_both: Labels,
    label_query_one: Labels,
) -> None:
    """Scenario 1, its policy, made from a query of one ``key=value`` and from one of two."""
    of_one = binding_policy(names("of-one"), clusters=label_query_both, objects=nginx)
    of_two = binding_policy(
        names("of-two"), clusters={**label_query_both, **label_query_one}, objects=nginx
    )
    with step("Create both policies"):
        wds.apply(of_one, of_two)
    with step("They are accepted as written"):
        wds.eventually(contains(of_one, {"spec": of_one["spec"]}), within="binding")
        wds.eventually(contains(of_two, {"spec": of_two["spec"]}), within="binding")
    with step("The one goes to both clusters, the other to the one that has both labels"):
        wds.eventually(bound_to(names("of-one"), wecs), within="binding")
        wds.eventually(bound_to(names("of-two"), [wec1]), within="binding")
