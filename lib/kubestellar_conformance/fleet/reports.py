"""WorkStatuses as the status add-on writes them, on behalf of a WEC that has no agent."""

from __future__ import annotations

import uuid

from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces.client import Refused, UnknownKind
from kubestellar_conformance.spaces.refs import ORIGIN_WDS_LABEL, Kind, Obj, uid
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System
from kubestellar_conformance.status_reporter import contract

_EXISTS = 409


def write_status(system: System, its: Space, work: Obj, thing: Obj, status: Obj) -> Obj:
    """Give the WorkStatus of ``thing``, which the ManifestWork ``work`` carries, exactly this
    ``status``, and return the WorkStatus as the ITS has it then.
    """
    made = contract.work_status(
        thing,
        _plural(system, work, Kind.of(thing)),
        work_uid=applied_work_uid(work),
        manifest_work=contract.ManifestWork.of(work),
    )
    try:
        its.create(made)
    except Refused as problem:
        if problem.status != _EXISTS:
            raise
    return its.update_status(made, status, whole=True)  # replaces the earlier status


def applied_work_uid(work: Obj) -> str:
    """A substitute for the UID of the AppliedManifestWork, which no agent has made: always the same
    for one ManifestWork.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"AppliedManifestWork of {uid(work)}"))


def _plural(system: System, work: Obj, kind: Kind) -> str:
    """The resource name of the kind in the object's WDS, since a WEC may serve more kinds than its
    ITS.
    """
    origin = (work["metadata"].get("labels") or {}).get(ORIGIN_WDS_LABEL, "")
    spaces = [system[origin]] if origin in system else list(system.wdses)
    for space in spaces:
        try:
            return space.client.served(kind).plural
        except UnknownKind:
            continue
    raise Deviation(f"{kind} of {kind.api_version} was delivered, but no WDS serves that kind")
