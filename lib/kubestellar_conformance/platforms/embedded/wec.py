"""The parts that run a WEC's workloads: a scheduler, and KWOK, which simulates one node."""

from __future__ import annotations

from kubestellar_conformance.platforms.embedded.rest import is_true
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from kubestellar_conformance.platforms.embedded.workbench import Workbench
from kubestellar_conformance.spaces.refs import Obj

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


def node_name(wec: str) -> str:
    return f"{wec}-node"


def create_node(workbench: Workbench, wec: str) -> None:
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
    rest = workbench.rest(wec)
    rest.apply(node)
    rest.merge(f"/api/v1/nodes/{name}/status", {"status": {"allocatable": size, "capacity": size}})


def scheduler(workbench: Workbench, wec: str) -> ProcessSpec:
    """Kubernetes' scheduler."""
    port = workbench.ports[f"{wec}/kube-scheduler"]
    return ProcessSpec(
        name=f"{wec}/kube-scheduler",
        argv=(
            workbench.binary("kube-scheduler"),
            f"--kubeconfig={workbench.admin_kubeconfig(wec)}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            "--leader-elect=false",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            f"--tls-cert-file={workbench.pki.certificate('server')}",
            f"--tls-private-key-file={workbench.pki.key('server')}",
            "--profiling=false",
        ),
        ready=Ready(https=f"https://127.0.0.1:{port}/healthz"),
        grace=0.5,
    )


def kwok(workbench: Workbench, wec: str) -> ProcessSpec:
    """KWOK with the stages of its own module: nodes that stay ready, pods that become ready and end
    at once. A restarted KWOK waits until its predecessor's lease of the node has expired, so the
    lease is short.
    """
    port, number = workbench.ports[f"{wec}/kwok"], list(workbench.topology.wecs).index(wec) + 1
    stages = tuple(f"--config={file}" for file in workbench.built.crd_files("kwok-stages"))
    return ProcessSpec(
        name=f"{wec}/kwok",
        argv=(
            workbench.binary("kwok"),
            f"--kubeconfig={workbench.admin_kubeconfig(wec)}",
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


def forget_lease(workbench: Workbench, wec: str) -> None:
    """Remove the node's lease. A starting KWOK would otherwise wait until the lease of its dead
    predecessor has expired.
    """
    workbench.rest(wec).request("DELETE", f"{LEASES}/{node_name(wec)}", missing_ok=True)


def wait_node(workbench: Workbench, wec: str) -> None:
    """Wait until the node is ready and takes pods."""

    def ready(node: Obj) -> bool:
        return is_true(node, "Ready") and not node["spec"].get("taints")

    workbench.rest(wec).wait("/api/v1/nodes", node_name(wec), "condition Ready and no taint", ready)
