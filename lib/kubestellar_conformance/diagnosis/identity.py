"""The hops of an object that was replaced in a WEC: the first hop that was replaced too, or else
dropped the object for a while, explains it.
"""

from __future__ import annotations

from kubestellar_conformance.conditions.bindings import destinations
from kubestellar_conformance.diagnosis import hops
from kubestellar_conformance.diagnosis.hops import BY_THE_TEST, HopFunction, created, named, short
from kubestellar_conformance.diagnosis.view import Hop, PathView
from kubestellar_conformance.spaces.record import Event
from kubestellar_conformance.spaces.refs import BINDING, MANIFEST_WORK, Ref, uid
from kubestellar_conformance.spaces.space import Space

LATER = 1.0
"""Seconds that the feed of a cause may be behind that of its effect."""
AT_ONCE = 3.0
"""Seconds in which a feed reports a creation; the time of a creation is in whole seconds."""


def wds_object(view: PathView) -> Hop:
    found = hops.wds_object(view)
    if found.mark == "ok" and _deleted(view, view.wds, view.ref):
        text = f"{view.ref} was deleted, and created again"
        return Hop("STOP", found.name, found.space, text, because=BY_THE_TEST)
    return found


def binding(view: PathView) -> Hop:
    name, space, wec = "Binding", view.wds.name, view.wec.name if view.wec else ""
    here = [one for one, _ in view.bindings if wec in destinations(one)]
    if not here:
        return hops.binding(view)
    for one in here:
        if _deleted(view, view.wds, Ref(BINDING, "", named(one))):
            text = f"{named(one)} was deleted, and created again"
            return Hop("STOP", name, space, text, view.manager)
    return Hop("ok", name, space, f"{named(here[0])} is the same{_changed(view, named(here[0]))}")


def manifest_work(view: PathView) -> Hop:
    assert view.wec is not None
    name, space, mailbox = "ManifestWork", view.its.name, view.wec.name
    for work, _ in view.manifest_works:
        ref = Ref(MANIFEST_WORK, mailbox, work["metadata"]["name"])
        if _deleted(view, view.its, ref) or _came_later(view, ref, created(work)):
            text = f"{mailbox}/{short(work)} was deleted, and created again"
            return Hop("STOP", name, space, text, view.transport)
    if not view.manifest_works:
        return hops.manifest_work(view)
    called = f"{mailbox}/{short(view.manifest_works[0][0])}"
    if view.wec.virtual:  # its objects are what the ManifestWorks carry
        text = f"{called} has not carried it all the time"
        return Hop("STOP", name, space, text, view.transport)
    return Hop("ok", name, space, f"{called} is the same")


def wec_object(view: PathView) -> Hop:
    assert view.wec is not None
    space, obj = view.wec.name, view.wec_object
    text = f"uid {uid(obj)[:8]}, another than before" if obj else "absent"
    return Hop("STOP", "WEC object", space, text, (f"{space}/klusterlet-agent",))


def _came_later(view: PathView, ref: Ref, created_at: float) -> bool:
    """Whether a ManifestWork, under another name than the one before it, was created after the old
    object was there. An event long after the creation is the first listing of a feed.
    """
    begin, _ = _span(view)
    return begin > 0 and any(
        event.verb == "ADDED"
        and event.space == view.its.name
        and event.at > begin
        and event.wall - created_at < AT_ONCE
        for event in view.system.record.timeline(begin, refs={ref})
    )


def _deleted(view: PathView, space: Space, ref: Ref) -> bool:
    begin, end = _span(view)
    return any(
        event.verb == "DELETED" and event.space == space.name and event.at <= end
        for event in view.system.record.timeline(begin, refs={ref})
    )


def _changed(view: PathView, binding_name: str) -> str:
    """How its specification changed meanwhile: it may have dropped the object for a while."""
    begin, end = _span(view)
    generations = [
        event.generation
        for event in view.system.record.timeline(begin, refs={Ref(BINDING, "", binding_name)})
        if event.space == view.wds.name and event.at <= end
    ]
    if len(set(generations)) < 2:
        return ""
    return f"; its generation went from {min(generations)} to {max(generations)} meanwhile"


def _span(view: PathView) -> tuple[float, float]:
    """When the object that was replaced last was there, in seconds of the monotonic clock."""
    assert view.wec is not None
    events: list[Event] = [
        event
        for event in view.system.record.timeline(refs={view.ref})
        if event.space == view.wec.name
    ]
    ends = [event.at for event in events if event.verb == "DELETED"]
    end = ends[-1] if ends else float("inf")
    begins = [event.at for event in events if event.verb == "ADDED" and event.at < end]
    return (begins[-1] if begins else 0.0), end + LATER


IDENTITY: tuple[HopFunction, ...] = (wds_object, binding, manifest_work, wec_object)
