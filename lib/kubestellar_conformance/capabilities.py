"""Capabilities: abilities that a check may need and that not every platform has."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

CapabilityName = Literal[
    "stop-components",
    "pause-components",
    "topologies",
    "core-chart",
    "virtual-wecs",
    "whole-inventory",
    "endpoints",
    "agent-rights",
    "documented-names",
    "hosting-pods",
    "vcluster",
    "status-add-on",
    "public-images",
    "helm",
    "argo-cd",
]


class Capability(StrEnum):
    """One ability of a platform. A check that needs it is *not supported* on a platform without it;
    on a platform that must have it, the check is *broken*. Some abilities no platform here has:
    promises whose checks would need one say so in the catalogue.
    """

    STOP_COMPONENTS = "stop-components"
    PAUSE_COMPONENTS = "pause-components"
    TOPOLOGIES = "topologies"
    CORE_CHART = "core-chart"
    VIRTUAL_WECS = "virtual-wecs"
    WHOLE_INVENTORY = "whole-inventory"
    ENDPOINTS = "endpoints"
    AGENT_RIGHTS = "agent-rights"
    DOCUMENTED_NAMES = "documented-names"
    HOSTING_PODS = "hosting-pods"
    VCLUSTER = "vcluster"
    STATUS_ADD_ON = "status-add-on"
    PUBLIC_IMAGES = "public-images"
    HELM = "helm"
    ARGO_CD = "argo-cd"

    @property
    def meaning(self) -> str:
        """What a check can do where the platform has it."""
        return _ABOUT[self][0]

    @property
    def required_of(self) -> tuple[str, ...]:
        """The platforms that must have it: there the checks that need it are known to run."""
        return _ABOUT[self][1:]


_ABOUT: Final[dict[Capability, tuple[str, ...]]] = {
    Capability.STOP_COMPONENTS: (
        "stop, start and restart components, with other flags too",
        "embedded",
        "kind",
    ),
    Capability.PAUSE_COMPONENTS: (
        "let components stand still and go on, without losing what they have in memory",
        "embedded",
        "kind",
    ),
    Capability.TOPOLOGIES: (
        "add ITSes, WDSes and WECs to the running system and remove them again",
        "embedded",
        "kind",
    ),
    Capability.CORE_CHART: (
        "add spaces by KubeStellar's core chart, as the documentation does it",
        "kind",
    ),
    Capability.VIRTUAL_WECS: (
        "create ManagedClusters in the ITS that no cluster stands behind",
        "embedded",
        "kind",
    ),
    Capability.WHOLE_INVENTORY: (
        "send objects to every ManagedCluster of the ITS, since none is somebody else's",
        "embedded",
        "kind",
    ),
    Capability.ENDPOINTS: (
        "ask KubeStellar's controllers by HTTP for their metrics, profiles and health",
        "embedded",
    ),
    Capability.AGENT_RIGHTS: (
        "add WECs whose agents have only the rights that OCM gives to them",
        "embedded",
    ),
    Capability.DOCUMENTED_NAMES: (
        "create objects under the names that the documentation gives them, with kubectl",
        "embedded",
    ),
    Capability.HOSTING_PODS: (
        "see KubeFlex, KubeStellar's controllers and the Jobs of PostCreateHooks as pods of the "
        "hosting cluster",
        "kind",
    ),
    Capability.VCLUSTER: ("create an ITS of the documented type vcluster",),
    Capability.STATUS_ADD_ON: (
        "use the OCM status add-on, its controller in the ITS and its agents in the WECs",
    ),
    Capability.PUBLIC_IMAGES: ("use images and charts that only a public registry has",),
    Capability.HELM: (
        "install charts in a space with helm, which writes without the harness",
        "embedded",
    ),
    Capability.ARGO_CD: (
        "let Argo CD sync an application of a Git repository to a WDS",
        "embedded",
    ),
}
NAMES = tuple(capability.value for capability in Capability)

NO_ADD_ON: Final = (
    "the OCM status add-on has to be given by the user, and the harness's own reporter stands in"
)
NO_REGISTRY: Final = "no registry is used, so what only a public registry has is left out"
"""Why platforms that the harness makes lack an ability."""
