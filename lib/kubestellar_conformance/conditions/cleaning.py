"""The part of an object in the WDS that has to arrive in a WEC.

KubeStellar documents what it removes from an object on its way (the page "Transforming Desired
State" of its user guide).
"""

from __future__ import annotations

import copy

from kubestellar_conformance.spaces.refs import Obj

PRESERVE = "control.kubestellar.io/preserve"
DROPPED_ANNOTATIONS = frozenset({"kubectl.kubernetes.io/last-applied-configuration"})
JOB_ANNOTATIONS = frozenset({"batch.kubernetes.io/job-tracking"})
JOB_LABELS = frozenset({"controller-uid", "batch.kubernetes.io/controller-uid"})
SERVICE_FIELDS = (
    "ipFamilies",
    "externalTrafficPolicy",
    "internalTrafficPolicy",
    "ipFamilyPolicy",
    "sessionAffinity",
)
WDS_LABELS = ("managed-by.kubestellar.io/", "kubestellar.io/executing-count")
"""Labels that KubeStellar keeps on the object in the WDS for its own use: no document says that
they arrive.
"""


def cleaned(obj: Obj, *, like: Obj | None = None) -> Obj:
    """A copy of the object without what the documentation lists as removed.

    ``like``: clean it as this object asks by its annotations, in place of its own.
    """
    out = copy.deepcopy(obj)
    metadata = out.get("metadata") or {}
    labels, annotations = (
        dict(metadata.get("labels") or {}),
        dict(metadata.get("annotations") or {}),
    )
    drop_labels: frozenset[str] = frozenset()
    drop_annotations = DROPPED_ANNOTATIONS
    out.pop("status", None)
    group = out.get("apiVersion", "").rpartition("/")[0]
    if (group, out.get("kind")) == ("batch", "Job"):
        drop_labels, drop_annotations = JOB_LABELS, DROPPED_ANNOTATIONS | JOB_ANNOTATIONS
        _clean_job(out.get("spec") or {})
    elif (group, out.get("kind")) == ("", "Service"):
        _clean_service(out.get("spec") or {}, _keeps_node_ports(like or out))
    out["metadata"] = {
        "name": metadata.get("name"),
        "namespace": metadata.get("namespace") or "",
        "labels": {
            k: v for k, v in labels.items() if k not in drop_labels and not k.startswith(WDS_LABELS)
        },
        "annotations": {k: v for k, v in annotations.items() if k not in drop_annotations},
    }
    return out


def _keeps_node_ports(service: Obj) -> bool:
    annotations = (service.get("metadata") or {}).get("annotations") or {}
    return bool(annotations.get(PRESERVE) == "nodeport")


def _clean_job(spec: Obj) -> None:
    # The page says `spec.suspended`, a field that does not exist: it means `spec.suspend`.
    for field in ("selector", "suspend"):
        spec.pop(field, None)
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    for label in JOB_LABELS:
        labels.pop(label, None)


def _clean_service(spec: Obj, keep_node_ports: bool) -> None:
    for field in SERVICE_FIELDS:
        spec.pop(field, None)
    if spec.get("clusterIP") != "None":
        spec.pop("clusterIP", None)
    if "None" in (spec.get("clusterIPs") or []):
        spec["clusterIPs"] = ["None"]
    else:
        spec.pop("clusterIPs", None)
    if not keep_node_ports:
        for port in spec.get("ports") or []:
            port.pop("nodePort", None)
