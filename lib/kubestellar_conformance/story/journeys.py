"""``journeys(wds, wec, objects)``: how long objects take from one space to another, and into the
ManifestWorks between them.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces import Ref, Space
from kubestellar_conformance.spaces.refs import MANIFEST_WORK
from kubestellar_conformance.spaces.space import Target, refs_of


def journeys(start: Space, end: Space, what: Sequence[Target]) -> list[float]:
    """The seconds of each object from its first event in one space to its first in another, as the
    watches of both report them. Raises `UserError` for an object that one of the spaces has not
    shown yet: wait for it before.
    """
    refs = _refs(what)
    left, arrived = (_first_events(space, refs) for space in (start, end))
    return [arrived[ref] - left[ref] for ref in refs]


def journeys_to_works(start: Space, its: Space, wec: Space, what: Sequence[Target]) -> list[float]:
    """The seconds of each object from its first event to that of the ManifestWork in the WEC's
    mailbox that carries it. Raises `UserError` for an object whose ManifestWork, its own alone, the
    ITS has not shown yet: wait for it before, by `carried`.
    """
    refs, carriers = _refs(what), dict[Ref, Ref]()
    for work in its.watch(MANIFEST_WORK).objects(wec.name):
        carried = [Ref.of(one) for one in work["spec"]["workload"].get("manifests") or []]
        if len(carried) == 1:
            carriers[carried[0]] = Ref.of(work)
    if absent := [ref for ref in refs if ref not in carriers]:
        raise UserError(f"the mailbox of {wec.name} has no ManifestWork of {absent[0]} alone")
    left, made = _first_events(start, refs), _first_events(its, list(carriers.values()))
    return [made[carriers[ref]] - left[ref] for ref in refs]


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """The median and the 95th percentile, in seconds, for a note."""
    twentieths = statistics.quantiles(seconds, n=20, method="inclusive")
    return {
        "median": round(statistics.median(seconds), 3),
        "95th percentile": round(twentieths[-1], 3),
    }


def _refs(what: Sequence[Target]) -> list[Ref]:
    return [ref for one in what for ref in refs_of(one)]


def _first_events(space: Space, refs: Sequence[Ref]) -> dict[Ref, float]:
    found: dict[Ref, float] = {}
    for event in space.record.timeline(refs=set(refs)):
        if event.space == space.name:
            found.setdefault(event.ref, event.at)
    if absent := [ref for ref in refs if ref not in found]:
        raise UserError(f"{space.name} has shown no event of {absent[0]}, so it has no journey")
    return found
