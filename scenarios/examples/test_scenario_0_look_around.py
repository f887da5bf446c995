"""Scenario 0 of the example-scenarios page: look around."""

from __future__ import annotations

from kubestellar_conformance.story import Labels, Space, Spaces, promises, step


@promises("SCEN-0-01")
def test_the_label_query_for_both_lists_exactly_the_two_wecs(
    its: Space, wecs: Spaces, label_query_both: Labels
) -> None:
    """Scenario 0: the ITS lists the two ManagedClusters, and no other."""
    with step("List the ManagedClusters that the label query matches"):
        listed = its.list(
            "cluster.open-cluster-management.io/v1/ManagedCluster", labels=label_query_both
        )
    assert sorted(cluster["metadata"]["name"] for cluster in listed) == sorted(wecs.names)


@promises("SCEN-0-01")
def test_the_label_query_for_one_lists_the_first_wec_alone(
    its: Space, wec1: Space, label_query_one: Labels
) -> None:
    """Assumptions and Variables: ``label_query_one`` picks out just one of the WECs."""
    with step("List the ManagedClusters that the label query matches"):
        listed = its.list(
            "cluster.open-cluster-management.io/v1/ManagedCluster", labels=label_query_one
        )
    assert [cluster["metadata"]["name"] for cluster in listed] == [wec1.name]
