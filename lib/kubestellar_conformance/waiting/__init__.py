"""Waiting for what a system promises: conditions, time contracts, and a diagnosis when one does not
hold.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import ComponentView, System
from kubestellar_conformance.waiting.bindings import bound_to
from kubestellar_conformance.waiting.bundles import bundled
from kubestellar_conformance.waiting.condition import Condition, Sight, Verdict
from kubestellar_conformance.waiting.conditions import (
    available,
    contains,
    gone,
    has,
    meets,
    none_of,
    same_objects,
    same_uids,
    without,
)
from kubestellar_conformance.waiting.contracts import Contract, Contracts, Use, contracts
from kubestellar_conformance.waiting.returned import (
    combined_status,
    no_manifest_works,
    no_status,
    no_work_statuses,
    that_of,
)
from kubestellar_conformance.waiting.story import Told
from kubestellar_conformance.waiting.waits import Waiting

__all__ = [
    "Condition",
    "Contract",
    "Contracts",
    "Sight",
    "Told",
    "Use",
    "Verdict",
    "Waiting",
    "available",
    "bound_to",
    "bundled",
    "combined_status",
    "contains",
    "contracts",
    "gone",
    "has",
    "meets",
    "no_manifest_works",
    "no_status",
    "no_work_statuses",
    "none_of",
    "open_system",
    "same_objects",
    "same_uids",
    "that_of",
    "without",
]


def open_system(spaces: Iterable[Space], components: ComponentView | None = None) -> System:
    """A `System` of these spaces whose waiting verbs work; ``components`` is where a diagnosis
    finds their parts.
    """
    return System(spaces, components=components, waits=Waiting)
