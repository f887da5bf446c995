"""How long a change takes from the WDS to a WEC. Upstream's performance tests measure it, and no
document promises a figure.
"""

from __future__ import annotations

from kubestellar_conformance.story import (
    Make,
    Space,
    Workload,
    journeys,
    journeys_to_works,
    note,
    promises,
    spread,
    step,
)
from kubestellar_conformance.story.conditions import carried, has


@promises("RESIL-16")
def test_the_time_from_the_wds_to_a_wec_is_recorded(
    wds: Space, its: Space, wec1: Space, make: Make
) -> None:
    """Ten objects that come one by one, and a hundred at once. All of them arrive."""
    first, alone = make.config_map("first"), make.config_maps(10, "alone")
    many = make.config_maps(100, "many")
    policy = make.policy(first, alone, many, to=wec1)

    def record(what: str, workload: Workload) -> None:
        its.eventually(carried(policy, [wec1], workload), within="downsync")
        works = journeys_to_works(wds, its, wec1, [workload])
        note(f"seconds from the WDS to the ManifestWork, {what}", spread(works))
        note(f"seconds from the WDS to the WEC, {what}", spread(journeys(wds, wec1, [workload])))

    with step("A policy has brought a first object to a WEC"):
        wds.apply(policy, first)
        wec1.eventually(has(first), within="downsync")
    with step("Create ten objects, each when the one before has arrived"):
        for one in alone.objects:
            wds.apply(one)
            wec1.eventually(has(one), within="downsync")
        record("one at a time", alone)
    with step("Create a hundred objects"):
        wds.apply(many)
        wec1.eventually(has(many), within="recovery")
        record("a hundred at once", many)
