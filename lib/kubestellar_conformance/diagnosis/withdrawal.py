"""The hops of a withdrawal: the path gone the same way, each hop ok when what it holds is gone or
going.

The first hop that still holds what the hop before it has let go of is the one that it stops at.
"""

from __future__ import annotations

from kubestellar_conformance.conditions.bindings import destinations
from kubestellar_conformance.diagnosis.control import going
from kubestellar_conformance.diagnosis.hops import BY_THE_TEST, HopFunction, named, short
from kubestellar_conformance.diagnosis.selection import why_not_cluster, why_not_object
from kubestellar_conformance.diagnosis.view import Hop, PathView, origin
from kubestellar_conformance.spaces.refs import (
    BINDING,
    ORIGIN_BINDING_LABEL,
    Obj,
    Ref,
    applied_owners,
)

STILL_ASKED = "the test's own policy still asks for it"
COLLECTOR = "kube-controller-manager"
NO_AGENT = "a virtual WEC has no agent"


def wds_object(view: PathView) -> Hop:
    name, space, obj = "WDS object", view.wds.name, view.wds_object
    if obj is None:
        return Hop("ok", name, space, f"{view.ref} is gone")
    if going(obj):
        if view.wec is None or view.wec_object is None:
            owner = (f"{space}/kube-controller-manager",)
            return Hop("STOP", name, space, f"{view.ref} {going(obj)}", owner)
        return Hop("ok", name, space, f"{view.ref} {going(obj)}")
    text = f"{view.ref} exists; it has to go from where no Binding sends it any more"
    return Hop("ok", name, space, text)


def object_in_wds(view: PathView) -> Hop:
    """For an object that has to go from the WDS itself."""
    hop = wds_object(view)
    if hop.mark == "ok" and view.wds_object is not None:
        text = f"{view.ref} still exists, and its deletion was not requested"
        return Hop("STOP", hop.name, hop.space, text, because=BY_THE_TEST)
    return hop


def binding(view: PathView) -> Hop:
    name, space = "Binding", view.wds.name
    wec = view.wec.name if view.wec else None
    policies = {named(policy): policy for policy in view.policies}
    for one, _ in view.bindings:
        if wec is not None and wec not in destinations(one):
            continue
        called = named(one)
        if going(one):
            return Hop("ok", name, space, f"{called} {going(one)}")
        text = f"{called} still lists it for {', '.join(destinations(one))}"
        if called not in policies:
            return Hop(
                "STOP", name, space, f"{text}, although its BindingPolicy is gone", view.manager
            )
        why = why_not_object(policies[called], view.subject) if view.wds_object else "it is gone"
        if wec is not None and not why:
            why = why_not_cluster(policies[called], wec, view.clusters.get(wec))
        if why:
            return Hop("STOP", name, space, f"{text}; the policy does not: {why}", view.manager)
        return Hop("STOP", name, space, f"{text}, as its BindingPolicy asks", because=STILL_ASKED)
    return Hop("ok", name, space, f"none lists it for {wec}" if wec else "none lists it")


def manifest_work(view: PathView) -> Hop:
    name, space = "ManifestWork", view.its.name
    for work, _ in view.carriers:
        called, of = f"{work['metadata']['namespace']}/{short(work)}", origin(work)
        elsewhere = "" if of == view.wds.name else f", labelled for {f'WDS {of}' if of else 'none'}"
        if not going(work):
            sender = of if of in view.system else view.wds.name
            owner = (f"{sender}/transport-controller",)
            return Hop("STOP", name, space, f"{called} still carries it{elsewhere}", owner)
        return Hop("ok", name, space, f"{called} {going(work)}{elsewhere}")
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
        return Hop("STOP", name, space, going(obj), (f"{space}/{COLLECTOR}",))
    text, responsible = _owned(view, obj)
    return Hop("STOP", name, space, text, (f"{space}/{responsible}",))


def _owned(view: PathView, obj: Obj) -> tuple[str, str]:
    """What the owner references say of an object that stays in a WEC, and the part that they make
    responsible: the agent deletes what a single AppliedManifestWork owns, and leaves what several
    own to the last. The garbage collector deletes an object whose owners are all gone.
    """
    agent = "klusterlet-agent"
    owners = applied_owners(obj)
    if not owners:
        return "still exists; no AppliedManifestWork owns it", agent
    present = {one["metadata"]["uid"] for one in view.applied_works} & owners.keys()
    if present:
        called = ", ".join(owners[uid] for uid in sorted(present))
        return f"still exists; its owner {called} exists and does not list it", agent
    gone = ", ".join(sorted(owners.values()))
    return f"still exists; its owner {gone} is gone, garbage collection is due", COLLECTOR


def binding_of_work(view: PathView) -> Hop:
    """For a ManifestWork that has to go (the reference of the view): whether its Binding has let go
    of it.
    """
    name, space, work = "Binding", view.wds.name, view.one(view.its, view.ref) or {}
    called = ((work.get("metadata") or {}).get("labels") or {}).get(ORIGIN_BINDING_LABEL, "")
    of = origin(work) if work else space
    if of != space:
        nobody_s = "" if of in view.system else ", which does not exist"
        text = f"the ManifestWork is labelled for WDS {of or '(none)'}{nobody_s}"
        return Hop("ok", name, space, text)
    found = view.one(view.wds, Ref(BINDING, "", called))
    if found is None:
        return Hop("ok", name, space, f"{called} is gone")
    if going(found):
        return Hop("ok", name, space, f"{called} {going(found)}")
    wec = view.ref.namespace
    if wec not in destinations(found):
        return Hop("ok", name, space, f"{called} does not name {wec}")
    return Hop("STOP", name, space, f"{called} exists and names {wec}", view.manager)


def work_itself(view: PathView) -> Hop:
    name, space, work = "ManifestWork", view.its.name, view.one(view.its, view.ref)
    if work is None:
        return Hop("ok", name, space, "gone")
    if going(work):
        wec = view.ref.namespace
        nobody = wec in view.system and view.system[wec].virtual
        owner = () if nobody else (f"{wec}/klusterlet-agent",)
        text = f"{wec}/{short(work)} {going(work)}"
        return Hop("STOP", name, space, text, owner, NO_AGENT if nobody else "")
    text = f"{view.ref.namespace}/{short(work)} still exists, and its deletion was not requested"
    return Hop("STOP", name, space, text, view.transport)


WITHDRAWAL: tuple[HopFunction, ...] = (
    wds_object,
    binding,
    manifest_work,
    applied_manifest_work,
    wec_object,
)
WITHDRAWAL_IN_WDS: tuple[HopFunction, ...] = (object_in_wds,)
LEFT_IN_MAILBOX: tuple[HopFunction, ...] = (binding_of_work, work_itself)
