"""Which hops each walk has: the table that conditions refer to by `Walk`, and the way that fits an
object's kind and the WEC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kubestellar_conformance.conditions.base import Walk
from kubestellar_conformance.diagnosis import (
    control,
    hops,
    identity,
    returning,
    rewriting,
    withdrawal,
)
from kubestellar_conformance.diagnosis.hops import HopFunction
from kubestellar_conformance.spaces.refs import (
    BINDING,
    COMBINED_STATUS,
    MANIFEST_WORK,
    WORK_STATUS,
    Kind,
)
from kubestellar_conformance.spaces.space import Space

TO_A_WEC: Mapping[Walk, Sequence[HopFunction]] = {
    Walk.DELIVERY: hops.DELIVERY,
    Walk.AVAILABILITY: hops.AVAILABILITY,
    Walk.STATUS: returning.RETURN,
    Walk.COMBINATION: returning.COMBINATION,
    Walk.WITHDRAWAL: withdrawal.WITHDRAWAL,
    Walk.IDENTITY: identity.IDENTITY,
    Walk.REWRITING: rewriting.REWRITING,
}
IN_THE_WDS: Mapping[Walk, Sequence[HopFunction]] = {
    Walk.DELIVERY: (hops.wds_object,),
    Walk.AVAILABILITY: (hops.wds_object,),
    Walk.STATUS: (hops.wds_object,),
    Walk.COMBINATION: returning.COMBINATION_IN_WDS,
    Walk.WITHDRAWAL: withdrawal.WITHDRAWAL_IN_WDS,
    Walk.STATUS_GONE: returning.STATUS_GONE,
    Walk.COMBINATION_GONE: returning.COMBINED_GONE,
    Walk.SELECTION: control.SELECTED,
    Walk.REPORT: control.REPORTED,
}
"""The walks of a condition that speaks of no WEC, or that ends in the WDS."""
OF_A_KIND: Mapping[tuple[Walk, Kind], Sequence[HopFunction]] = {
    **{(Walk.WITHDRAWAL, kind): control.GONE for kind in control.KINDS},
    (Walk.WITHDRAWAL, MANIFEST_WORK): withdrawal.LEFT_IN_MAILBOX,
    (Walk.WITHDRAWAL, WORK_STATUS): returning.WORK_STATUS_GONE,
    (Walk.WITHDRAWAL, COMBINED_STATUS): returning.COMBINED_STATUS_GONE,
    (Walk.SELECTION, BINDING): control.BOUND,
    (Walk.REWRITING, MANIFEST_WORK): rewriting.REWRITING_OF_WORK,
}
"""Walks that are others where the object at fault is one of KubeStellar's or OCM's own."""
IN_THE_ITS = (MANIFEST_WORK, WORK_STATUS)
"""Kinds whose objects are in a mailbox, which is named like the WEC."""
IN_A_REAL_WEC: Sequence[HopFunction] = (
    hops.applied_manifest_work,
    hops.wec_object,
    hops.wec_availability,
    withdrawal.applied_manifest_work,
    withdrawal.wec_object,
    identity.wec_object,
)
"""Hops that a virtual WEC does not have: its path ends at the ManifestWork."""


def way(walk: Walk, kind: Kind, wec: Space | None) -> Sequence[HopFunction]:
    """The hops of a walk for an object of this kind, to this WEC if there is one."""
    if (walk, kind) in OF_A_KIND:
        return OF_A_KIND[walk, kind]
    if kind in IN_THE_ITS:
        return ()
    if wec is None or walk not in TO_A_WEC:
        return IN_THE_WDS.get(walk, ())
    return [hop for hop in TO_A_WEC[walk] if not (wec.virtual and hop in IN_A_REAL_WEC)]
