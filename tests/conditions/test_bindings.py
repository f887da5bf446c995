"""Conditions that must not hold by themselves: no status, and exactly these destinations."""

from __future__ import annotations

import pytest

from kubestellar_conformance.conditions import bound_to, no_status
from kubestellar_conformance.errors import Deviation, UserError
from kubestellar_conformance.spaces import Workload, binding
from kubestellar_conformance.spaces.refs import BINDING
from tests.support.three_spaces import ThreeSpaces


def test_no_status_does_not_hold_while_one_is_there(three: ThreeSpaces, nginx: Workload) -> None:
    three.wds.apply(nginx)
    three.wds.update_status(nginx.deployment, {"replicas": 1})
    with pytest.raises(Deviation, match="expected to have no status within"):
        three.wds.eventually(no_status(nginx.deployment))
    three.wds.update_status(nginx.deployment, {"replicas": None})
    three.wds.eventually(no_status(nginx.deployment))


def test_an_empty_status_is_refused_because_it_always_holds(
    three: ThreeSpaces, nginx: Workload
) -> None:
    with pytest.raises(UserError, match="asks for nothing"):
        three.wds.eventually(nginx.deployment, status={})


@pytest.mark.parametrize("named", [[], ["cluster1", "cluster2"], ["cluster2"]])
def test_bound_to_wants_exactly_these_destinations(three: ThreeSpaces, named: list[str]) -> None:
    one = {
        "apiVersion": BINDING.api_version,
        "kind": "Binding",
        "metadata": {"name": f"exactly-{len(named)}{''.join(named)[-1:]}"},
        "spec": {"destinations": [{"clusterId": name} for name in named]},
    }
    name = one["metadata"]["name"]  # type: ignore[index]
    three.wds.apply(one)
    with pytest.raises(Deviation, match="expected to name cluster1 as its destinations"):
        three.wds.eventually(bound_to(name, [three.wec]))
    three.wds.patch(binding(name), {"spec": {"destinations": [{"clusterId": "cluster1"}]}})
    three.wds.eventually(bound_to(name, [three.wec]))
