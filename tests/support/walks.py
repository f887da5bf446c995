"""What the tests of the walk along the path share: how a wait fails, and parts of its message."""

from __future__ import annotations

from typing import Any

import pytest

from kubestellar_conformance.conditions import (
    meets,
    that_of,
)
from kubestellar_conformance.conditions.base import Condition
from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import (
    Obj,
    Space,
    Workload,
    binding_policy,
)
from kubestellar_conformance.spaces.refs import (
    MANAGED_CLUSTER,
    Ref,
    resource_version,
)
from tests.support.three_spaces import ByHand, ThreeSpaces

STATUS = {
    "replicas": 1,
    "updatedReplicas": 1,
    "readyReplicas": 1,
    "availableReplicas": 1,
    "observedGeneration": 1,
}


MANAGER = "wds1/kubestellar-controller-manager (running)"


TRANSPORT = "wds1/transport-controller (running)"


AGENT = "cluster1/klusterlet-agent (running)"


def stop(message: str) -> str:
    """The line of the hop that it stopped at."""
    [line] = [line.strip() for line in message.splitlines() if line.strip().startswith("STOP")]
    return " ".join(line.split())


def job(message: str) -> str:
    """The first component that is responsible, and its state."""
    return next(
        line for line in message.splitlines() if line.startswith("responsible: ")
    ).removeprefix("responsible: ")


def failed(three: ThreeSpaces, condition: Condition, space: str = "cluster1") -> str:
    with pytest.raises(Deviation) as caught:
        three.system[space].eventually(condition)
    message = str(caught.value)
    assert len(message.splitlines()) <= 30
    assert max(len(line) for line in message.splitlines()) <= 300
    return message


def all_the_way(hand: ByHand, nginx: Workload) -> None:
    hand.three.wds.apply(nginx)
    hand.bind("cluster1", wantSingletonReportedState=True)
    hand.wrap()
    hand.note_applied()
    hand.deliver()


def returned(three: ThreeSpaces, hand: ByHand) -> str:
    with pytest.raises(Deviation) as caught:
        three.wds.eventually(hand.ref, status=that_of(three.wec))
    return str(caught.value)


def policy_of(hand: ByHand, nginx: Workload, **more: Any) -> Obj:
    """The test's own policy, which selects the workload for cluster1 unless told otherwise."""
    fields: dict[str, Any] = {"clusters": {"name": "cluster1"}, "objects": nginx, **more}
    return binding_policy(hand.policy, **fields)


def a_cluster(three: ThreeSpaces, **labels: str) -> None:
    made = {"apiVersion": MANAGED_CLUSTER.api_version, "kind": MANAGED_CLUSTER.name}
    metadata = {"name": "cluster1", "labels": {"name": "cluster1", **labels}}
    three.its.apply({**made, "metadata": metadata, "spec": {"hubAcceptsClient": True}})


def seen(space: Space, ref: Ref) -> None:
    """Wait until the feed has the object as it is now."""
    live = space.get(ref)
    assert live is not None
    version = resource_version(live)
    up_to_date = meets(ref, "to be seen", lambda one: resource_version(one) >= version)
    space.eventually(up_to_date, within="restart")
