"""The objects that Argo CD has in the hosting cluster, and those that its CLI makes in a WDS."""

from __future__ import annotations

import base64
from typing import Final

from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.errors import Broken
from kubestellar_conformance.platforms.common.pki import Pki
from kubestellar_conformance.platforms.embedded.rest import CRDS, Rest
from kubestellar_conformance.spaces.refs import Obj

NAMESPACE: Final = "argocd"
INSTANCE_LABEL: Final = "argocd.argoproj.io/instance"
"""The label that Argo CD puts on what it syncs, as KubeStellar's page configures it."""
_APPLICATIONS: Final = f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/applications"
_KINDS: Final = ("applications", "appprojects")
_MANAGER: Final = "argocd-manager"
_RBAC: Final = "/apis/rbac.authorization.k8s.io/v1"


def install(host: Rest, built: Provisioned, pki: Pki) -> None:
    """Create Argo CD's kinds, its namespace and its settings in the hosting cluster, and the
    certificate of its API server.
    """
    host.wait_established(host.apply_crds(built.crd_files("argo-cd")))
    host.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        _settings("ConfigMap", "argocd-cm", {"application.instanceLabelKey": INSTANCE_LABEL}),
        _settings("ConfigMap", "argocd-rbac-cm", {}),
        _settings("Secret", "argocd-secret", {}),
        {
            **_settings("Secret", "argocd-server-tls", {}),
            "type": "kubernetes.io/tls",
            "data": {
                "tls.crt": base64.b64encode(pki.certificate("server").read_bytes()).decode(),
                "tls.key": base64.b64encode(pki.key("server").read_bytes()).decode(),
            },
        },
    )


def _settings(kind: str, name: str, data: dict[str, str]) -> Obj:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "argocd"}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": labels}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data}


def password(host: Rest) -> str:
    """The administrator's first password, which Argo CD's API server makes at its first start."""
    name = "argocd-initial-admin-secret"
    secret = host.get(f"/api/v1/namespaces/{NAMESPACE}/secrets/{name}")
    if not secret:
        raise Broken(f"Argo CD's API server is up and has not made the Secret {NAMESPACE}/{name}")
    return base64.b64decode(secret["data"]["password"]).decode()


def remove_from_host(host: Rest) -> None:
    """Delete all of it again, after Argo CD has stopped. An absent object counts as deleted."""
    for application in host.get(_APPLICATIONS).get("items", []):
        # Nobody is left who would finish a deletion.
        path = f"{_APPLICATIONS}/{application['metadata']['name']}"
        host.merge(path, {"metadata": {"finalizers": None}})
    _delete(host, "/api/v1/namespaces", NAMESPACE)
    for kind in _KINDS:
        _delete(host, CRDS, f"{kind}.argoproj.io")


def remove_from_wds(wds: Rest) -> None:
    """Delete the objects that ``argocd cluster add`` made. An absent one counts as deleted."""
    for secret in wds.get("/api/v1/namespaces/kube-system/secrets").get("items", []):
        name = secret["metadata"]["name"]
        if name.startswith(f"{_MANAGER}-token-"):
            _delete(wds, "/api/v1/namespaces/kube-system/secrets", name)
    _delete(wds, f"{_RBAC}/clusterrolebindings", f"{_MANAGER}-role-binding")
    _delete(wds, f"{_RBAC}/clusterroles", f"{_MANAGER}-role")
    _delete(wds, "/api/v1/namespaces/kube-system/serviceaccounts", _MANAGER)


def _delete(rest: Rest, path: str, name: str) -> None:
    rest.request("DELETE", f"{path}/{name}", missing_ok=True)
    rest.wait_gone(path, name)
