"""Measures how long an object that was deleted or edited in a WEC takes to be repaired.

The figures behind the time contracts ``repair`` and ``reverted``.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from kubestellar_conformance.conditions import has
from kubestellar_conformance.spaces import Ref, Space, System, Workload, binding_policy
from kubestellar_conformance.spaces.refs import uid
from kubestellar_conformance.spaces.verbs import ContractName

OBJECTS = 5
EDITED_EVERY = 50.0
"""Seconds between the edits that only the agent's periodic pass undoes. Its period is 300 s, so the
edits show the whole range.
"""
POLICY = "bench-repair"


def repair(system: System) -> Iterator[str]:
    """The figures for `OBJECTS` ConfigMaps, one per line, on a platform where nothing else runs."""
    wds, wec = system.wds, system.wec1
    maps = Workload.config_maps(POLICY, OBJECTS)
    wds.apply(binding_policy(POLICY, clusters=wec.selector, objects=maps), maps)
    wec.eventually(has(maps), within="downsync")
    yield f"{os.cpu_count()} cores; seconds; each object is in a ManifestWork of its own"
    yield _row("deleted in a WEC (contract repair)", [_deleted(wec, one) for one in maps.refs])
    yield _row("edited in a WEC, then in the WDS", [_touched(wec, wds, one) for one in maps.refs])
    with ThreadPoolExecutor(OBJECTS) as pool:
        taken = pool.map(lambda pair: _edited_later(wec, *pair), enumerate(maps.refs))
        yield _row("edited in a WEC (contract reverted)", list(taken))


def _deleted(wec: Space, ref: Ref) -> float:
    before = uid(wec.get(ref) or {})
    began = time.monotonic()
    wec.delete(ref)
    [again] = wec.eventually(has(ref), within="repair")
    assert uid(again) != before
    return time.monotonic() - began


def _touched(wec: Space, wds: Space, ref: Ref) -> float:
    """Any edit of the original triggers the agent's next pass."""
    touch = {"metadata": {"annotations": {"touched": str(time.time())}}}
    return _edited(wec, ref, "repair", lambda: wds.patch(ref, touch))


def _edited_later(wec: Space, number: int, ref: Ref) -> float:
    time.sleep(number * EDITED_EVERY)
    return _edited(wec, ref, "reverted")


def _edited(
    wec: Space, ref: Ref, within: ContractName, then: Callable[[], object] = lambda: None
) -> float:
    began = time.monotonic()
    wec.patch(ref, {"data": {"of": "somebody who edits it by hand"}})
    then()
    wec.eventually(has(ref), within=within)
    return time.monotonic() - began


def _row(name: str, seconds: Sequence[float]) -> str:
    figures = f"{statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"
    return f"{name:38}{figures}; {len(seconds)} times"
