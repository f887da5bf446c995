"""The hops of KubeStellar's own objects: what a BindingPolicy selects and its Binding says of that,
what a controller reports, and who holds a policy that has to go.
"""

from __future__ import annotations

from kubestellar_conformance.conditions.bindings import clauses, destinations, identity
from kubestellar_conformance.conditions.reports import judge_observed
from kubestellar_conformance.diagnosis.hops import (
    BY_THE_POLICY,
    HopFunction,
    named,
    reported,
    wds_object,
)
from kubestellar_conformance.diagnosis.selection import (
    Subject,
    selects_cluster,
    shown_selectors,
    why_not_clause,
    why_not_object,
)
from kubestellar_conformance.diagnosis.view import Hop, PathView
from kubestellar_conformance.spaces.client import SHORT, Refused
from kubestellar_conformance.spaces.discovery import Served
from kubestellar_conformance.spaces.refs import (
    BINDING,
    BINDING_POLICY,
    CUSTOM_TRANSFORM,
    NAMESPACE,
    STATUS_COLLECTOR,
    Kind,
    Obj,
    Ref,
)

FLAGS = ("createOnly", "wantSingletonReportedState", "wantMultiWECReportedState")
"""Modulations of which one clause that asks for it is enough."""
WRITTEN_BY_THE_TEST = "the test itself creates the BindingPolicy"
_NOT_FOUND = 404
REPORTERS: dict[Kind, tuple[str, ...]] = {
    BINDING_POLICY: ("kubestellar-controller-manager",),
    STATUS_COLLECTOR: ("kubestellar-controller-manager",),
    BINDING: ("transport-controller", "kubestellar-controller-manager"),
    CUSTOM_TRANSFORM: ("transport-controller",),
}
"""Who writes the status of an object, by kind. Of a Binding the errors are the transport
controller's, the conditions the controller manager's.
"""


def policy(view: PathView) -> Hop:
    name, space, found = "BindingPolicy", view.wds.name, _policy(view)
    if found is None:
        text = f"{_policy_name(view)} is absent: never applied, or deleted"
        return Hop("STOP", name, space, text, because=WRITTEN_BY_THE_TEST)
    return Hop("ok", name, space, f"{named(found)} {judge_observed(found)[1]}{reported(found)}")


def inventory(view: PathView) -> Hop:
    """Which ManagedClusters the policy selects."""
    selectors = ((_policy(view) or {}).get("spec") or {}).get("clusterSelectors") or []
    selected = ", ".join(_selected(view)) or "no ManagedCluster"
    text = f"the clusterSelectors ({shown_selectors(selectors)}) match {selected}"
    return Hop("ok", "inventory", view.its.name, text)


def binding_itself(view: PathView) -> Hop:
    name, space, called = "Binding", view.wds.name, _policy_name(view)
    found = view.one(view.wds, Ref(BINDING, "", called))
    if found is None:
        return Hop("STOP", name, space, f"{called} is absent", view.manager)
    named_clusters, selected = sorted(destinations(found)), _selected(view)
    text = f"{called} names {', '.join(named_clusters) or 'no cluster'}{reported(found)}"
    if named_clusters != selected:
        return Hop("STOP", name, space, f"{text}; the policy selects others", view.manager)
    return Hop("ok", name, space, text)


def listed_objects(view: PathView) -> Hop:
    """Whether the policy selects each object that its Binding lists, of whatever kind."""
    name, space, called = "Binding", view.wds.name, _policy_name(view)
    found, one = _policy(view), view.one(view.wds, Ref(BINDING, "", called))
    listed = clauses(one or {})
    for clause in listed:
        group, resource, namespace, object_name = identity(clause)
        kind = Kind(group, str(clause.get("version")), resource)
        path = Served(kind, resource, bool(namespace)).path(namespace, object_name)
        try:
            live = view.wds.client.request("get", path, doing=f"get of {path}", timeout=SHORT)
        except Refused as problem:
            if problem.status != _NOT_FOUND:
                raise
            text = f"{called} lists {Ref(kind, namespace, object_name)}, which does not exist"
            return Hop("STOP", name, space, text, view.manager)
        labels = live["metadata"].get("labels") or {}
        where = view.one(view.wds, Ref(NAMESPACE, "", namespace)) if namespace else None
        of_namespace = (where["metadata"].get("labels") or {}) if where else None
        subject = Subject(Ref(kind, namespace, object_name), resource, labels, of_namespace)
        if why := why_not_object(found or {}, subject):
            text = f"{called} lists {subject.ref}, which the policy does not select: {why}"
            return Hop("STOP", name, space, text, view.manager)
    return Hop("ok", name, space, f"the policy selects every object that it lists ({len(listed)})")


def selected_object(view: PathView) -> Hop:
    """The object, which a Binding must not list without it."""
    if view.wds_object is not None or not view.bindings:
        return wds_object(view)
    text = f"{named(view.bindings[0][0])} lists {view.ref}, which does not exist"
    return Hop("STOP", "Binding", view.wds.name, text, view.manager)


def selection(view: PathView) -> Hop:
    """Whether the Binding lists an object exactly if the policy selects it."""
    name, space, found = "Binding", view.wds.name, _policy(view)
    if found is None:
        return Hop("?", name, space, "cannot be judged without its BindingPolicy")
    why, listed = why_not_object(found, view.subject), bool(view.bindings)
    if not why:
        text = f"the policy selects {view.ref}"
        if listed:
            wrong = _not_as_asked(view, found)
            text += f", and {named(found)} lists it{wrong}"
            return Hop("STOP" if wrong else "ok", name, space, text, view.manager)
        return Hop(
            "STOP", name, space, f"{text}, but {named(found)} does not list it", view.manager
        )
    if listed:
        text = f"{named(found)} lists {view.ref}, which the policy does not select: {why}"
        return Hop("STOP", name, space, text, view.manager)
    text = f"the policy does not select {view.ref}: {why}"
    return Hop("STOP", name, space, text, because=BY_THE_POLICY)


def _not_as_asked(view: PathView, policy: Obj) -> str:
    """How the Binding's entry for the object differs from what the policy's clauses that match it
    ask for together (API: DownsyncPolicyClause); empty where it does not.
    """
    if len(view.bindings) > 1:
        return f" {len(view.bindings)} times"
    entry, asked = (
        view.bindings[0][1],
        [
            clause
            for clause in (policy.get("spec") or {}).get("downsync") or []
            if not why_not_clause(clause, view.subject)
        ],
    )
    for flag in FLAGS:
        wanted = any(clause.get(flag) for clause in asked)
        if bool(entry.get(flag)) != wanted:
            return f" with{'out' if wanted else ''} {flag}"
    wanted_names = {name for clause in asked for name in clause.get("statusCollectors") or []}
    names = set(entry.get("statusCollectors") or [])
    if names != wanted_names:
        return f" with the statusCollectors [{', '.join(sorted(names))}]"
    version = str(((view.wds_object or {}).get("metadata") or {}).get("resourceVersion"))
    if view.unmet and entry.get("resourceVersion") != version:
        return f" at resourceVersion {entry.get('resourceVersion')}, its own is {version}"
    return ""


def report(view: PathView) -> Hop:
    """What an object's controller reports of it, which is not what was expected."""
    name, space, obj = view.ref.kind.name, view.wds.name, view.wds_object
    if obj is None:
        text = f"{view.ref.name} is absent: never applied, or deleted"
        return Hop("STOP", name, space, text, because=WRITTEN_BY_THE_TEST)
    owners = tuple(f"{space}/{part}" for part in REPORTERS.get(view.ref.kind, ()))
    text = f"{view.ref.name}: {judge_observed(obj)[1]}{reported(obj) or '; no errors'}"
    return Hop("STOP" if owners else "ok", name, space, text, owners)


def policy_and_binding(view: PathView) -> Hop:
    """For a Binding or a BindingPolicy that has to go itself: who holds it."""
    name, space, obj = view.ref.kind.name, view.wds.name, view.wds_object
    if obj is None:
        return Hop("ok", name, space, "gone")
    if not going(obj):
        text = "still exists, and its deletion was not requested"
        return Hop("STOP", name, space, text, view.manager)
    finalizers = obj["metadata"].get("finalizers") or []
    held_by_transport = any(one.startswith("transport.kubestellar.io/") for one in finalizers)
    owner = view.transport if held_by_transport else view.manager
    return Hop("STOP", name, space, going(obj), owner)


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


def _policy_name(view: PathView) -> str:
    return view.policy or view.ref.name


def _policy(view: PathView) -> Obj | None:
    return view.one(view.wds, Ref(BINDING_POLICY, "", _policy_name(view)))


def _selected(view: PathView) -> list[str]:
    found = _policy(view) or {}
    return sorted(name for name, labels in view.clusters.items() if selects_cluster(found, labels))


BOUND: tuple[HopFunction, ...] = (policy, inventory, binding_itself, listed_objects)
SELECTED: tuple[HopFunction, ...] = (policy, selected_object, selection)
REPORTED: tuple[HopFunction, ...] = (report,)
GONE: tuple[HopFunction, ...] = (policy_and_binding,)
KINDS = (BINDING, BINDING_POLICY)
