"""Spaces (clusters by their role), the objects in them, and a record of what happens there."""

from kubestellar_conformance.spaces.client import Refused, UnknownKind, Unreachable
from kubestellar_conformance.spaces.feed import Feed
from kubestellar_conformance.spaces.group import Spaces
from kubestellar_conformance.spaces.journal import Journal, Write
from kubestellar_conformance.spaces.policy import Policy, binding_policy, expression
from kubestellar_conformance.spaces.record import Event, EventLog
from kubestellar_conformance.spaces.refs import Kind, Obj, Ref, binding, binding_policy_ref
from kubestellar_conformance.spaces.space import Selector, Snapshot, Space
from kubestellar_conformance.spaces.system import ComponentSight, ComponentView, System
from kubestellar_conformance.spaces.workload import Workload

__all__ = [
    "ComponentSight",
    "ComponentView",
    "Event",
    "EventLog",
    "Feed",
    "Journal",
    "Kind",
    "Obj",
    "Policy",
    "Ref",
    "Refused",
    "Selector",
    "Snapshot",
    "Space",
    "Spaces",
    "System",
    "UnknownKind",
    "Unreachable",
    "Workload",
    "Write",
    "binding",
    "binding_policy",
    "binding_policy_ref",
    "expression",
]
