"""The contract with the ITS, as pure functions: which WorkStatus there has to be for an applied
object.

Sources: KubeStellar's architecture page ("OCM Status Add-On Agent"); its pkg/status (what is read
of a WorkStatus); ocm-status-addon's README and its definition of WorkStatus.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubestellar_conformance.status_reporter.resource import Json

NAME_LIMIT = 253
UID_LENGTH = 36
LABEL_PREFIXES = ("transport.kubestellar.io", "managed-by.kubestellar.io")
SINGLETON_LABEL = "managed-by.kubestellar.io/singletonstatus"
MANAGER = "kubestellar-conformance-status-reporter"

# Nothing has said which generation in the WDS an object comes from: KubeStellar's transport strips
# it. The API's own words for that are zero, false and the epoch, and no KubeStellar reads more into
# it.
NO_CURRENCY: Json = {
    "lastGeneration": 0,
    "lastGenerationIsApplied": False,
    "lastCurrencyUpdateTime": "1970-01-01T00:00:00Z",
}


@dataclass(frozen=True)
class Applied:
    """One entry of an AppliedManifestWork's ``status.appliedResources``."""

    group: str
    version: str
    resource: str
    namespace: str
    name: str

    @property
    def reported(self) -> bool:
        """Whether objects of this resource get a WorkStatus: not those that never have a status."""
        if self.group == "rbac.authorization.k8s.io":
            return False
        return bool(self.group) or self.resource not in {"configmaps", "secrets", "serviceaccounts"}


@dataclass(frozen=True)
class Work:
    """What matters of an AppliedManifestWork (WEC)."""

    uid: str
    manifest_work: str
    applied: tuple[Applied, ...]


@dataclass(frozen=True)
class Owner:
    """What matters of a ManifestWork (ITS)."""

    name: str
    uid: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def kubestellars(self) -> bool:
        """Whether KubeStellar made it; works of others are none of our business."""
        return any(key.startswith(LABEL_PREFIXES) for key in self.labels)


@dataclass(frozen=True)
class WecObject:
    """What matters of a workload object in the WEC. ``status`` is None where it has none."""

    kind: str
    status: Json | None
    singleton: str | None


def work_of(thing: Json) -> Work:
    """Read an AppliedManifestWork."""
    entries = (thing.get("status") or {}).get("appliedResources") or []
    applied = tuple(
        Applied(e.get("group", ""), e["version"], e["resource"], e.get("namespace", ""), e["name"])
        for e in entries
    )
    return Work(thing["metadata"]["uid"], thing["spec"]["manifestWorkName"], applied)


def owner_of(thing: Json) -> Owner:
    """Read a ManifestWork."""
    meta = thing["metadata"]
    return Owner(meta["name"], meta["uid"], meta.get("labels") or {})


def wec_object_of(thing: Json) -> WecObject:
    """Read a workload object; a status that is no mapping counts as none, since KubeStellar can
    read no other.
    """
    status = thing.get("status")
    labels = thing["metadata"].get("labels") or {}
    return WecObject(
        thing["kind"], status if isinstance(status, dict) else None, labels.get(SINGLETON_LABEL)
    )


def workstatus_name(uid: str, applied: Applied, kind: str) -> str:
    """``<uid of the AppliedManifestWork>-<groupVersion without '/'>-<kind>-<namespace>-<name>``,
    cut at 253.
    """
    group_version = f"{applied.group}{applied.version}".lower()
    return f"{uid}-{group_version}-{kind.lower()}-{applied.namespace}-{applied.name}"[:NAME_LIMIT]


def workstatus(work: Work, applied: Applied, owner: Owner, thing: WecObject) -> Json:
    """The WorkStatus that has to be, without its namespace; without ``status`` where the object has
    none.
    """
    labels = dict(owner.labels) | (
        {SINGLETON_LABEL: thing.singleton} if thing.singleton is not None else {}
    )
    wanted: Json = {
        "apiVersion": "control.kubestellar.io/v1alpha1",
        "kind": "WorkStatus",
        "metadata": {
            "name": workstatus_name(work.uid, applied, thing.kind),
            "labels": labels,
            "ownerReferences": [
                {
                    "apiVersion": "work.open-cluster-management.io/v1",
                    "kind": "ManifestWork",
                    "name": owner.name,
                    "uid": owner.uid,
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {
            "sourceRef": {
                "group": applied.group,
                "version": applied.version,
                "resource": applied.resource,
                "kind": thing.kind,
                "name": applied.name,
                "namespace": applied.namespace,
            }
        },
        "statusDetails": dict(NO_CURRENCY),
    }
    if thing.status is not None:
        wanted["status"] = thing.status
    return wanted
