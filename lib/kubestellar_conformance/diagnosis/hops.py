"""The hops from an object in the WDS to its state in a WEC and back: each says whether it is there
and up to date.

A hop is a small function of a `PathView`; `DELIVERY`, `RETURN` and `COMBINATION` are the order in
which they are gone.
"""

from __future__ import annotations

from collections.abc import Callable

from kubestellar_conformance.conditions.bindings import destinations
from kubestellar_conformance.conditions.comparing import differences
from kubestellar_conformance.conditions.objects import judge_available
from kubestellar_conformance.diagnosis.view import Hop, PathView
from kubestellar_conformance.spaces.refs import Obj, Ref

HopFunction = Callable[[PathView], Hop]


def wds_object(view: PathView) -> Hop:
    name, space, obj = "WDS object", view.wds.name, view.wds_object
    if obj is None:
        return Hop("STOP", name, space, f"{view.ref} is absent: never applied, or deleted")
    if gone_since := obj["metadata"].get("deletionTimestamp"):
        owner = f"{space}/kube-controller-manager"
        return Hop("STOP", name, space, f"{view.ref} is being deleted since {gone_since}", (owner,))
    return Hop("ok", name, space, f"{view.ref} {at_version(obj)}")


def binding(view: PathView) -> Hop:
    name, space, owner = (
        "Binding",
        view.wds.name,
        (f"{view.wds.name}/kubestellar-controller-manager",),
    )
    if not view.bindings:
        policies = ", ".join(policy["metadata"]["name"] for policy in view.policies)
        return Hop(
            "STOP", name, space, f"none lists it; BindingPolicies: {policies or 'none'}", owner
        )
    wec, obj = view.wec.name if view.wec else "", view.wds_object or {}
    to_here = [(one, clause) for one, clause in view.bindings if wec in destinations(one)]
    if not to_here:
        one = view.bindings[0][0]
        whom = ", ".join(destinations(one)) or "no cluster"
        return Hop(
            "STOP",
            name,
            space,
            f"{one['metadata']['name']} lists it for {whom}, not for {wec}",
            owner,
        )
    version = str((obj.get("metadata") or {}).get("resourceVersion"))
    one, clause = next(
        (pair for pair in to_here if pair[1].get("resourceVersion") == version), to_here[0]
    )
    listed = str(clause.get("resourceVersion"))
    text = f"{one['metadata']['name']} lists it for {', '.join(destinations(one))}"
    # A status that came back has changed the version as well, so an older one alone means nothing.
    if listed != version and not _carried(view):
        return Hop(
            "STOP",
            name,
            space,
            f"{text}, but at resourceVersion {listed} and not {version}: stale",
            owner,
        )
    errors = (one.get("status") or {}).get("errors") or []
    return Hop("ok", name, space, f"{text}{'; errors: ' + '; '.join(errors) if errors else ''}")


def _carried(view: PathView) -> bool:
    return view.wds_object is not None and any(
        not view.stale(manifest) for _, manifest in view.manifest_works
    )


def manifest_work(view: PathView) -> Hop:
    name, space, owner = "ManifestWork", view.its.name, (f"{view.wds.name}/transport-controller",)
    mailbox = view.wec.name if view.wec else ""
    if not view.manifest_works:
        return Hop("STOP", name, space, f"none in namespace {mailbox} carries it", owner)
    stale = []
    for work, manifest in view.manifest_works:
        lines = view.stale(manifest)
        if work["metadata"].get("deletionTimestamp"):
            lines = ["the ManifestWork is being deleted"]
        if not lines:
            return Hop("ok", name, space, f"{mailbox}/{short(work)} carries it")
        stale.append((work, lines))
    work, lines = stale[0]
    return Hop("STOP", name, space, f"{mailbox}/{short(work)} is stale: {lines[0]}", owner)


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
        return Hop("STOP", name, space, f"stale: {lines[0]}", owner)
    return Hop("ok", name, space, f"as in the WDS, {at_version(obj)}")


def wec_availability(view: PathView) -> Hop:
    assert view.wec is not None
    ok, said = judge_available(view.wec_object or {})
    owners = tuple(
        f"{view.wec.name}/{part}" for part in ("kube-controller-manager", "kube-scheduler", "kwok")
    )
    return Hop(
        "ok" if ok else "STOP",
        "availability",
        view.wec.name,
        said if not ok else "available",
        owners,
    )


def work_status(view: PathView) -> Hop:
    assert view.wec is not None
    name, space = "WorkStatus", view.its.name
    owner: tuple[str, ...] = (f"{view.wec.name}/status-agent",)
    if view.wec.virtual:
        owner = ()  # the test reports what it likes
    if not view.work_statuses:
        return Hop("STOP", name, space, f"none in namespace {view.wec.name} for it", owner)
    if view.wec.virtual:
        found = short(view.work_statuses[0])
        return Hop("ok", name, space, f"{view.wec.name}/{found} as the test reported it")
    wanted = (view.wec_object or {}).get("status") or {}
    lines: list[str] = []
    for one in view.work_statuses:
        lines = differences(wanted, one.get("status") or {}, "status", f"{view.wec.name} has")
        if not lines:
            return Hop("ok", name, space, f"{view.wec.name}/{short(one)} has the status of the WEC")
    return Hop(
        "STOP",
        name,
        space,
        f"{view.wec.name}/{short(view.work_statuses[0])} is stale: {lines[0]}",
        owner,
    )


def wds_status(view: PathView) -> Hop:
    name, space, owner = (
        "WDS status",
        view.wds.name,
        (f"{view.wds.name}/kubestellar-controller-manager",),
    )
    wanted = (view.work_statuses[0].get("status") or {}) if view.work_statuses else {}
    lines = differences(
        wanted, (view.wds_object or {}).get("status") or {}, "status", "the WorkStatus has"
    )
    if not lines:
        return Hop("ok", name, space, "equal to the WorkStatus")
    asked = any(clause.get("wantSingletonReportedState") for _, clause in view.bindings)
    why = "" if asked else " (no Binding asks for singleton status of it)"
    return Hop("STOP", name, space, f"{lines[0]}{why}", owner)


def combined_status(view: PathView) -> Hop:
    name, space, owner = (
        "CombinedStatus",
        view.wds.name,
        (f"{view.wds.name}/kubestellar-controller-manager",),
    )
    if not view.combined_statuses:
        asked = any(clause.get("statusCollectors") for _, clause in view.bindings)
        why = "" if asked else " (no Binding names a StatusCollector for it)"
        return Hop("STOP", name, space, f"none for it{why}", owner)
    rows = [
        f"{result['name']}: {len(result.get('rows') or [])} rows"
        for one in view.combined_statuses
        for result in one.get("results") or []
    ]
    return Hop(
        "STOP" if not rows else "ok", name, space, ", ".join(rows) or "it has no results", owner
    )


DELIVERY: tuple[HopFunction, ...] = (
    wds_object,
    binding,
    manifest_work,
    applied_manifest_work,
    wec_object,
)
AVAILABILITY: tuple[HopFunction, ...] = (*DELIVERY, wec_availability)
RETURN: tuple[HopFunction, ...] = (*DELIVERY, work_status, wds_status)
COMBINATION: tuple[HopFunction, ...] = (*DELIVERY, work_status, combined_status)


def at_version(obj: Obj) -> str:
    metadata = obj["metadata"]
    generation = f" generation {metadata['generation']}" if metadata.get("generation") else ""
    return f"rv {metadata.get('resourceVersion')}{generation}"


def short(obj: Obj) -> str:
    """A name that is made of UIDs and hashes, cut so that a line stays readable."""
    name: str = Ref.of(obj).name
    return name if len(name) <= 40 else f"{name[:18]}...{name[-18:]}"
