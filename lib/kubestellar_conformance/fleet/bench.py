"""Measures how long virtual WECs take to appear, to get an object, and to be removed."""

from __future__ import annotations

import statistics
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator

from kubestellar_conformance.conditions import gone, has
from kubestellar_conformance.fleet.fleets import Fleets
from kubestellar_conformance.spaces.policy import binding_policy
from kubestellar_conformance.spaces.refs import CONFIG_MAP, Obj
from kubestellar_conformance.spaces.system import System

WECS = 20


def measure(system: System, times: int) -> Iterator[str]:
    """One line per figure, in seconds: the median of so many measurements. Leaves nothing
    behind.
    """
    fleets, figures = Fleets(system), defaultdict[str, list[float]](list)
    for _ in range(times):
        for what, seconds in _once(system, fleets, f"bench-{uuid.uuid4().hex[:8]}"):
            figures[what].append(seconds)
    fleets.close()
    for what, all_of_it in figures.items():
        low, high = min(all_of_it), max(all_of_it)
        median = statistics.median(all_of_it)
        yield f"{what}: {median:.2f} s ({low:.2f} to {high:.2f}; {times} times)"


def _once(system: System, fleets: Fleets, name: str) -> Iterator[tuple[str, float]]:
    began = time.monotonic()

    def passed(what: str) -> tuple[str, float]:
        nonlocal began
        then, began = began, time.monotonic()
        return what, began - then

    fleet = fleets.make({f"wec{number}": {} for number in range(WECS)}, label=name)
    yield passed(f"{WECS} virtual WECs made")
    config: Obj = {
        "apiVersion": CONFIG_MAP.api_version,
        "kind": CONFIG_MAP.name,
        "metadata": {"name": name, "namespace": "default", "labels": {"bench": name}},
    }
    policy = binding_policy(name, clusters=fleet.where(), objects={"bench": name})
    system.wds.apply(policy, config)
    fleet.eventually(has(config), within="downsync")
    yield passed(f"a policy and a ConfigMap applied, until all {WECS} have it")
    system.wds.delete(policy, config)
    fleet.eventually(gone(config), within="withdrawal")
    yield passed("both deleted, until none has it")
    fleets.remove(fleet)
    yield passed(f"the {WECS} removed")
