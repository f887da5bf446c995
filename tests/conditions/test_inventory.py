"""The ManagedClusters of an ITS and their mailboxes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kubestellar_conformance.conditions import joined, mailboxes
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Obj, Space
from kubestellar_conformance.spaces.refs import MANAGED_CLUSTER
from tests.support.three_spaces import ThreeSpaces, unique

LABEL = "open-cluster-management.io/cluster-name"
ALL = ("HubAcceptedManagedCluster", "ManagedClusterJoined", "ManagedClusterConditionAvailable")


@pytest.fixture
def wec(three: ThreeSpaces) -> Iterator[Space]:
    """A WEC by its name alone: other tests register the one that there is."""
    space = Space(f"wec-{unique()}", "wec", three.wec.kubeconfig, three.wec.context)
    yield space
    space.close()


def conditions(*true: str) -> Obj:
    now = "2026-01-01T00:00:00Z"
    return {
        "conditions": [
            {
                "type": one,
                "status": str(one in true),
                "reason": "Told",
                "message": "",
                "lastTransitionTime": now,
            }
            for one in ALL
        ]
    }


def test_a_wec_has_joined_when_all_three_conditions_are_true(
    three: ThreeSpaces, wec: Space
) -> None:
    cluster = {
        "apiVersion": MANAGED_CLUSTER.api_version,
        "kind": MANAGED_CLUSTER.name,
        "metadata": {"name": wec.name},
        "spec": {"hubAcceptsClient": True},
    }
    with pytest.raises(Deviation, match="absent"):
        three.its.eventually(joined([wec]))
    three.its.apply(cluster)
    three.its.update_status(cluster, conditions(*ALL[:2]), whole=True)
    with pytest.raises(Deviation, match=f"not {ALL[2]}"):
        three.its.eventually(joined([wec]))
    three.its.update_status(cluster, conditions(*ALL), whole=True)
    three.its.eventually(joined([wec]))


def test_a_mailbox_is_the_one_namespace_of_its_wec_and_has_its_name(
    three: ThreeSpaces, wec: Space
) -> None:
    def namespace(name: str) -> Obj:
        metadata = {"name": name, "labels": {LABEL: wec.name}}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}

    with pytest.raises(Deviation, match=f"the namespaces of {wec.name} are: none"):
        three.its.eventually(mailboxes([wec]))
    three.its.apply(namespace(wec.name))
    three.its.eventually(mailboxes([wec]))
    three.its.apply(second := namespace(f"another-{unique()}"))
    with pytest.raises(Deviation, match="another"):
        three.its.eventually(mailboxes([wec]))
    three.its.delete(second)
