"""Conditions on a Binding: what KubeStellar made of a BindingPolicy."""

from __future__ import annotations

from collections.abc import Iterable

from kubestellar_conformance.conditions.base import Condition
from kubestellar_conformance.conditions.objects import meets
from kubestellar_conformance.spaces.policy import AnyPolicy, name_of
from kubestellar_conformance.spaces.refs import Obj, binding
from kubestellar_conformance.spaces.space import Space


def bound_to(policy: AnyPolicy, wecs: Iterable[Space]) -> Condition:
    """In the WDS: the policy's Binding names these WECs, each once, and no other (API:
    Binding.spec.destinations).
    """
    wanted = sorted(space.name for space in wecs)

    def exactly(one: Obj) -> bool:
        return sorted(destinations(one)) == wanted

    return meets(
        binding(name_of(policy)),
        f"name {', '.join(wanted) or 'no cluster'} as its destinations",
        exactly,
    )


def destinations(one: Obj) -> list[str]:
    return [entry["clusterId"] for entry in (one.get("spec") or {}).get("destinations") or []]
