"""KubeFlex on the hosting cluster, and the control planes that are ITS and WDS.

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
from kubestellar_conformance.platforms.common.manifests import namespace, objects, secret
from kubestellar_conformance.platforms.common.names import (
    ADMIN_SECRET,
    CONTROL_PLANE,
    IN_CLUSTER_KEY,
    KUBEFLEX,
    TYPE_LABEL,
    namespace_of,
)
from kubestellar_conformance.platforms.embedded.rest import is_true
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from kubestellar_conformance.platforms.embedded.workbench import Workbench
from kubestellar_conformance.spaces.refs import Obj

CONTROL_PLANES = f"/apis/{CONTROL_PLANE.api_version}/controlplanes"


def manager(workbench: Workbench) -> ProcessSpec:
    """KubeFlex's controller manager."""
    host = workbench.topology.host
    probe, metrics = (
        workbench.ports[f"{host}/kubeflex-probe"],
        workbench.ports[f"{host}/kubeflex-metrics"],
    )
    return ProcessSpec(
        name=f"{host}/kubeflex-controller-manager",
        argv=(
            workbench.binary("kubeflex"),
            f"--metrics-bind-address=127.0.0.1:{metrics}",
            f"--health-probe-bind-address=127.0.0.1:{probe}",
        ),
        env={"KUBECONFIG": str(workbench.admin_kubeconfig(host))},
        ready=Ready(http=f"http://127.0.0.1:{probe}/readyz"),
        grace=0.5,
    )


def install(workbench: Workbench) -> None:
    """KubeFlex's APIs, its namespace and the hooks."""
    rest = workbench.rest(workbench.topology.host)
    rest.wait_established(rest.apply_crds(workbench.built.crd_files("kubeflex")))
    rest.apply(namespace(KUBEFLEX), *objects("its_marker"), *objects("kubestellar_rbac"))


def create_control_plane(workbench: Workbench, name: str, hook: str) -> None:
    """Create the ControlPlane object for a space whose API server runs, and for an external one its
    bootstrap Secret.
    """
    rest = workbench.rest(workbench.topology.host)
    spec: Obj = {"backend": "shared", "type": "host", "postCreateHooks": [{"hookName": hook}]}
    control_plane = {
        "apiVersion": CONTROL_PLANE.api_version,
        "kind": "ControlPlane",
        "metadata": {"name": name},
        "spec": spec,
    }
    if name in workbench.topology.hosted:
        rest.apply(control_plane)
        return
    access = kubeconfig(
        workbench.pki, {name: (workbench.port(name), certificate_user(workbench.pki))}
    )
    bootstrap = secret(f"{name}-bootstrap", KUBEFLEX, {IN_CLUSTER_KEY: access})
    spec["type"] = "external"
    spec["bootstrapSecretRef"] = {
        "name": f"{name}-bootstrap",
        "namespace": KUBEFLEX,
        "inClusterKey": IN_CLUSTER_KEY,
    }
    rest.apply(bootstrap, control_plane)


def delete_control_plane(workbench: Workbench, name: str, seconds: float) -> None:
    """Delete a control plane and wait until KubeFlex has released it; `Broken` if that takes longer
    than ``seconds``.
    """
    rest, path = workbench.rest(workbench.topology.host), CONTROL_PLANES
    rest.request("DELETE", f"{path}/{name}", missing_ok=True)
    rest.wait_gone(path, name, seconds)


def wait_control_plane(workbench: Workbench, name: str) -> None:
    """Wait until KubeFlex has made the control plane Ready, and take its access from the Secret
    that KubeFlex wrote.

    For an external control plane that Secret has the in-cluster key alone, which KubeStellar's
    manager reads only inside a cluster. So the same content is added under the key that the manager
    reads outside.
    """
    rest = workbench.rest(workbench.topology.host)

    def done(cp: Obj) -> bool:
        return (
            is_true(cp, "Ready")
            and TYPE_LABEL in cp["metadata"].get("labels", {})
            and "secretRef" in cp["status"]
        )

    rest.wait(CONTROL_PLANES, name, f"condition Ready and label {TYPE_LABEL}", done)
    path, key = f"/api/v1/namespaces/{namespace_of(name)}/secrets", IN_CLUSTER_KEY
    found = rest.wait(path, ADMIN_SECRET, f"key {key}", lambda s: key in s.get("data", {}))
    access = found["data"][key]
    if name in workbench.topology.hosted:
        # The address of the hosting cluster inside a cluster leads nowhere from outside.
        inside = yaml.safe_load(base64.b64decode(access))
        inside["clusters"][0]["cluster"]["server"] = address(workbench.port(name))
        access = base64.b64encode(yaml.safe_dump(inside).encode()).decode()
    rest.merge(f"{path}/{ADMIN_SECRET}", {"data": {"kubeconfig": access}})
    write_private(Path(control_plane_kubeconfig(workbench, name)), base64.b64decode(access))


def control_plane_kubeconfig(workbench: Workbench, name: str) -> str:
    """The access that KubeFlex made for a control plane (the Secret ``admin-kubeconfig``)."""
    return str(workbench.folder.credentials / f"{name}-kubeflex.kubeconfig")


def service_account_kubeconfig(workbench: Workbench, control_plane: str) -> str:
    """Access to the hosting cluster as a control plane's default ServiceAccount, the one that
    KubeStellar's manager has.
    """
    host, where = workbench.topology.host, namespace_of(control_plane)
    rest, accounts = workbench.rest(host), f"/api/v1/namespaces/{where}/serviceaccounts"
    rest.wait(accounts, "default", "the ServiceAccount", lambda _: True)
    token = rest.token(where, "default")
    path = workbench.folder.credentials / f"{where}-default.kubeconfig"
    write_private(path, kubeconfig(workbench.pki, {host: (workbench.port(host), {"token": token})}))
    return str(path)
