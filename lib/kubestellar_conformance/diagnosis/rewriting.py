"""The hops of ManifestWorks that have to stay as they are: who made one again, or wrote it.

The transport controller writes ManifestWorks, and does so when their Binding changes. So the
controller manager is to blame if it made the Binding again, or changed it though nothing had
changed that the Binding comes from.
"""

from __future__ import annotations

from kubestellar_conformance.conditions.bindings import clauses, destinations, identity
from kubestellar_conformance.diagnosis import hops
from kubestellar_conformance.diagnosis.hops import HopFunction, created, named, short
from kubestellar_conformance.diagnosis.view import Hop, PathView
from kubestellar_conformance.spaces.record import Event, wall_time
from kubestellar_conformance.spaces.refs import (
    BINDING,
    BINDING_POLICY,
    COMBINED_STATUS,
    MANAGED_CLUSTER,
    ORIGIN_BINDING_LABEL,
    Obj,
    Ref,
)
from kubestellar_conformance.spaces.space import Space

DERIVED = (BINDING, COMBINED_STATUS)
"""Kinds of the WDS that the controller manager writes itself."""


def binding_of_work(view: PathView) -> Hop:
    """For a ManifestWork, the reference of the view: whether its Binding has stayed."""
    work = view.one(view.its, view.ref)
    labels = ((work or {}).get("metadata") or {}).get("labels") or {}
    called = labels.get(ORIGIN_BINDING_LABEL) or view.policy
    carried = ((work or {}).get("spec") or {}).get("workload") or {}
    return _binding(view, called, [Ref.of(one) for one in carried.get("manifests") or []])


def work_itself(view: PathView) -> Hop:
    name, space, mailbox = "ManifestWork", view.its.name, view.ref.namespace
    work = view.one(view.its, view.ref)
    if work is None:
        text = f"{mailbox}/{view.ref.name} is absent: never created, or deleted"
        return Hop("STOP", name, space, text, view.transport)
    called = f"{mailbox}/{short(work)}"
    how = _how_written(view, work) or f"is not as expected{view.written(view.its, work)}"
    return Hop("STOP", name, space, f"{called} {how}", view.transport)


def binding_of_object(view: PathView) -> Hop:
    """For an object whose ManifestWork was gone."""
    found = hops.binding(view)
    if found.mark == "STOP":
        return found
    mailbox = view.wec.name if view.wec else ""
    here = [named(one) for one, _ in view.bindings if mailbox in destinations(one)]
    return _binding(view, here[0], [view.ref])


def work_of_object(view: PathView) -> Hop:
    found = hops.manifest_work(view)
    if found.mark == "STOP":
        return found
    assert view.wec is not None
    for work, _ in view.manifest_works:
        if how := _how_written(view, work):
            text = f"{view.wec.name}/{short(work)} {how}"
            return Hop("STOP", found.name, found.space, text, view.transport)
    return found


def _how_written(view: PathView, work: Obj) -> str:
    """How the ManifestWork was written since the wait began, as far as a feed has seen it."""
    deleted, generations = _since(view, view.its, Ref.of(work))
    if deleted or created(work) > wall_time(view.since):
        return "was created again"
    if len(generations) > 1:
        return f"was written again: generation {generations[0]}, then {generations[-1]}"
    return ""


def _binding(view: PathView, called: str, carried: list[Ref]) -> Hop:
    name, space, ref = "Binding", view.wds.name, Ref(BINDING, "", called)
    found = view.one(view.wds, ref)
    if found is None:
        return Hop("ok", name, space, f"{called or 'none'} is gone")
    deleted, generations = _since(view, view.wds, ref)
    if deleted:
        text = f"{called} was deleted, and created again"
        return Hop("STOP", name, space, text, view.manager)
    if len(generations) < 2:
        return Hop("ok", name, space, f"{called} has stayed as it was")
    text = f"{called} was written again"
    went = f"generation {generations[0]}, then {generations[-1]}"
    if _called_for(view, found, carried):
        return Hop("ok", name, space, f"{text}, as what it comes from was: {went}")
    text = f"{text}, and nothing that it comes from was: {went}"
    return Hop("STOP", name, space, text, view.manager)


def _called_for(view: PathView, binding: Obj, carried: list[Ref]) -> bool:
    """Whether anything has changed since that a Binding comes from: its policy, its objects, the
    inventory. Holds as well where that cannot be known.
    """
    record, wds = view.system.record, view.wds.name
    if any(record.existing(wds, ref.kind) is None for ref in carried):
        return True
    called = named(binding)
    places = {identity(clause)[2:] for clause in clauses(binding)}
    places |= {(ref.namespace, ref.name) for ref in carried}
    suffix = called.rpartition("-")[2]

    def is_source(event: Event) -> bool:
        ref = event.ref
        if event.space == view.its.name:
            return ref.kind == MANAGED_CLUSTER
        if event.space != wds or ref.kind in DERIVED:
            return False
        if ref.kind == BINDING_POLICY:
            return ref.name == called
        # Objects of a test share the suffix of its names, also those that the Binding has dropped.
        return (ref.namespace, ref.name) in places or ref.name.endswith(f"-{suffix}")

    return any(is_source(event) for event in record.timeline(view.since))


def _since(view: PathView, space: Space, ref: Ref) -> tuple[bool, list[int]]:
    """Whether an object was deleted since the wait began, and the generations that it has had."""
    events = [
        event for event in view.system.record.timeline(refs={ref}) if event.space == space.name
    ]
    before = [event.generation for event in events if event.at < view.since]
    during = [event for event in events if event.at >= view.since]
    deleted = any(event.verb == "DELETED" for event in during)
    had = dict.fromkeys([*before[-1:], *(event.generation for event in during)])
    return deleted, sorted(had)


REWRITING: tuple[HopFunction, ...] = (hops.wds_object, binding_of_object, work_of_object)
REWRITING_OF_WORK: tuple[HopFunction, ...] = (binding_of_work, work_itself)
