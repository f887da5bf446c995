"""Checks whether a user may make virtual WECs in an ITS, by the reviews of its API server."""

from __future__ import annotations

from kubestellar_conformance.spaces.client import Refused
from kubestellar_conformance.spaces.refs import (
    MANAGED_CLUSTER,
    MANIFEST_WORK,
    NAMESPACE,
    WORK_STATUS,
    Obj,
)
from kubestellar_conformance.spaces.space import Space

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_CLUSTERS, _WEBHOOK = MANAGED_CLUSTER.group, "register.open-cluster-management.io"
NEEDED: tuple[tuple[str, str, str, str], ...] = (
    ("create", _CLUSTERS, "managedclusters", ""),
    ("patch", _CLUSTERS, "managedclusters", ""),
    ("delete", _CLUSTERS, "managedclusters", ""),
    # OCM's webhook requires these two of a user who accepts a cluster and puts it into a set.
    ("update", _WEBHOOK, "managedclusters", "accept"),
    ("create", _CLUSTERS, "managedclustersets", "join"),
    ("create", NAMESPACE.group, "namespaces", ""),
    ("delete", NAMESPACE.group, "namespaces", ""),
    ("watch", MANIFEST_WORK.group, "manifestworks", ""),
    ("patch", MANIFEST_WORK.group, "manifestworks", ""),
    ("delete", MANIFEST_WORK.group, "manifestworks", ""),
    ("create", WORK_STATUS.group, "workstatuses", ""),
    ("patch", WORK_STATUS.group, "workstatuses", "status"),
)
"""Verb, group, resource and subresource of each request that virtual WECs need in the ITS."""


def lacking(its: Space) -> str | None:
    """The first right that virtual WECs need and this user lacks; None if the user has all."""
    for verb, group, resource, subresource in NEEDED:
        if not _allowed(its, verb, group, resource, subresource):
            what = f"{resource}/{subresource}" if subresource else resource
            return f"its user may not {verb} {what} in {its.name}"
    return None


def _allowed(its: Space, verb: str, group: str, resource: str, subresource: str) -> bool:
    asked = {"verb": verb, "group": group, "resource": resource, "subresource": subresource}
    review: Obj = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }
    try:
        answer = its.client.request("post", _REVIEWS, body=review, doing="review of access")
    except Refused:
        return False  # this user may not even request a review
    return bool((answer.get("status") or {}).get("allowed"))
