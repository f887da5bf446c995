"""Conditions on a Binding: what KubeStellar made of a BindingPolicy."""

from __future__ import annotations

from collections.abc import Iterable

from kubestellar_conformance.spaces.refs import Obj, binding
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.waiting.condition import Condition
from kubestellar_conformance.waiting.conditions import meets
from kubestellar_conformance.waiting.hops import destinations


def bound_to(policy: str, wecs: Iterable[Space]) -> Condition:
    """In the WDS: the policy's Binding names these WECs, each once, and no other (API:
    Binding.spec.destinations).
    """
    wanted = sorted(space.name for space in wecs)

    def exactly(one: Obj) -> bool:
        return sorted(destinations(one)) == wanted

    return meets(
        binding(policy), f"name {', '.join(wanted) or 'no cluster'} as its destinations", exactly
    )
