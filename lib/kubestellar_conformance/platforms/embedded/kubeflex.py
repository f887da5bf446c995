"""KubeFlex on the hosting cluster, and the control planes that play the parts of ITS and WDS.

They are of type ``external`` (KubeFlex API: ControlPlane.spec.type): their API servers are
processes of this platform, handed to KubeFlex by a bootstrap Secret as its users do. The label that
KubeStellar looks for comes from the PostCreateHook, as in KubeStellar's core chart.
"""

from __future__ import annotations

import base64
from pathlib import Path

import yaml

from kubestellar_conformance.files import write_private
from kubestellar_conformance.platforms.common.kubeconfigs import (
    address,
    certificate_user,
    kubeconfig,
)
from kubestellar_conformance.platforms.embedded.rest import Object, condition
from kubestellar_conformance.platforms.embedded.site import Site
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready

SYSTEM = "kubeflex-system"
KEY = "kubeconfig-incluster"
API = "tenancy.kflex.kubestellar.org/v1alpha1"


def manager(site: Site) -> ProcessSpec:
    """KubeFlex's controller manager."""
    host = site.topology.host
    probe, metrics = site.ports[f"{host}/kubeflex-probe"], site.ports[f"{host}/kubeflex-metrics"]
    return ProcessSpec(
        name=f"{host}/kubeflex-controller-manager",
        argv=(
            site.binary("kubeflex"),
            f"--metrics-bind-address=127.0.0.1:{metrics}",
            f"--health-probe-bind-address=127.0.0.1:{probe}",
        ),
        env={"KUBECONFIG": str(site.admin_kubeconfig(host))},
        ready=Ready(http=f"http://127.0.0.1:{probe}/readyz"),
        grace=0.5,
    )


def _hook(name: str, kind: str, templates: list[Object]) -> Object:
    labels = {"kflex.kubestellar.io/cptype": kind}
    return {
        "apiVersion": API,
        "kind": "PostCreateHook",
        "metadata": {"name": name, "labels": labels},
        "spec": {"templates": templates},
    }


def _hooks() -> list[Object]:
    """The ITS's marks it as one; the WDS's gives KubeStellar's manager the rights that the core
    chart gives it.
    """
    role = "{{.ControlPlaneName}}-kubestellar-manager-role"
    rbac = "rbac.authorization.k8s.io"
    marker = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "its-marker"},
        "data": {"controlPlane": "{{.ControlPlaneName}}"},
    }
    read = ["get", "list", "watch"]
    tenancy = ["tenancy.kflex.kubestellar.org"]
    rules = [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": read},
        {"apiGroups": tenancy, "resources": ["controlplanes"], "verbs": read},
        {"apiGroups": tenancy, "resources": ["controlplanes/status"], "verbs": ["get"]},
    ]
    cluster_role = {
        "apiVersion": f"{rbac}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": role},
        "rules": rules,
    }
    binding = {
        "apiVersion": f"{rbac}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"{role}binding"},
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "{{.Namespace}}"}],
    }
    return [
        _hook("its-marker", "its", [marker]),
        _hook("kubestellar-rbac", "wds", [cluster_role, binding]),
    ]


def install(site: Site) -> None:
    """KubeFlex's APIs, its namespace and the hooks."""
    rest = site.rest(site.topology.host)
    rest.wait_established(rest.apply_crds(site.built.crd_files("kubeflex")))
    rest.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}}, *_hooks())


def create_control_plane(site: Site, name: str, hook: str) -> None:
    """The ControlPlane object for a space whose API server runs, and for an external one its
    bootstrap Secret.
    """
    rest = site.rest(site.topology.host)
    spec: Object = {"backend": "shared", "type": "host", "postCreateHooks": [{"hookName": hook}]}
    control_plane = {
        "apiVersion": API,
        "kind": "ControlPlane",
        "metadata": {"name": name},
        "spec": spec,
    }
    if name in site.topology.hosted:
        rest.apply(control_plane)
        return
    access = kubeconfig(site.pki, {name: (site.port(name), certificate_user(site.pki))})
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"{name}-bootstrap", "namespace": SYSTEM},
        "data": {KEY: base64.b64encode(access.encode()).decode()},
    }
    spec["type"] = "external"
    spec["bootstrapSecretRef"] = {
        "name": f"{name}-bootstrap",
        "namespace": SYSTEM,
        "inClusterKey": KEY,
    }
    rest.apply(secret, control_plane)


def delete_control_plane(site: Site, name: str) -> None:
    """Ask for the end of a control plane and wait until KubeFlex let it go."""
    rest, path = site.rest(site.topology.host), f"/apis/{API}/controlplanes"
    rest.request("DELETE", f"{path}/{name}", missing_ok=True)
    rest.wait_gone(path, name)


def wait_control_plane(site: Site, name: str) -> None:
    """Wait until KubeFlex made the control plane Ready, and take its access from the Secret that
    KubeFlex wrote.

    For an external control plane that Secret holds the in-cluster key alone, which KubeStellar's
    manager reads only inside a cluster, so the same content is put beside it under the key that is
    read outside.
    """
    rest = site.rest(site.topology.host)
    label = "kflex.kubestellar.io/cptype"

    def done(cp: Object) -> bool:
        return (
            condition(cp, "Ready")
            and label in cp["metadata"].get("labels", {})
            and "secretRef" in cp["status"]
        )

    rest.wait(f"/apis/{API}/controlplanes", name, f"condition Ready and label {label}", done)
    path = f"/api/v1/namespaces/{name}-system/secrets"
    secret = rest.wait(path, "admin-kubeconfig", f"key {KEY}", lambda s: KEY in s.get("data", {}))
    access = secret["data"][KEY]
    if name in site.topology.hosted:
        # Inside a cluster the hosting cluster has an address that leads nowhere from outside.
        inside = yaml.safe_load(base64.b64decode(access))
        inside["clusters"][0]["cluster"]["server"] = address(site.port(name))
        access = base64.b64encode(yaml.safe_dump(inside).encode()).decode()
    rest.merge(f"{path}/admin-kubeconfig", {"data": {"kubeconfig": access}})
    write_private(Path(control_plane_kubeconfig(site, name)), base64.b64decode(access))


def control_plane_kubeconfig(site: Site, name: str) -> str:
    """The access that KubeFlex made for a control plane (the Secret ``admin-kubeconfig``)."""
    return str(site.folder.credentials / f"{name}-kubeflex.kubeconfig")


def service_account_kubeconfig(site: Site, control_plane: str) -> str:
    """Access to the hosting cluster as a control plane's default ServiceAccount, as KubeStellar's
    manager has it.
    """
    host, namespace = site.topology.host, f"{control_plane}-system"
    rest, accounts = site.rest(host), f"/api/v1/namespaces/{namespace}/serviceaccounts"
    rest.wait(accounts, "default", "the ServiceAccount", lambda _: True)
    token = rest.token(namespace, "default")
    path = site.folder.credentials / f"{namespace}-default.kubeconfig"
    write_private(path, kubeconfig(site.pki, {host: (site.port(host), {"token": token})}))
    return str(path)
