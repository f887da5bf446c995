"""The OCM hub on an ITS, and the WECs' agents that join it by the real CSR flow."""

from __future__ import annotations

from pathlib import Path

from kubestellar_conformance.files import write_private
from kubestellar_conformance.platforms.common.kubeconfigs import kubeconfig
from kubestellar_conformance.platforms.common.manifests import namespace, objects, secret
from kubestellar_conformance.platforms.common.names import (
    ADD_ONS,
    AGENT,
    BOOTSTRAP_ACCOUNT,
    HUB,
    OCM,
)
from kubestellar_conformance.platforms.embedded.rest import is_true
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from kubestellar_conformance.platforms.embedded.workbench import Workbench
from kubestellar_conformance.spaces.refs import JOINED, Obj

CLUSTERS = "/apis/cluster.open-cluster-management.io/v1/managedclusters"
_FAST = ("--kube-api-qps=200", "--kube-api-burst=400")
_JOIN = 180.0
"""Seconds for each step of a join. The hub handles one ManagedCluster after the other: behind the
fleets of other tests a WEC has waited 90 s for its turn.
"""


def install_hub(workbench: Workbench, its: str) -> None:
    """OCM's hub APIs, the status add-on's API, the bootstrap account, and a kubeconfig for it."""
    rest = workbench.rest(its)
    files = [*workbench.built.crd_files("ocm-hub"), *workbench.built.crd_files("workstatus")]
    names = rest.apply_crds(files)
    rest.apply(*objects("bootstrap"))
    access = {its: (workbench.port(its), {"token": rest.token(OCM, BOOTSTRAP_ACCOUNT)})}
    write_private(bootstrap_kubeconfig(workbench, its), kubeconfig(workbench.pki, access))
    rest.wait_established(names)


def bootstrap_kubeconfig(workbench: Workbench, its: str) -> Path:
    """The access that an agent has before it is accepted."""
    return workbench.folder.credentials / f"{its}-bootstrap.kubeconfig"


def registration(workbench: Workbench, its: str) -> ProcessSpec:
    """The hub's registration controller; CSRs of the bootstrap account are approved, acceptance is
    not automatic.
    """
    port = workbench.ports[f"{its}/ocm-registration"]
    return ProcessSpec(
        name=f"{its}/ocm-registration",
        argv=(
            workbench.binary("ocm-registration"),
            "controller",
            f"--kubeconfig={workbench.admin_kubeconfig(its)}",
            f"--namespace={HUB}",
            "--disable-leader-election",
            f"--listen=127.0.0.1:{port}",
            *_FAST,
            "--feature-gates=ManagedClusterAutoApproval=true",
            f"--auto-approved-csr-users=system:serviceaccount:{OCM}:{BOOTSTRAP_ACCOUNT}",
        ),
        ready=Ready(https=f"https://127.0.0.1:{port}/healthz"),
        grace=0.5,
    )


def install_agent(workbench: Workbench, wec: str) -> None:
    """Install the objects that an agent needs in its WEC: namespaces and the AppliedManifestWork
    API.
    """
    rest = workbench.rest(wec)
    names = rest.apply_crds(workbench.built.crd_files("ocm-wec"))
    rest.apply(namespace(AGENT), namespace(ADD_ONS))
    rest.wait_established(names)


def store_bootstrap(workbench: Workbench, wec: str, its: str) -> None:
    """Store the bootstrap access as a Secret in the WEC, where the agent watches for changes."""
    access = bootstrap_kubeconfig(workbench, its).read_text()
    stored = secret("bootstrap-hub-kubeconfig", AGENT, {"kubeconfig": access})
    workbench.rest(wec).apply(stored)


def agent(workbench: Workbench, wec: str) -> ProcessSpec:
    """The klusterlet agent of a WEC (registration and work in one process)."""
    its, port = workbench.topology.wecs[wec], workbench.ports[f"{wec}/klusterlet-agent"]
    hub = workbench.folder.credentials / f"hub-{wec}"
    return ProcessSpec(
        name=f"{wec}/klusterlet-agent",
        argv=(
            workbench.binary("ocm-registration-operator"),
            "agent",
            f"--kubeconfig={workbench.admin_kubeconfig(wec)}",
            f"--namespace={AGENT}",
            f"--spoke-cluster-name={wec}",
            f"--agent-id=agent-{wec}",
            f"--bootstrap-kubeconfig={bootstrap_kubeconfig(workbench, its)}",
            f"--hub-kubeconfig-dir={hub}",
            "--workload-source-driver=kube",
            f"--workload-source-config={hub / 'kubeconfig'}",
            "--disable-leader-election",
            f"--listen=127.0.0.1:{port}",
            "--status-sync-interval=5s",
            "--cluster-healthcheck-period=10s",
            *_FAST,
            "--hub-kube-api-qps=200",
            "--hub-kube-api-burst=400",
        ),
        env={"POD_NAME": f"klusterlet-agent-{wec}"},
        ready=Ready(https=f"https://127.0.0.1:{port}/healthz"),
        grace=0.5,
    )


def accept(workbench: Workbench, wec: str) -> None:
    """Accept the agent on the hub once it has asked (``clusteradm accept``), with Getting Started's
    labels.
    """
    rest = workbench.rest(workbench.topology.wecs[wec])
    rest.wait(CLUSTERS, wec, "a ManagedCluster made by the agent", lambda _: True, _JOIN)
    patch = {
        "metadata": {"labels": workbench.topology.labels(wec)},
        "spec": {"hubAcceptsClient": True},
    }
    rest.merge(f"{CLUSTERS}/{wec}", patch)


def detach(workbench: Workbench, wec: str, seconds: float) -> None:
    """Detach a WEC from its hub: delete its ManagedCluster and wait until the hub and the agent
    have released it; `Broken` if that takes longer than ``seconds``.
    """
    rest = workbench.rest(workbench.topology.wecs[wec])
    rest.request("DELETE", f"{CLUSTERS}/{wec}", missing_ok=True)
    rest.wait_gone(CLUSTERS, wec, seconds)


def wait_joined(workbench: Workbench, wec: str) -> None:
    """Wait until the hub sees the WEC as joined and available."""

    def joined(cluster: Obj) -> bool:
        return all(is_true(cluster, kind) for kind in JOINED)

    workbench.rest(workbench.topology.wecs[wec]).wait(
        CLUSTERS, wec, f"conditions {', '.join(JOINED)}", joined, _JOIN
    )
