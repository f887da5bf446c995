"""The contract of the OCM status add-on's agent, as pure functions: which WorkStatus an object of
a WEC gets.

`work_status` builds one; whoever stands in for a WEC can use it without the rest of this package.
An object is a mapping as the Kubernetes API has it, with ``apiVersion`` and ``kind``.

Sources: ocm-status-addon (v0.2.0-rc17, the agent's reconciler); KubeStellar's architecture page
("OCM Status Add-On Agent") and its pkg/status (the fields of a WorkStatus that it reads).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubestellar_conformance.status_reporter.resource import Json, Resource

NAME_LIMIT = 253
WORK_API = "work.open-cluster-management.io/v1"
LABEL_PREFIXES = ("transport.kubestellar.io", "managed-by.kubestellar.io")
SINGLETON_LABEL = "managed-by.kubestellar.io/singletonstatus"
FIELD_MANAGER = "kubestellar-conformance-status-reporter"

# KubeStellar's transport removes the generation that an object has in the WDS, so the agent cannot
# report one: it writes zero, false and the epoch, and no KubeStellar reads these fields.
NO_CURRENCY: Json = {
    "lastGeneration": 0,
    "lastGenerationIsApplied": False,
    "lastCurrencyUpdateTime": "1970-01-01T00:00:00Z",
}

NEVER_REPORTED = frozenset(
    {
        ("", "configmaps"),
        ("", "secrets"),
        ("", "serviceaccounts"),
        ("rbac.authorization.k8s.io", "roles"),
        ("rbac.authorization.k8s.io", "rolebindings"),
        ("rbac.authorization.k8s.io", "clusterroles"),
        ("rbac.authorization.k8s.io", "clusterrolebindings"),
    }
)
"""Group and plural of the resources that get no WorkStatus, because they never have a status."""


@dataclass(frozen=True)
class ManifestWork:
    """A ManifestWork of the ITS. ``namespace`` is the mailbox, which bears the WEC's name."""

    name: str
    namespace: str
    uid: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, thing: Json) -> ManifestWork:
        """Read the API's object."""
        meta = thing["metadata"]
        return cls(meta["name"], meta["namespace"], meta["uid"], meta.get("labels") or {})

    @property
    def from_kubestellar(self) -> bool:
        """Whether it bears a label of KubeStellar's. Objects of other works get no WorkStatus."""
        return any(key.startswith(LABEL_PREFIXES) for key in self.labels)


@dataclass(frozen=True)
class AppliedManifestWork:
    """An AppliedManifestWork of the WEC. ``manifest_work`` names its ManifestWork in the ITS.

    ``resources`` are those of the objects that its status lists, without the ones that are never
    reported. They are None while the status lists no object at all: not yet, or not any more.
    """

    name: str
    uid: str
    manifest_work: str
    resources: frozenset[Resource] | None

    @classmethod
    def of(cls, thing: Json) -> AppliedManifestWork:
        """Read the API's object."""
        entries = (thing.get("status") or {}).get("appliedResources") or []
        resources = frozenset(
            Resource(entry.get("group", ""), entry["version"], entry["resource"])
            for entry in entries
            if (entry.get("group", ""), entry["resource"]) not in NEVER_REPORTED
        )
        meta, manifest_work = thing["metadata"], thing["spec"]["manifestWorkName"]
        return cls(meta["name"], meta["uid"], manifest_work, resources if entries else None)


def first_owner(thing: Json) -> str | None:
    """Name of the AppliedManifestWork that is the first owner of its kind; None without one.

    An object that two works apply has two such owners, and one WorkStatus: the first owner's.
    """
    for owner in thing["metadata"].get("ownerReferences") or []:
        if owner["apiVersion"] == WORK_API and owner["kind"] == "AppliedManifestWork":
            return str(owner["name"])
    return None


def status_of(thing: Json) -> Json | None:
    """The object's status as a whole, which the WorkStatus repeats; None without one."""
    status: Json | None = thing.get("status")
    return status


def singleton_label(thing: Json) -> dict[str, str]:
    """The one label that a WorkStatus takes from the object itself; empty without it."""
    labels: dict[str, str] = thing["metadata"].get("labels") or {}
    return {SINGLETON_LABEL: labels[SINGLETON_LABEL]} if SINGLETON_LABEL in labels else {}


def work_status_name(thing: Json, work_uid: str) -> str:
    """``<work_uid>-<groupVersion without '/'>-<kind>-<namespace>-<name>``, cut at 253 characters.

    ``work_uid`` is the uid of the AppliedManifestWork that `first_owner` names. The namespace of a
    cluster-scoped object is empty.
    """
    meta, version = thing["metadata"], thing["apiVersion"].replace("/", "").lower()
    place = f"{meta.get('namespace', '')}-{meta['name']}"
    return f"{work_uid}-{version}-{thing['kind'].lower()}-{place}"[:NAME_LIMIT]


def work_status(thing: Json, resource: str, *, work_uid: str, manifest_work: ManifestWork) -> Json:
    """The WorkStatus to create for an object of a WEC, in the mailbox of ``manifest_work``.

    ``resource`` is the plural of the object's kind. The labels are those that the ManifestWork has
    now, and the object's `singleton_label`; the agent adds that label later too, and updates no
    other. The WorkStatus has no ``status``: a creation cannot carry one, so `status_of` the object
    is written through the status subresource afterwards.
    """
    meta = thing["metadata"]
    group, _, version = thing["apiVersion"].rpartition("/")
    return {
        "apiVersion": "control.kubestellar.io/v1alpha1",
        "kind": "WorkStatus",
        "metadata": {
            "name": work_status_name(thing, work_uid),
            "namespace": manifest_work.namespace,
            "labels": {**manifest_work.labels, **singleton_label(thing)},
            "ownerReferences": [
                {
                    "apiVersion": WORK_API,
                    "kind": "ManifestWork",
                    "name": manifest_work.name,
                    "uid": manifest_work.uid,
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        # KubeStellar refuses a sourceRef in which a string is absent rather than empty.
        "spec": {
            "sourceRef": {
                "group": group,
                "version": version,
                "resource": resource,
                "kind": thing["kind"],
                "name": meta["name"],
                "namespace": meta.get("namespace", ""),
            }
        },
        "statusDetails": dict(NO_CURRENCY),
    }
