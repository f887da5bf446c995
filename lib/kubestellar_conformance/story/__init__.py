"""The vocabulary of a story, which scenarios import. The fixtures themselves come by name (``wds``,
``wec1``, ...).
"""

from __future__ import annotations

from kubestellar_conformance.fleet import Fleet, VirtualWec
from kubestellar_conformance.platforms import Capability, ComponentHandle, Platform
from kubestellar_conformance.spaces import (
    Kind,
    Obj,
    Policy,
    Ref,
    Selector,
    Snapshot,
    Space,
    Spaces,
    System,
    Workload,
    binding,
    binding_policy,
    binding_policy_ref,
    expression,
)
from kubestellar_conformance.story.argo_cd import ArgoCd, Shown
from kubestellar_conformance.story.checker import Checked, Checker
from kubestellar_conformance.story.contexts import Contexts
from kubestellar_conformance.story.documented import ControlPlane, Labels, Part
from kubestellar_conformance.story.endpoints import Endpoints, Metric, endpoints_of, metric, sized
from kubestellar_conformance.story.fleets import on_fleet
from kubestellar_conformance.story.helm import Helm, Listed, Release
from kubestellar_conformance.story.journeys import journeys, journeys_to_works, spread
from kubestellar_conformance.story.kflex import Kflex
from kubestellar_conformance.story.kubeconfigs import kubeconfig_of
from kubestellar_conformance.story.make import Make
from kubestellar_conformance.story.names import Names
from kubestellar_conformance.story.needs import api_server_alone, needs
from kubestellar_conformance.story.notes import note, result_of
from kubestellar_conformance.story.promises import promises
from kubestellar_conformance.story.reader import Reader
from kubestellar_conformance.story.refusals import refuses_or_reports
from kubestellar_conformance.story.schema import is_served_as, shows, would_accept
from kubestellar_conformance.story.steps import step
from kubestellar_conformance.story.tables import case
from kubestellar_conformance.story.topologies import Arrangement, on_topologies, own_wds

__all__ = [
    "ArgoCd",
    "Arrangement",
    "Capability",
    "Checked",
    "Checker",
    "ComponentHandle",
    "Contexts",
    "ControlPlane",
    "Endpoints",
    "Fleet",
    "Helm",
    "Kflex",
    "Kind",
    "Labels",
    "Listed",
    "Make",
    "Metric",
    "Names",
    "Obj",
    "Part",
    "Platform",
    "Policy",
    "Reader",
    "Ref",
    "Release",
    "Selector",
    "Shown",
    "Snapshot",
    "Space",
    "Spaces",
    "System",
    "VirtualWec",
    "Workload",
    "api_server_alone",
    "binding",
    "binding_policy",
    "binding_policy_ref",
    "case",
    "endpoints_of",
    "expression",
    "is_served_as",
    "journeys",
    "journeys_to_works",
    "kubeconfig_of",
    "metric",
    "needs",
    "note",
    "on_fleet",
    "on_topologies",
    "own_wds",
    "promises",
    "refuses_or_reports",
    "result_of",
    "shows",
    "sized",
    "spread",
    "step",
    "would_accept",
]
