"""Objects of the Kubernetes API as a test creates them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kubestellar_conformance.spaces.refs import CRD, Kind, Obj

IMAGE = "public.ecr.aws/nginx/nginx:latest"
"""The image of the documented workloads, which every platform has."""
CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "FlowSchema",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)
"""Kubernetes' own kinds whose objects live in no namespace."""


def new(
    kind: Kind,
    name: str,
    namespace: str = "",
    labels: Mapping[str, str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Obj:
    """An object; fields that are None are left out. ``metadata``: more fields of its metadata."""
    metadata = {"name": name, **(metadata or {})}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = dict(labels)
    given = {field: value for field, value in fields.items() if value is not None}
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **given}


def plural(kind: Kind) -> str:
    """The lowercase plural name of a kind, as Kubernetes guesses it
    (apimachinery: UnsafeGuessKindToResource).
    """
    name = kind.name.lower()
    if name.endswith("endpoints"):
        return name
    if name.endswith("s"):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def deployment_spec(app: str, replicas: int) -> Obj:
    """The spec of a Deployment of one small web server."""
    container = {"name": "web", "image": IMAGE, "ports": [{"containerPort": 80}]}
    return {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": app}},
        "template": {"metadata": {"labels": {"app": app}}, "spec": {"containers": [container]}},
    }


def definition(
    kind: Kind, *, namespaced: bool, schema: Obj | None = None, status_subresource: bool = True
) -> Obj:
    """The CustomResourceDefinition of a kind.

    ``schema``: its openAPIV3Schema; without one every field is accepted.
    """
    anything: Obj = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": kind.version,
        "served": True,
        "storage": True,
        "subresources": {"status": {}} if status_subresource else {},
        "schema": {"openAPIV3Schema": schema or anything},
    }
    names = {"kind": kind.name, "plural": plural(kind), "singular": kind.name.lower()}
    spec = {
        "group": kind.group,
        "scope": "Namespaced" if namespaced else "Cluster",
        "names": {**names, "listKind": f"{kind.name}List"},
        "versions": [version],
    }
    return new(CRD, f"{plural(kind)}.{kind.group}", spec=spec)


def camel(stem: str) -> str:
    """``my-widget`` as the name of a kind: ``MyWidget``."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", stem))
