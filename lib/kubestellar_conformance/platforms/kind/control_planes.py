"""ITS and WDS: API servers as pods of the hosting cluster, registered with KubeFlex as external
control planes.
"""

from __future__ import annotations

from kubestellar_conformance.files import write_private
from kubestellar_conformance.images import kubernetes
from kubestellar_conformance.platforms.common import controllers
from kubestellar_conformance.platforms.common.kubeconfigs import renamed, single
from kubestellar_conformance.platforms.common.manifests import namespace, secret
from kubestellar_conformance.platforms.common.names import IN_CLUSTER_KEY, KUBEFLEX, namespace_of
from kubestellar_conformance.platforms.kind import certificates
from kubestellar_conformance.platforms.kind.manifests import objects
from kubestellar_conformance.platforms.kind.workbench import Workbench


def start(workbench: Workbench, name: str) -> None:
    """Create the API server and etcd of a control plane, and its administrator's kubeconfig.

    Kubernetes chooses the node port.
    """
    where, pki = namespace_of(name), workbench.pki
    host, built = workbench.kubectl(workbench.topology.host), workbench.images.built
    things = objects(
        "control_plane",
        namespace=where,
        address=workbench.address,
        etcd_image=kubernetes.etcd_image(built),
        apiserver_image=kubernetes.server_image(built, "kube-apiserver"),
    )
    services = [thing for thing in things if thing["kind"] == "Service"]
    host.apply([namespace(where), *services])
    port = host.run(
        "get",
        "service/kube-apiserver",
        f"--namespace={where}",
        "--output=jsonpath={.spec.ports[0].nodePort}",
    )
    certificates.add(pki, name, workbench.address)
    server, user = f"https://{workbench.address}:{port}", certificates.administrator(pki)
    access = single(name, server, pki.ca.read_text(), user)
    write_private(workbench.folder.space_kubeconfig(name), access)
    content = {**certificates.files(pki, name), "kubeconfig": access}
    host.apply(
        [
            secret("credentials", where, content),
            *(thing for thing in things if thing not in services),
        ]
    )


def share(workbench: Workbench, name: str) -> None:
    """Write the access to a control plane that is the hosting cluster itself."""
    access = workbench.folder.space_kubeconfig(workbench.topology.host).read_text()
    write_private(workbench.folder.space_kubeconfig(name), renamed(access, name))


def finish(workbench: Workbench, name: str, seconds: float) -> None:
    """Wait until a control plane's API server is available, and add its controllers, which would
    exit without it.
    """
    where, host = namespace_of(name), workbench.kubectl(workbench.topology.host)
    its = name in workbench.topology.itses
    for deployment in ("etcd", "kube-apiserver"):
        host.available(deployment, where, seconds)
    host.apply(
        objects(
            "controllers",
            namespace=where,
            image=kubernetes.server_image(workbench.images.built, "kube-controller-manager"),
            controllers=controllers.ITS_WITH_TOKENS if its else controllers.WDS,
        )
    )
    host.available("kube-controller-manager", where, seconds)


def bootstrap_secret(workbench: Workbench, name: str) -> None:
    """Hand a control plane's access to KubeFlex, as its users do for an external one."""
    access = workbench.folder.space_kubeconfig(name).read_text()
    workbench.kubectl(workbench.topology.host).apply(
        [secret(f"{name}-bootstrap", KUBEFLEX, {IN_CLUSTER_KEY: access})]
    )


def wait_registered(workbench: Workbench, name: str, seconds: float) -> None:
    """Wait until KubeFlex reports that the control plane is ready, its hooks included."""
    workbench.kubectl(workbench.topology.host).wait(
        f"controlplane/{name}", "condition=Ready", seconds
    )


def wait_controllers(workbench: Workbench, wds: str, seconds: float) -> None:
    """Wait until KubeStellar's controllers of a WDS are available."""
    for part in ("kubestellar-controller-manager", "transport-controller"):
        workbench.kubectl(workbench.topology.host).available(part, namespace_of(wds), seconds)
