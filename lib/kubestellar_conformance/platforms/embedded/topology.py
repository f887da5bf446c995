"""Which spaces a platform has, and under which names."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field

# The names and labels of Getting Started, so that its commands work on a kept platform.
EDGE = {"location-group": "edge"}


@dataclass(frozen=True)
class Topology:
    """Spaces by name. ``wdses`` maps each WDS to its ITS, ``wecs`` each WEC to the ITS it is registered in."""

    host: str = "kind-kubeflex"
    itses: tuple[str, ...] = ("its1",)
    wdses: dict[str, str] = field(default_factory=lambda: {"wds1": "its1"})
    wecs: dict[str, str] = field(default_factory=lambda: {"cluster1": "its1", "cluster2": "its1"})

    @property
    def spaces(self) -> list[str]:
        """Every API server, the ones that others wait for first."""
        return [self.host, *self.itses, *self.wdses, *self.wecs]

    def labels(self, wec: str) -> dict[str, str]:
        """The labels of a WEC's ManagedCluster (Getting Started, "Register the WECs")."""
        # OCM's webhook, which adds the default cluster set, is not part of this platform.
        return {**EDGE, "name": wec, "cluster.open-cluster-management.io/clusterset": "default"}

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]
