"""The hops of a withdrawal: the path gone the same way, each hop ok when what it holds is gone or
going.

The first hop that still holds what the hop before it has let go of is the one that it stops at.
"""

from __future__ import annotations

from kubestellar_conformance.conditions.bindings import destinations
from kubestellar_conformance.diagnosis.hops import HopFunction, short
from kubestellar_conformance.diagnosis.view import Hop, PathView
from kubestellar_conformance.spaces.refs import (
    BINDING,
    BINDING_POLICY,
    ORIGIN_BINDING_LABEL,
    Obj,
    Ref,
)


def wds_object(view: PathView) -> Hop:
    name, space, obj = "WDS object", view.wds.name, view.wds_object
    if obj is None:
        return Hop("ok", name, space, f"{view.ref} is gone")
    if going(obj):
        if view.wec is None or view.wec_object is None:
            return Hop(
                "STOP",
                name,
                space,
                f"{view.ref} {going(obj)}",
                (f"{space}/kube-controller-manager",),
            )
        return Hop("ok", name, space, f"{view.ref} {going(obj)}")
    return Hop(
        "ok",
        name,
        space,
        f"{view.ref} is there; it has to go from where no Binding sends it any more",
    )


def binding(view: PathView) -> Hop:
    name, space, owner = (
        "Binding",
        view.wds.name,
        (f"{view.wds.name}/kubestellar-controller-manager",),
    )
    wec = view.wec.name if view.wec else None
    policies = {policy["metadata"]["name"] for policy in view.policies}
    for one, _ in view.bindings:
        if wec is not None and wec not in destinations(one):
            continue
        called = one["metadata"]["name"]
        if going(one):
            return Hop("ok", name, space, f"{called} {going(one)}")
        orphan = "" if called in policies else ", although its BindingPolicy is gone"
        return Hop(
            "STOP",
            name,
            space,
            f"{called} still lists it for {', '.join(destinations(one))}{orphan}",
            owner,
        )
    return Hop("ok", name, space, f"none lists it for {wec}" if wec else "none lists it")


def manifest_work(view: PathView) -> Hop:
    name, space, owner = "ManifestWork", view.its.name, (f"{view.wds.name}/transport-controller",)
    for work, _ in view.manifest_works:
        called = f"{work['metadata']['namespace']}/{short(work)}"
        if not going(work):
            return Hop("STOP", name, space, f"{called} still carries it", owner)
        return Hop("ok", name, space, f"{called} {going(work)}")
    return Hop("ok", name, space, "none carries it")


def applied_manifest_work(view: PathView) -> Hop:
    assert view.wec is not None
    name, space, owner = (
        "AppliedManifestWork",
        view.wec.name,
        (f"{view.wec.name}/klusterlet-agent",),
    )
    for applied in view.applied_works:
        if view.lists_it(applied):
            state = going(applied) or "still lists it"
            evicting = (applied.get("status") or {}).get("evictionStartTime")
            grace = f"; evicting since {evicting}" if evicting else ""
            return Hop("STOP", name, space, f"{short(applied)} {state}{grace}", owner)
    return Hop("ok", name, space, "none lists it")


def wec_object(view: PathView) -> Hop:
    assert view.wec is not None
    name, space, obj = "WEC object", view.wec.name, view.wec_object
    if obj is None:
        return Hop("ok", name, space, "gone")
    if going(obj):
        return Hop("STOP", name, space, going(obj), (f"{space}/kube-controller-manager",))
    return Hop("STOP", name, space, "still there", (f"{space}/klusterlet-agent",))


def policy_and_binding(view: PathView) -> Hop:
    """For a Binding or a BindingPolicy that has to go itself: who holds it."""
    name, space = view.ref.kind.name, view.wds.name
    manager, transport = (
        f"{space}/{part}" for part in ("kubestellar-controller-manager", "transport-controller")
    )
    obj = view.wds_object
    if obj is None:
        return Hop("ok", name, space, "gone")
    if not going(obj):
        return Hop(
            "STOP", name, space, "still there, and its deletion was not asked for", (manager,)
        )
    finalizers = obj["metadata"].get("finalizers") or []
    held_by_transport = any(one.startswith("transport.kubestellar.io/") for one in finalizers)
    return Hop("STOP", name, space, going(obj), (transport if held_by_transport else manager,))


def binding_of_work(view: PathView) -> Hop:
    """For a ManifestWork that has to go (the reference of the view): whether its Binding has let go
    of it.
    """
    name, space, work = "Binding", view.wds.name, view.one(view.its, view.ref)
    called = ((work or {}).get("metadata", {}).get("labels") or {}).get(ORIGIN_BINDING_LABEL, "")
    found = view.one(view.wds, Ref(BINDING, "", called))
    if found is None:
        return Hop("ok", name, space, f"{called} is gone")
    if going(found):
        return Hop("ok", name, space, f"{called} {going(found)}")
    wec = view.ref.namespace
    if wec not in destinations(found):
        return Hop("ok", name, space, f"{called} does not name {wec}")
    owner = (f"{space}/kubestellar-controller-manager",)
    return Hop("STOP", name, space, f"{called} is there and names {wec}", owner)


def work_itself(view: PathView) -> Hop:
    name, space, work = "ManifestWork", view.its.name, view.one(view.its, view.ref)
    if work is None:
        return Hop("ok", name, space, "gone")
    if going(work):
        wec = view.ref.namespace
        nobody = wec in view.system and view.system[wec].virtual
        owner = () if nobody else (f"{wec}/klusterlet-agent",)
        return Hop("STOP", name, space, f"{short(work)} {going(work)}", owner)
    return Hop(
        "STOP",
        name,
        space,
        f"{short(work)} is still there",
        (f"{view.wds.name}/transport-controller",),
    )


WITHDRAWAL: tuple[HopFunction, ...] = (
    wds_object,
    binding,
    manifest_work,
    applied_manifest_work,
    wec_object,
)
WITHDRAWAL_IN_WDS: tuple[HopFunction, ...] = (wds_object,)
CONTROL: tuple[HopFunction, ...] = (policy_and_binding,)
LEFT_IN_MAILBOX: tuple[HopFunction, ...] = (binding_of_work, work_itself)
CONTROL_KINDS = (BINDING, BINDING_POLICY)


def going(obj: Obj) -> str:
    """That it is being deleted, and what holds it; empty when it is not."""
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp"):
        return ""
    held = metadata.get("finalizers") or (obj.get("spec") or {}).get("finalizers") or []
    return (
        f"is being deleted since {metadata['deletionTimestamp']}, held by "
        f"{', '.join(held) or 'no finalizer'}"
    )
