"""Waits for a system to keep its promises: the verbs, time contracts, and the record of each
wait.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import ComponentView, System
from kubestellar_conformance.waiting.contracts import Contract, Contracts, Use, contracts
from kubestellar_conformance.waiting.messages import WaitRecord
from kubestellar_conformance.waiting.waits import Waiting

__all__ = [
    "Contract",
    "Contracts",
    "Use",
    "WaitRecord",
    "Waiting",
    "contracts",
    "open_system",
]


def open_system(spaces: Iterable[Space], components: ComponentView | None = None) -> System:
    """A `System` of these spaces whose waiting verbs work; ``components`` is where a diagnosis
    finds their parts.
    """
    return System(spaces, components=components, waits=Waiting)
