"""What of an object in the WDS has to be found in a WEC, and how two states of an object differ.

KubeStellar documents what it takes off an object on its way (the page "Transforming Desired State"
of its user guide). Both sides are compared after that cleaning; what an API server fills in by
default is the same on both.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

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
"""Labels that KubeStellar keeps on the object in the WDS for its own use: nothing says that they
arrive.
"""
FILLED_IN_BY_THE_WEC: dict[str, tuple[str, ...]] = {
    "PersistentVolumeClaim": ("spec.volumeName",),
    "Pod": ("spec.nodeName",),
    "ServiceAccount": ("secrets", "imagePullSecrets"),
}
"""Fields that a cluster sets itself on an object that it holds, by kind; looked at only where the
WDS sets them.
"""
ABSENT = "(absent)"


def cleaned(obj: Obj) -> Obj:
    """A copy of the object with what the documentation lists taken off: what a WEC has to hold of
    it.
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
        _clean_service(out.get("spec") or {}, annotations.get(PRESERVE) == "nodeport")
    out["metadata"] = {
        "name": metadata.get("name"),
        "namespace": metadata.get("namespace") or "",
        "labels": {
            k: v for k, v in labels.items() if k not in drop_labels and not k.startswith(WDS_LABELS)
        },
        "annotations": {k: v for k, v in annotations.items() if k not in drop_annotations},
    }
    return out


def _clean_job(spec: Obj) -> None:
    # The page says `spec.suspended`; there is no such field, and `spec.suspend` is what is meant.
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


def delivered(wanted: Obj, found: Obj, *, ignoring: Iterable[str] = ()) -> list[str]:
    """How the object in a WEC differs from the one in the WDS, as lines ``field: found, the WDS has
    ...``.

    Labels and annotations of the WDS must be there; others may be too. Everything else must be
    equal, except the fields (dotted paths) in ``ignoring`` and those that the documentation says
    are cleaned.
    """
    want, have = cleaned(wanted), cleaned(found)
    own = [
        path
        for path in FILLED_IN_BY_THE_WEC.get(str(want.get("kind")), ())
        if _at(want, path) is None
    ]
    for path in (*ignoring, *own):
        _drop(want, path)
        _drop(have, path)
    lines = []
    for part in ("labels", "annotations"):
        for key, value in want["metadata"][part].items():
            seen = have["metadata"][part].get(key, ABSENT)
            if seen != value:
                lines.append(f"metadata.{part}[{key}]: {seen}, the WDS has {value}")
    for field in sorted((want.keys() | have.keys()) - {"apiVersion", "kind", "metadata"}):
        lines += differences(want.get(field, ABSENT), have.get(field, ABSENT), field)
    return lines


def differences(wanted: Any, found: Any, at: str = "", wanted_by: str = "the WDS has") -> list[str]:
    """Field by field, as lines ``path: found, the WDS has wanted``."""
    return list(_differences(wanted, found, at, wanted_by))


def _differences(wanted: Any, found: Any, at: str, by: str) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in sorted(wanted.keys() | found.keys()):
            yield from _differences(
                wanted.get(key, ABSENT), found.get(key, ABSENT), f"{at}.{key}" if at else key, by
            )
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _differences(one, other, f"{at}[{index}]", by)
    elif wanted != found:
        yield f"{at}: {_short(found)}, {by} {_short(wanted)}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _at(obj: Any, path: str) -> Any:
    for step in path.split("."):
        obj = obj.get(step) if isinstance(obj, dict) else None
    return obj


def _drop(obj: Obj, path: str) -> None:
    *parents, last = path.split(".")
    holder = _at(obj, ".".join(parents)) if parents else obj
    if isinstance(holder, dict):
        holder.pop(last, None)
