"""Checks that no object of a test is left in any space: an object that stays fails the test."""

from __future__ import annotations

from collections.abc import Sequence

from kubestellar_conformance.conditions import gone, none_of
from kubestellar_conformance.conditions.base import Walk
from kubestellar_conformance.plugin.undo import Touched, left_behind
from kubestellar_conformance.spaces import Kind, Obj, Ref, Space, Spaces, System, UnknownKind
from kubestellar_conformance.spaces.refs import (
    BINDING,
    BINDING_POLICY,
    COMBINED_STATUS,
    MANIFEST_WORK,
    ORIGIN_BINDING_LABEL,
    WORK_STATUS,
)

_CONTROL = BINDING_POLICY.group
"""Objects of this API group direct KubeStellar and do not travel."""
_POLICY_LABEL = "status.kubestellar.io/binding-policy"
"""Label of a CombinedStatus: the name of the BindingPolicy that it is made for."""


def until_withdrawn(system: System, touched: Sequence[Touched]) -> None:
    """Wait, under the contract ``withdrawal``, until all objects that a test has made are gone:
    from the spaces that it wrote to, and from the WDS, the ITS and the WECs all that its policies
    caused.

    Raises `LeftBehind` if an object stays.
    """
    made = [one for one in touched if one.made]
    if not made:
        return
    policies = {one.ref.name for one in made if one.ref.kind == BINDING_POLICY}
    with left_behind(made):
        for space in {one.space.name: one.space for one in made}.values():
            here = [one.ref for one in made if one.space.name == space.name]
            here = [ref for ref in here if _served(space, ref.kind)]
            if here:
                space.eventually(gone(*here), within="withdrawal")
        if policies:
            _until_policies_are_withdrawn(system, policies)
            travelled = [
                one.ref
                for one in made
                if one.space.role == "wds"
                and one.ref.kind.group != _CONTROL
                and all(_served(wec, one.ref.kind) for wec in system.wecs)
            ]
            if travelled:
                system.wecs.eventually(gone(*travelled), within="withdrawal")


def _until_policies_are_withdrawn(system: System, policies: set[str]) -> None:
    for wds in system.wdses:
        wds.eventually(gone(*(Ref(BINDING, "", name) for name in policies)), within="withdrawal")
        if _served(wds, COMBINED_STATUS):
            _until_none(wds, COMBINED_STATUS, _POLICY_LABEL, policies)
    for kind in (MANIFEST_WORK, WORK_STATUS):
        _until_none(system.itses, kind, ORIGIN_BINDING_LABEL, policies)


def _until_none(where: Space | Spaces, kind: Kind, label: str, policies: set[str]) -> None:
    def ours(obj: Obj) -> bool:
        return (obj["metadata"].get("labels") or {}).get(label) in policies

    called = f"{kind.name} of {', '.join(sorted(policies))}"
    nothing = none_of(kind, ours, called=called, walk=Walk.WITHDRAWAL)
    where.eventually(nothing, within="withdrawal")


def _served(space: Space, kind: Kind) -> bool:
    try:
        space.client.served(kind)
    except UnknownKind:
        return False
    return True
