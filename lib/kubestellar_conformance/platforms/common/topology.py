"""The spaces of a platform, and their names."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.space import Role

# The names and labels of Getting Started, so that its commands work on a kept platform.
EDGE = {"location-group": "edge"}


@dataclass(frozen=True)
class Topology:
    """Spaces by name. ``wdses`` maps each WDS to its ITS, ``wecs`` each WEC to the ITS where it is
    registered.

    ``hosted`` are the ITSes and WDSes that are the hosting cluster itself (KubeFlex: ControlPlane
    of type host). The WECs named in ``unlabelled`` are added ones: they lack the labels of the
    documentation's label query for both WECs. ``k8s`` are the WDSes whose API server KubeFlex makes
    (ControlPlane of type k8s, kind alone).
    """

    host: str = "kind-kubeflex"
    itses: tuple[str, ...] = ("its1",)
    wdses: dict[str, str] = field(default_factory=lambda: {"wds1": "its1"})
    wecs: dict[str, str] = field(default_factory=lambda: {"cluster1": "its1", "cluster2": "its1"})
    hosted: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()
    k8s: tuple[str, ...] = ()

    @property
    def spaces(self) -> list[str]:
        """Every space; spaces that others wait for come first."""
        return [self.host, *self.itses, *self.wdses, *self.wecs]

    @property
    def servers(self) -> list[str]:
        """The spaces that have an API server of their own."""
        return [space for space in self.spaces if space not in self.hosted]

    def server_of(self, space: str) -> str:
        """The space whose API server serves that one: itself, or the hosting cluster."""
        return self.host if space in self.hosted else space

    def role(self, space: str) -> Role:
        """The role of a space."""
        if space in self.itses:
            return "its"
        if space in self.wdses:
            return "wds"
        return "wec" if space in self.wecs else "host"

    def hub(self, space: str) -> str | None:
        """The ITS of a WDS or a WEC."""
        return self.wdses.get(space) or self.wecs.get(space)

    def labels(self, wec: str) -> dict[str, str]:
        """The labels of a WEC's ManagedCluster (Getting Started, "Register the WECs")."""
        # OCM's webhook, which adds the default cluster set, is not part of this platform.
        edge = {} if wec in self.unlabelled else EDGE
        return {**edge, "name": wec, "cluster.open-cluster-management.io/clusterset": "default"}

    def demand_new(self, name: str) -> None:
        """`UserError` if a space has that name already."""
        if name in self.spaces:
            raise UserError(f"a space named {name!r} already exists")

    def demand_unneeded(self, name: str) -> None:
        """`UserError` if that space is the ITS of others."""
        needing = [space for space, its in (self.wdses | self.wecs).items() if its == name]
        if needing:
            raise UserError(f"{name} is needed by {', '.join(needing)}: remove those first")

    def with_its(self, name: str, *, hosted: bool) -> Topology:
        return replace(
            self, itses=(*self.itses, name), hosted=(*self.hosted, *([name] if hosted else []))
        )

    def with_wds(self, name: str, its: str, *, hosted: bool) -> Topology:
        return replace(
            self,
            wdses={**self.wdses, name: its},
            hosted=(*self.hosted, *([name] if hosted else [])),
        )

    def with_wec(self, name: str, its: str) -> Topology:
        return replace(self, wecs={**self.wecs, name: its}, unlabelled=(*self.unlabelled, name))

    def without(self, name: str) -> Topology:
        """The topology without that space. The caller ensures that no other space needs it."""
        return replace(
            self,
            itses=tuple(its for its in self.itses if its != name),
            wdses={wds: its for wds, its in self.wdses.items() if wds != name},
            wecs={wec: its for wec, its in self.wecs.items() if wec != name},
            hosted=tuple(space for space in self.hosted if space != name),
            unlabelled=tuple(wec for wec in self.unlabelled if wec != name),
            k8s=tuple(wds for wds in self.k8s if wds != name),
        )

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]
