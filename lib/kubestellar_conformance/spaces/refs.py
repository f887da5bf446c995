"""Names of things: a kind of object, one object, and the kinds that the path from WDS to WEC and
back consists of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from kubestellar_conformance.errors import UserError

Obj = dict[str, Any]
"""An API object as the API server's JSON has it."""


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """A kind of object at one version of its API group (the core group is the empty string)."""

    group: str
    version: str
    name: str

    @classmethod
    def of(cls, what: Kind | str | Mapping[str, Any]) -> Kind:
        """From an object, from ``group/version/Kind`` (``v1/Namespace`` for the core group), or a
        Kind itself.
        """
        if isinstance(what, Kind):
            return what
        if isinstance(what, str):
            api_version, _, name = what.rpartition("/")
        else:
            api_version, name = str(what.get("apiVersion", "")), str(what.get("kind", ""))
        group, _, version = api_version.rpartition("/")
        if not version or not name:
            raise UserError(
                f"{what!r} does not say its kind: expected apiVersion and kind, as in "
                "apps/v1/Deployment"
            )
        return cls(group, version, name)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return self.name


@runtime_checkable
class Bundle(Protocol):
    """Objects that belong together, in the order in which they are created: a workload, a
    policy.
    """

    @property
    def objects(self) -> tuple[Obj, ...]: ...


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """One object: its kind, namespace (empty when cluster-scoped) and name."""

    kind: Kind
    namespace: str
    name: str

    @classmethod
    def of(cls, what: Ref | Mapping[str, Any] | Bundle) -> Ref:
        """From an object, a bundle of a single object, or a Ref itself."""
        if isinstance(what, Ref):
            return what
        if isinstance(what, Bundle):
            if len(what.objects) != 1:
                kinds = ", ".join(str(obj.get("kind")) for obj in what.objects)
                raise UserError(f"expected a single object, not several: {kinds}")
            [what] = what.objects
        metadata = what.get("metadata") or {}
        if not metadata.get("name"):
            raise UserError(f"an object of kind {what.get('kind')} has no metadata.name")
        return cls(Kind.of(what), metadata.get("namespace") or "", metadata["name"])

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.name

    def __str__(self) -> str:
        return (
            f"{self.kind.name} {self.namespace}/{self.name}"
            if self.namespace
            else f"{self.kind.name} {self.name}"
        )


Target = Ref | Obj | Bundle
"""What a verb or a condition speaks of. A verb for one object takes a bundle of one."""

NAMESPACE = Kind("", "v1", "Namespace")
CONFIG_MAP = Kind("", "v1", "ConfigMap")
DEPLOYMENT = Kind("apps", "v1", "Deployment")
CRD = Kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
BINDING_POLICY = Kind("control.kubestellar.io", "v1alpha1", "BindingPolicy")
BINDING = Kind("control.kubestellar.io", "v1alpha1", "Binding")
STATUS_COLLECTOR = Kind("control.kubestellar.io", "v1alpha1", "StatusCollector")
CUSTOM_TRANSFORM = Kind("control.kubestellar.io", "v1alpha1", "CustomTransform")
COMBINED_STATUS = Kind("control.kubestellar.io", "v1alpha1", "CombinedStatus")
WORK_STATUS = Kind("control.kubestellar.io", "v1alpha1", "WorkStatus")
MANAGED_CLUSTER = Kind("cluster.open-cluster-management.io", "v1", "ManagedCluster")
MANIFEST_WORK = Kind("work.open-cluster-management.io", "v1", "ManifestWork")
APPLIED_MANIFEST_WORK = Kind("work.open-cluster-management.io", "v1", "AppliedManifestWork")

JOINED = ("HubAcceptedManagedCluster", "ManagedClusterJoined", "ManagedClusterConditionAvailable")
"""The conditions of a ManagedCluster that is registered and usable, in the order in which they
become true.
"""
CLUSTER_LABEL = "open-cluster-management.io/cluster-name"
"""Label by which OCM marks what belongs to a ManagedCluster, its mailbox for example: its name."""
ORIGIN_WDS_LABEL = "transport.kubestellar.io/originWdsName"
"""Label of a ManifestWork, and of its WorkStatuses: the name of the WDS that it comes from."""
ORIGIN_BINDING_LABEL = "transport.kubestellar.io/originOwnerReferenceBindingKey"
"""Label of a ManifestWork: the name of the Binding (and so of the BindingPolicy) that it comes
from.
"""

DEFAULT_NAMESPACE = "default"
"""The namespace of a namespaced object that names none, as for kubectl."""
MARKER_PREFIX = "conformance-marker-"
"""Begins the name of every marker, an object that the harness sends through a system itself."""


def binding_policy_ref(name: str) -> Ref:
    """The reference of the BindingPolicy called ``name``."""
    return Ref(BINDING_POLICY, "", name)


def binding(name: str) -> Ref:
    """The Binding of the BindingPolicy ``name``: KubeStellar gives it the same name."""
    return Ref(BINDING, "", name)


def uid(obj: Mapping[str, Any]) -> str:
    return str((obj.get("metadata") or {}).get("uid") or "")


def resource_version(obj: Mapping[str, Any]) -> int:
    """As a number, so that two versions of one object can be ordered; 0 when it has none."""
    text = (obj.get("metadata") or {}).get("resourceVersion") or "0"
    return int(text) if str(text).isdigit() else 0


def applied_owners(obj: Obj) -> dict[str, str]:
    """The names of the AppliedManifestWorks that own an object in a WEC, by UID."""
    return {
        one["uid"]: one["name"]
        for one in obj["metadata"].get("ownerReferences") or []
        if one["kind"] == APPLIED_MANIFEST_WORK.name
    }
