"""The hops of a status on its way back from a WEC, and of what has to be gone of it.

`RETURN` and `COMBINATION` follow the delivery. In `STATUS_GONE`, `COMBINED_GONE` and
`WORK_STATUS_GONE` a hop is ok when it asks for no status any more, or holds none.
"""

from __future__ import annotations

from kubestellar_conformance.conditions.bindings import destinations
from kubestellar_conformance.conditions.combined_status import COMBINED_LABELS
from kubestellar_conformance.conditions.comparing import differences
from kubestellar_conformance.diagnosis.hops import (
    DELIVERY,
    HopFunction,
    named,
    short,
    unbound,
    wds_object,
)
from kubestellar_conformance.diagnosis.selection import why_not_clause
from kubestellar_conformance.diagnosis.view import Hop, PathView
from kubestellar_conformance.spaces.refs import BINDING_POLICY, Kind, Obj, Ref
from kubestellar_conformance.spaces.space import Space

SINGLETON, MULTI_WEC = "wantSingletonReportedState", "wantMultiWECReportedState"
STILL_ASKED = "the test's own policy still asks for it"
BY_THE_TEST = "the test itself reports the status of a virtual WEC"
ANOTHER_HAND = "someone else has changed what the test reported for a virtual WEC"


def work_status(view: PathView) -> Hop:
    assert view.wec is not None
    name, space = "WorkStatus", view.its.name
    owner: tuple[str, ...] = (f"{view.wec.name}/status-agent",)
    if view.wec.virtual:
        return _report(view, view.wec)
    if not view.work_statuses:
        return Hop("STOP", name, space, f"none in namespace {view.wec.name} for it", owner)
    wanted = (view.wec_object or {}).get("status") or {}
    lines: list[str] = []
    for one in view.work_statuses:
        lines = differences(wanted, one.get("status") or {}, "status", f"{view.wec.name} has")
        if not lines:
            return Hop("ok", name, space, f"{view.wec.name}/{short(one)} has the status of the WEC")
    first = view.work_statuses[0]
    since = view.written(view.its, first)
    text = f"{view.wec.name}/{short(first)} is stale: {lines[0]}{since}"
    return Hop("STOP", name, space, text, owner)


def _report(view: PathView, wec: Space) -> Hop:
    """The WorkStatus that the test itself has written, if nobody has changed it."""
    name, space, wanted = "WorkStatus", view.its.name, wec.reported(view.ref)
    if not view.work_statuses:
        text = f"none in namespace {wec.name} for it"
        if wanted is None:
            return Hop("STOP", name, space, text, because=BY_THE_TEST)
        text += ", though the test has reported one"
        return Hop("STOP", name, space, text, because=ANOTHER_HAND)
    lines: list[str] = []
    for one in view.work_statuses:
        status = one.get("status") or {}
        lines = [] if wanted is None else differences(wanted, status, "status", "the test wrote")
        if not lines:
            return Hop("ok", name, space, f"{wec.name}/{short(one)} as the test reported it")
    text = f"{wec.name}/{short(view.work_statuses[0])} is another: {lines[0]}"
    return Hop("STOP", name, space, text, because=ANOTHER_HAND)


def report_if_any(view: PathView) -> Hop:
    """Of a virtual WEC from which the test has reported nothing: the controller manager takes a
    blank report in its place (``combinedstatus-resolver.go``: "using blank").
    """
    assert view.wec is not None
    unreported = view.wec.virtual and view.wec.reported(view.ref) is None
    if unreported and not view.work_statuses:
        text = f"none in namespace {view.wec.name}: the test reports none, which counts as blank"
        return Hop("ok", "WorkStatus", view.its.name, text)
    return work_status(view)


def bound(view: PathView) -> Hop:
    """Whether a Binding lists the object, to whatever WEC."""
    if not view.bindings:
        return unbound(view)
    text = f"{', '.join(named(one) for one, _ in view.bindings)} lists it for no WEC that is known"
    return Hop("ok", "Binding", view.wds.name, text)


def wds_status(view: PathView) -> Hop:
    name, space = "WDS status", view.wds.name
    wanted = (view.work_statuses[0].get("status") or {}) if view.work_statuses else {}
    lines = differences(
        wanted, (view.wds_object or {}).get("status") or {}, "status", "the WorkStatus has"
    )
    if not lines:
        return Hop("ok", name, space, "equal to the WorkStatus")
    asked = any(clause.get(SINGLETON) or clause.get(MULTI_WEC) for _, clause in view.bindings)
    why = "" if asked else " (no Binding asks for singleton status of it)"
    return Hop("STOP", name, space, f"{lines[0]}{why}", view.manager)


def combined_status(view: PathView) -> Hop:
    name, space = "CombinedStatus", view.wds.name
    if not view.combined_statuses:
        asked = any(clause.get("statusCollectors") for _, clause in view.bindings)
        why = "" if asked else " (no Binding names a StatusCollector for it)"
        return Hop("STOP", name, space, f"none for it{why}", view.manager)
    rows = [
        f"{result['name']}: {len(result.get('rows') or [])} rows"
        for one in view.combined_statuses
        for result in one.get("results") or []
    ]
    text = ", ".join(rows) or "it has no results"
    if rows and view.unmet:  # all that it is made from has come this far
        text += f"; not as expected: {view.unmet}"
    return Hop("STOP" if view.unmet or not rows else "ok", name, space, text, view.manager)


def status_asked(view: PathView) -> Hop:
    """Whether KubeStellar has to return a status of the object (API: the comment on
    wantSingletonReportedState).
    """
    name, space = "Binding", view.wds.name
    asking = [
        (one, clause)
        for one, clause in view.bindings
        if clause.get(SINGLETON) or clause.get(MULTI_WEC)
    ]
    if not asking:
        return Hop("ok", name, space, "none asks for a status of it")
    wecs = sorted({wec for one, _ in asking for wec in destinations(one)})
    many = any(clause.get(MULTI_WEC) for _, clause in asking) and len(wecs) > 1
    text = f"{', '.join(named(one) for one, _ in asking)} asks for its status"
    if len(wecs) != 1 and not many:
        return Hop("ok", name, space, f"{text}, which comes from exactly one WEC, not {len(wecs)}")
    return _asked(view, f"{text}, from {', '.join(wecs)}", (SINGLETON, MULTI_WEC))


def collectors_asked(view: PathView) -> Hop:
    """Whether a Binding still names a StatusCollector for the object."""
    name, space = "Binding", view.wds.name
    for one, clause in view.bindings:
        if names := clause.get("statusCollectors"):
            text = f"{named(one)} names {', '.join(names)} for it"
            return _asked(view, text, ("statusCollectors",))
    return Hop("ok", name, space, "none names a StatusCollector for it")


def _asked(view: PathView, text: str, fields: tuple[str, ...]) -> Hop:
    """Stopped at the Binding: it does what a policy asks for, or more."""
    asks = any(
        any(clause.get(field) for field in fields) and not why_not_clause(clause, view.subject)
        for policy in view.policies
        for clause in (policy.get("spec") or {}).get("downsync") or []
    )
    if asks:
        return Hop("STOP", "Binding", view.wds.name, text, because=STILL_ASKED)
    text += ", although no BindingPolicy asks for that"
    return Hop("STOP", "Binding", view.wds.name, text, view.manager)


def work_status_seen(view: PathView) -> Hop:
    """Where the status that is left may come from; what the ITS holds does not decide."""
    found = [f"{one['metadata']['namespace']}/{short(one)}" for one in view.work_statuses]
    return Hop("ok", "WorkStatus", view.its.name, ", ".join(found[:3]) or "none of it")


def status_left(view: PathView) -> Hop:
    name, space = "WDS status", view.wds.name
    status = (view.wds_object or {}).get("status") or {}
    if not status:
        return Hop("ok", name, space, "none")
    since = view.written(view.wds, view.wds_object or {}, ("Status",))
    text = f"still has {', '.join(sorted(status))}{since}"
    return Hop("STOP", name, space, text, view.manager)


def combined_left(view: PathView) -> Hop:
    name, space = "CombinedStatus", view.wds.name
    if not view.combined_statuses:
        return Hop("ok", name, space, "none")
    left = view.combined_statuses[0]
    of = ", ".join(str(one.get("name")) for one in left.get("results") or []) or "no collector"
    return Hop("STOP", name, space, f"{short(left)} still has results of {of}", view.manager)


def policy_of_combined(view: PathView) -> Hop:
    """For a CombinedStatus that has to go (the reference of the view): whether its policy is
    gone.
    """
    name, space, found = "BindingPolicy", view.wds.name, view.one(view.wds, view.ref) or {}
    labels = (found.get("metadata") or {}).get("labels") or {}
    called = str(labels.get(f"{COMBINED_LABELS}binding-policy") or "")
    if view.one(view.wds, Ref(BINDING_POLICY, "", called)) is None:
        return Hop("ok", name, space, f"{called} is gone")
    return Hop("STOP", name, space, f"{called} still exists", because=STILL_ASKED)


def combined_itself(view: PathView) -> Hop:
    name, space, found = "CombinedStatus", view.wds.name, view.one(view.wds, view.ref)
    if found is None:
        return Hop("ok", name, space, "gone")
    return Hop("STOP", name, space, f"{short(found)} still exists", view.manager)


def object_of_status(view: PathView) -> Hop:
    """For a WorkStatus that has to go (the reference of the view): whether its object is gone from
    the WEC.
    """
    wec, status = view.wec, view.one(view.its, view.ref)
    name, space = "WEC object", view.ref.namespace
    if wec is None or wec.virtual or status is None:
        return Hop("ok", name, space, "not looked at")
    source = _source(status)
    if source is None or view.one(wec, source) is None:
        return Hop("ok", name, space, f"{source} is gone")
    owner = (f"{space}/klusterlet-agent",)
    return Hop("STOP", name, space, f"{source} still exists, so its status is due", owner)


def work_status_itself(view: PathView) -> Hop:
    name, space, status = "WorkStatus", view.its.name, view.one(view.its, view.ref)
    if status is None:
        return Hop("ok", name, space, "gone")
    text = f"{view.ref.namespace}/{short(status)} still exists"
    if view.wec is not None and view.wec.virtual:
        return Hop("STOP", name, space, text, because=BY_THE_TEST)
    return Hop("STOP", name, space, text, (f"{view.ref.namespace}/status-agent",))


def _source(status: Obj) -> Ref | None:
    source = (status.get("spec") or {}).get("sourceRef") or {}
    if not source.get("kind"):
        return None
    kind = Kind(source.get("group") or "", source.get("version") or "", source["kind"])
    return Ref(kind, source.get("namespace") or "", source.get("name") or "")


RETURN: tuple[HopFunction, ...] = (*DELIVERY, work_status, wds_status)
COMBINATION: tuple[HopFunction, ...] = (*DELIVERY, report_if_any, combined_status)
COMBINATION_IN_WDS: tuple[HopFunction, ...] = (wds_object, bound, combined_status)
STATUS_GONE: tuple[HopFunction, ...] = (wds_object, status_asked, work_status_seen, status_left)
COMBINED_GONE: tuple[HopFunction, ...] = (collectors_asked, combined_left)
COMBINED_STATUS_GONE: tuple[HopFunction, ...] = (policy_of_combined, combined_itself)
WORK_STATUS_GONE: tuple[HopFunction, ...] = (object_of_status, work_status_itself)
