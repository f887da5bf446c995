"""The hops of delivery, from an object in the WDS to the object in a WEC: each says whether it
exists and is up to date.

A hop is a small function of a `PathView`; `DELIVERY` and `AVAILABILITY` are the order in which they
are walked.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable

from kubestellar_conformance.conditions.bindings import destinations
from kubestellar_conformance.conditions.objects import judge_available
from kubestellar_conformance.diagnosis.selection import distance, why_not_cluster, why_not_object
from kubestellar_conformance.diagnosis.view import Hop, PathView, origin
from kubestellar_conformance.spaces.refs import (
    BINDING,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
    Obj,
    Ref,
)

HopFunction = Callable[[PathView], Hop]
BINDING_WRITERS = ("Binding", "kubestellar")
"""Field managers of the controller manager's writes to a Binding."""
NEAREST = 2
"""So many BindingPolicies are named of those that do not select an object."""
BY_THE_TEST = "the test itself creates the object in the WDS"
BY_THE_POLICY = "the BindingPolicy does not ask for it"
CREATE_ONLY = "an object that exists is not updated under the update strategy CreateOnly"


def wds_object(view: PathView) -> Hop:
    name, space, obj = "WDS object", view.wds.name, view.wds_object
    if obj is None:
        text = f"{view.ref} is absent: never applied, or deleted"
        return Hop("STOP", name, space, text, because=BY_THE_TEST)
    if view.unmet and view.wec is None and _is_installed(view.ref):
        text = f"{view.ref} {at_version(obj)} is not as released"
        return Hop("STOP", name, space, text, view.manager)
    if gone_since := obj["metadata"].get("deletionTimestamp"):
        owner = f"{space}/kube-controller-manager"
        return Hop("STOP", name, space, f"{view.ref} is being deleted since {gone_since}", (owner,))
    return Hop("ok", name, space, f"{view.ref} {at_version(obj)}")


def _is_installed(ref: Ref) -> bool:
    """Whether the controller manager installs this object in its WDS, and updates it."""
    return ref.kind.name == "CustomResourceDefinition" and ref.name.endswith(f".{BINDING.group}")


def binding(view: PathView) -> Hop:
    name, space = "Binding", view.wds.name
    if not view.bindings:
        return unbound(view)
    wec, obj = view.wec.name if view.wec else "", view.wds_object or {}
    to_here = [(one, clause) for one, clause in view.bindings if wec in destinations(one)]
    if not to_here:
        return _bound_elsewhere(view, wec)
    version = str((obj.get("metadata") or {}).get("resourceVersion"))
    one, clause = next(
        (pair for pair in to_here if pair[1].get("resourceVersion") == version), to_here[0]
    )
    listed = str(clause.get("resourceVersion"))
    text = f"{named(one)} lists it for {', '.join(destinations(one))}"
    # A status that came back has changed the version as well, so an older one alone means nothing.
    if listed != version and not _carried(view):
        since = view.written(view.wds, one, BINDING_WRITERS)
        text += f", but at resourceVersion {listed} and not {version}: stale{since}"
        return Hop("STOP", name, space, text, view.manager)
    return Hop("ok", name, space, f"{text}{reported(one)}")


def unbound(view: PathView) -> Hop:
    """No Binding lists the object: the controller's fault if a policy selects it, else nobody's."""
    name, space, subject = "Binding", view.wds.name, view.subject
    policies = sorted(view.policies, key=lambda policy: _unlikely(policy, view))
    asking = [policy for policy in policies if distance(policy, subject) == 0]
    if asking:
        who = ", ".join(f"{named(policy)}{reported(policy)}" for policy in asking[:NEAREST])
        text = f"none lists it, although it is selected by BindingPolicy {who}"
        return Hop("STOP", name, space, text, view.manager)
    if not policies:
        who = f"BindingPolicy {view.policy}" if view.policy else "a BindingPolicy"
        text = f"none lists it; {who} does not exist"
        return Hop("STOP", name, space, text, because=BY_THE_POLICY)
    reasons = [f"{named(policy)}: {why_not_object(policy, subject)}" for policy in policies]
    more = f"; and {len(reasons) - NEAREST} more" if len(reasons) > NEAREST else ""
    text = f"none lists it, as no BindingPolicy selects it; {'; '.join(reasons[:NEAREST])}{more}"
    return Hop("STOP", name, space, text, because=BY_THE_POLICY)


def _unlikely(policy: Obj, view: PathView) -> tuple[bool, int, float]:
    """Orders policies that may be meant for the object: one of the same test (their names have the
    suffix of its own), then by how many criteria fail, then by when they were created.
    """
    suffixes = {name.rpartition("-")[2] for name in (view.ref.name, view.ref.namespace) if name}
    another = named(policy).rpartition("-")[2] not in suffixes
    between = abs(created(policy) - created(view.wds_object or {}))
    return another, distance(policy, view.subject), between


def _bound_elsewhere(view: PathView, wec: str) -> Hop:
    """The object is bound, but not to this WEC: the controller's fault if a policy selects it."""
    name, space = "Binding", view.wds.name
    policies = {named(policy): policy for policy in view.policies}
    one = view.bindings[0][0]
    text = f"{named(one)} lists it for {', '.join(destinations(one)) or 'no cluster'}"
    reasons = [
        why_not_cluster(policies[named(bound)], wec, view.clusters.get(wec))
        for bound, _ in view.bindings
        if named(bound) in policies
    ]
    if reasons and all(reasons):
        return Hop("STOP", name, space, f"{text}; {reasons[0]}", because=BY_THE_POLICY)
    although = ", although its BindingPolicy's clusterSelectors match it" if reasons else ""
    return Hop("STOP", name, space, f"{text}, not for {wec}{although}", view.manager)


def _carried(view: PathView) -> bool:
    return view.wds_object is not None and any(
        not view.stale(manifest) for _, manifest in view.manifest_works
    )


def manifest_work(view: PathView) -> Hop:
    name, space = "ManifestWork", view.its.name
    mailbox = view.wec.name if view.wec else ""
    if not view.manifest_works:
        text = f"none in namespace {mailbox} carries it"
        if view.astray:
            text = f"none that is labelled for WDS {view.wds.name} carries it; {stray(view)}"
        return Hop("STOP", name, space, text, view.transport)
    faults = []
    for work, manifest in view.manifest_works:
        lines, kept = view.stale(manifest), view.kept(manifest)
        if work["metadata"].get("deletionTimestamp"):
            lines = ["the ManifestWork is being deleted"]
        if lines or kept:
            how = f"is stale: {lines[0]}" if lines else f"carries it with {kept[0]}"
            faults.append((work, how))
        else:
            text = f"{mailbox}/{short(work)} carries it{_notes(view, work)}"
            if _not_create_only(view, work):
                return Hop("STOP", name, space, text, view.transport)
            return Hop("ok", name, space, text)
    work, how = faults[0]
    text = f"{mailbox}/{short(work)} {how}{view.written(view.its, work)}"
    return Hop("STOP", name, space, text, view.transport)


def _notes(view: PathView, work: Obj) -> str:
    """What is remarkable in a ManifestWork that carries the object as it should."""
    notes = ""
    bound = {named(one) for one, _ in view.bindings}
    of = (work["metadata"].get("labels") or {}).get(ORIGIN_BINDING_LABEL)
    if bound and of not in bound:
        notes += f"; it is labelled for Binding {of}, which does not list it"
    asked = any(clause.get("createOnly") for _, clause in view.bindings)
    if asked and not view.create_only(work):
        notes += "; its update strategy is not CreateOnly, though a Binding asks for that"
    elif view.create_only(work):
        notes += ", under the update strategy CreateOnly"
    return notes


def _not_create_only(view: PathView, work: Obj) -> bool:
    """Whether the work's own Binding asks for createOnly, and the work does not say so."""
    of = (work["metadata"].get("labels") or {}).get(ORIGIN_BINDING_LABEL)
    asking = {named(one) for one, clause in view.bindings if clause.get("createOnly")}
    return of in asking and not view.create_only(work)


def stray(view: PathView) -> str:
    """A ManifestWork that carries the object but is labelled for another WDS."""
    work = view.astray[0]
    of = f"labelled for WDS {origin(work)}" if origin(work) else f"without {ORIGIN_WDS_LABEL}"
    return f"{work['metadata']['namespace']}/{short(work)} does, {of}"


def applied_manifest_work(view: PathView) -> Hop:
    assert view.wec is not None
    name, space, owner = (
        "AppliedManifestWork",
        view.wec.name,
        (f"{view.wec.name}/klusterlet-agent",),
    )
    text = ""
    for work, _ in view.manifest_works:
        applied = view.applied_for(work)
        if applied is None:
            text = text or f"none for ManifestWork {short(work)}{_why_not(work, view)}"
        elif view.lists_it(applied):
            return Hop("ok", name, space, f"{short(applied)} lists it{_why_not(work, view)}")
        else:
            text = text or f"{short(applied)} does not list it{_why_not(work, view)}"
    return Hop("STOP", name, space, text or "none", owner)


def _why_not(work: Obj, view: PathView) -> str:
    """What the agent said in the ManifestWork about an object that it could not apply."""
    for entry in (((work.get("status") or {}).get("resourceStatus") or {}).get("manifests")) or []:
        meta = entry.get("resourceMeta") or {}
        if (meta.get("kind"), meta.get("name")) != (view.ref.kind.name, view.ref.name):
            continue
        for condition in entry.get("conditions") or []:
            if condition.get("type") == "Applied" and condition.get("status") == "False":
                return f"; the agent says: {condition.get('message')}"
    return ""


def wec_object(view: PathView) -> Hop:
    assert view.wec is not None
    name, space, owner = "WEC object", view.wec.name, (f"{view.wec.name}/klusterlet-agent",)
    obj = view.wec_object
    if obj is None:
        return Hop("STOP", name, space, "absent", owner)
    if obj["metadata"].get("deletionTimestamp"):
        return Hop("STOP", name, space, "being deleted", owner)
    if view.wds_object is not None and (lines := view.stale(obj)):
        if any(view.create_only(work) for work, _ in view.manifest_works):
            text = f"differs, under the update strategy CreateOnly: {lines[0]}"
            return Hop("STOP", name, space, text, because=CREATE_ONLY)
        return Hop("STOP", name, space, f"stale: {lines[0]}", owner)
    if kept := view.kept(obj):
        if any(view.create_only(work) for work, _ in view.manifest_works):
            text = f"still has {kept[0]}, under the update strategy CreateOnly"
            return Hop("STOP", name, space, text, because=CREATE_ONLY)
        text = f"has {kept[0]}, which no ManifestWork does"
        return Hop("STOP", name, space, text, owner)
    return Hop("ok", name, space, f"as in the WDS, {at_version(obj)}")


def wec_availability(view: PathView) -> Hop:
    assert view.wec is not None
    ok, said = judge_available(view.wec_object or {})
    owners = tuple(
        f"{view.wec.name}/{part}" for part in ("kube-controller-manager", "kube-scheduler", "kwok")
    )
    text = "available" if ok else said
    return Hop("ok" if ok else "STOP", "availability", view.wec.name, text, owners)


DELIVERY: tuple[HopFunction, ...] = (
    wds_object,
    binding,
    manifest_work,
    applied_manifest_work,
    wec_object,
)
AVAILABILITY: tuple[HopFunction, ...] = (*DELIVERY, wec_availability)


def created(obj: Obj) -> float:
    """When an object was created, in seconds since the epoch; 0 where it does not say."""
    stamp = (obj.get("metadata") or {}).get("creationTimestamp")
    return datetime.datetime.fromisoformat(stamp).timestamp() if stamp else 0.0


def named(obj: Obj) -> str:
    return str(obj["metadata"]["name"])


def reported(obj: Obj) -> str:
    """The errors that KubeStellar reports in an object's status, as a text to append."""
    errors = (obj.get("status") or {}).get("errors") or []
    return f"; errors: {'; '.join(map(str, errors))}" if errors else ""


def at_version(obj: Obj) -> str:
    metadata = obj["metadata"]
    generation = f" generation {metadata['generation']}" if metadata.get("generation") else ""
    return f"rv {metadata.get('resourceVersion')}{generation}"


def short(obj: Obj) -> str:
    """A name that is made of UIDs and hashes, cut so that a line stays readable."""
    name: str = Ref.of(obj).name
    return name if len(name) <= 40 else f"{name[:18]}...{name[-18:]}"
