"""Before the clean-up of a test: KubeStellar has followed its last changes. After it: no object of
the test is left in any space, since an object that stays fails the test.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from kubestellar_conformance.conditions import gone, none_of
from kubestellar_conformance.conditions.base import Walk
from kubestellar_conformance.conditions.reports import judge_observed
from kubestellar_conformance.plugin.undo import Touched, left_behind
from kubestellar_conformance.spaces import Kind, Obj, Ref, Space, Spaces, System, UnknownKind
from kubestellar_conformance.spaces.feed import Feed
from kubestellar_conformance.spaces.refs import (
    BINDING,
    BINDING_POLICY,
    COMBINED_STATUS,
    MANIFEST_WORK,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
    WORK_STATUS,
    uid,
)
from kubestellar_conformance.waiting import contracts

_CONTROL = BINDING_POLICY.group
"""Objects of this API group direct KubeStellar and do not travel."""
_PLURALS = {
    COMBINED_STATUS: "CombinedStatuses",
    MANIFEST_WORK: "ManifestWorks",
    WORK_STATUS: "WorkStatuses",
}
_POLICY_LABEL = "status.kubestellar.io/binding-policy"
"""Label of a CombinedStatus: the name of the BindingPolicy that it is made for."""


def until_followed(touched: Sequence[Touched]) -> None:
    """Wait until KubeStellar has followed the last change of each policy that a test made and
    changed, at most as long as the contract ``binding`` allows. Another test judges whether
    KubeStellar follows in time, so this raises nothing.

    A policy that loses a WEC and is deleted before the transport controller has seen that leaves
    its ManifestWorks in the ITS (KD-0.30.0-BIND-2). The scenario of that deviation deletes at
    once; the clean-up of all others must not.
    """
    changed = [
        one
        for one in touched
        if one.made and one.ref.kind == BINDING_POLICY and len(one.writes) > 1
    ]
    deadline = time.monotonic() + contracts.seconds("binding")
    for one in changed:
        feeds = one.space.watch(BINDING_POLICY), one.space.watch(BINDING)
        left = max(0.0, deadline - time.monotonic())
        one.space.record.wait_for(partial(_followed, one, *feeds), feeds, left)


def _followed(one: Touched, policies: Feed, bindings: Feed) -> bool:
    if not (policies.synced and bindings.synced):
        return False
    policy, binding = policies.get("", one.ref.name), bindings.get("", one.ref.name)
    if policy is None or policy["metadata"].get("deletionTimestamp"):
        return True  # too late
    after = next((write.after for write in reversed(one.writes) if write.after), policy)
    if policy["metadata"]["generation"] < after["metadata"].get("generation", 0):
        return False  # the feed is behind
    return judge_observed(policy)[0] and (binding is None or judge_observed(binding)[0])


def remove_left_works(system: System, touched: Sequence[Touched]) -> None:
    """Delete the ManifestWorks that KubeStellar has left of the policies of a failed test: their
    Bindings are gone, so nobody else does, and they keep mailboxes.
    """
    policies = {one.ref.name for one in touched if one.made and one.ref.kind == BINDING_POLICY}
    if not policies:
        return
    bindings = [wds.watch(BINDING) for wds in system.wdses]

    def orphaned() -> set[str]:
        if not all(feed.synced for feed in bindings):
            return set()
        return {name for name in policies if not any(feed.get("", name) for feed in bindings)}

    deadline = time.monotonic() + contracts.seconds("binding")
    for wds in system.wdses:
        left = max(0.0, deadline - time.monotonic())
        wds.record.wait_for(lambda: orphaned() == policies, bindings, left)
    ours = {wds.name for wds in system.wdses}
    for its in system.itses:
        for work in its.list(MANIFEST_WORK):
            labels, ref = work["metadata"].get("labels") or {}, Ref.of(work)
            left = labels.get(ORIGIN_BINDING_LABEL) in orphaned()
            if left and labels.get(ORIGIN_WDS_LABEL) in ours:
                # Not by the space: KubeStellar gives its ManifestWorks no label of the run.
                its.client.delete_this(its.client.path(ref), uid(work), doing=f"delete of {ref}")


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
            _until_gone(space, [one.ref for one in made if one.space.name == space.name])
        if policies:
            _until_policies_are_withdrawn(system, policies)
            travelled = [
                one.ref
                for one in made
                if one.space.role == "wds" and one.ref.kind.group != _CONTROL
            ]
            for wec in system.wecs:
                _until_gone(wec, travelled)


def _until_gone(space: Space, refs: Sequence[Ref]) -> None:
    """Wait for the objects of those kinds that the space serves: of the others it has none."""
    served = {kind for kind in {ref.kind for ref in refs} if _served(space, kind)}
    here = [ref for ref in refs if ref.kind in served]
    if here:
        space.eventually(gone(*here), within="withdrawal")


def _until_policies_are_withdrawn(system: System, policies: set[str]) -> None:
    for wds in system.wdses:
        wds.eventually(gone(*(Ref(BINDING, "", name) for name in policies)), within="withdrawal")
        if _served(wds, COMBINED_STATUS):
            _until_none(wds, COMBINED_STATUS, _POLICY_LABEL, policies)
    for kind in (MANIFEST_WORK, WORK_STATUS) if system.itses else ():
        _until_none(system.itses, kind, ORIGIN_BINDING_LABEL, policies)


def _until_none(where: Space | Spaces, kind: Kind, label: str, policies: set[str]) -> None:
    def ours(obj: Obj) -> bool:
        return (obj["metadata"].get("labels") or {}).get(label) in policies

    called = f"{_PLURALS[kind]} of BindingPolicy {', '.join(sorted(policies))}"
    nothing = none_of(kind, ours, called=called, walk=Walk.WITHDRAWAL)
    where.eventually(nothing, within="withdrawal")


def _served(space: Space, kind: Kind) -> bool:
    try:
        space.client.served(kind)
    except UnknownKind:
        return False
    return True
