"""What makes a WEC's workloads run: scheduler, and KWOK playing one node."""

from __future__ import annotations

from kubestellar_conformance.platforms.embedded.rest import condition
from kubestellar_conformance.platforms.embedded.site import Site
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from kubestellar_conformance.spaces.refs import Obj

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


def node_name(wec: str) -> str:
    return f"{wec}-node"


def create_node(site: Site, wec: str) -> None:
    """The one node of a WEC, large enough for any scenario."""
    name, size = node_name(wec), {"cpu": "32", "memory": "256Gi", "pods": "1000"}
    node: Obj = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "type": "kwok"},
            "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
    }
    rest = site.rest(wec)
    rest.apply(node)
    rest.merge(f"/api/v1/nodes/{name}/status", {"status": {"allocatable": size, "capacity": size}})


def scheduler(site: Site, wec: str) -> ProcessSpec:
    """Kubernetes' scheduler."""
    port = site.ports[f"{wec}/kube-scheduler"]
    return ProcessSpec(
        name=f"{wec}/kube-scheduler",
        argv=(
            site.binary("kube-scheduler"),
            f"--kubeconfig={site.admin_kubeconfig(wec)}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            "--leader-elect=false",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            f"--tls-cert-file={site.pki.certificate('server')}",
            f"--tls-private-key-file={site.pki.key('server')}",
            "--profiling=false",
        ),
        ready=Ready(https=f"https://127.0.0.1:{port}/healthz"),
        grace=0.5,
    )


def kwok(site: Site, wec: str) -> ProcessSpec:
    """KWOK with the stages of its own module: nodes that stay ready, pods that become ready and end
    at once.

    One that starts again waits until its predecessor's lease of the node has run out, so that is
    short.
    """
    port, number = site.ports[f"{wec}/kwok"], list(site.topology.wecs).index(wec) + 1
    stages = tuple(f"--config={file}" for file in site.built.crd_files("kwok-stages"))
    return ProcessSpec(
        name=f"{wec}/kwok",
        argv=(
            site.binary("kwok"),
            f"--kubeconfig={site.admin_kubeconfig(wec)}",
            "--manage-all-nodes=true",
            "--node-ip=127.0.0.1",
            f"--server-address=127.0.0.1:{port}",
            "--node-lease-duration-seconds=12",
            f"--cidr=10.{number}.0.0/16",
            *stages,
        ),
        ready=Ready(http=f"http://127.0.0.1:{port}/readyz"),
        grace=0.5,
    )


def forget_lease(site: Site, wec: str) -> None:
    """Remove the node's lease, which a KWOK that starts would wait for as long as its dead
    predecessor held it.
    """
    site.rest(wec).request("DELETE", f"{LEASES}/{node_name(wec)}", missing_ok=True)


def wait_node(site: Site, wec: str) -> None:
    """Wait until the node is ready and takes pods."""

    def ready(node: Obj) -> bool:
        return condition(node, "Ready") and not node["spec"].get("taints")

    site.rest(wec).wait("/api/v1/nodes", node_name(wec), "condition Ready and no taint", ready)
