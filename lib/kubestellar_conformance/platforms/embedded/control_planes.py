"""etcd, API servers and Kubernetes' controller managers."""

from __future__ import annotations

from kubestellar_conformance.platforms.common import controllers
from kubestellar_conformance.platforms.common.kubeconfigs import address
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.embedded import watch_caches
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from kubestellar_conformance.platforms.embedded.workbench import Workbench

# Fewer garbage collections: most of what a start allocates lives on, and two cores are the
# bottleneck.
FEWER_COLLECTIONS = {"GOGC": "400"}


# A socket's path may have 107 characters, and a run's folder may have more. Each part's working
# folder lies one level below the run's folder, so the path can be relative.
_ETCD = "unix:///proc/self/cwd/../../data/etcd.sock"

ETCD = "etcd"
"""The name of the component that keeps the objects of all spaces."""


def etcd(workbench: Workbench) -> ProcessSpec:
    """The one etcd of all API servers. No data of a run has to survive the machine, hence no fsync.

    It holds the run's credentials, and other users of the machine could reach a port of it too. So
    clients use a socket in the run's folder, and the port for other members, of which none exists,
    requires a certificate. (With TLS on a port for clients a start takes longer: an API server
    makes one connection per kind of object.)
    """
    peer, metrics = (
        f"https://127.0.0.1:{workbench.ports['etcd/peer']}",
        f"http://127.0.0.1:{workbench.ports['etcd/metrics']}",
    )
    pki = workbench.pki
    trust = [
        ("trusted-ca-file", pki.ca),
        ("cert-file", pki.certificate("server")),
        ("key-file", pki.key("server")),
    ]
    return ProcessSpec(
        name=ETCD,
        argv=(
            workbench.binary("etcd"),
            "--name=default",
            f"--data-dir={workbench.folder.data / 'etcd'}",
            f"--listen-client-urls={_ETCD}",
            f"--advertise-client-urls={metrics}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
            "--quota-backend-bytes=4294967296",
            "--peer-client-cert-auth",
            *(f"--peer-{flag}={file}" for flag, file in trust),
            f"--listen-metrics-urls={metrics}",
            # A single member waits a whole election timeout (1 s by default) before it leads.
            "--heartbeat-interval=20",
            "--election-timeout=200",
        ),
        ready=Ready(http=f"{metrics}/readyz"),
        grace=0,
    )


def api_server(workbench: Workbench, space: str) -> ProcessSpec:
    """The API server of a space, with a prefix of its own in etcd."""
    pki, port = workbench.pki, workbench.port(space)
    return ProcessSpec(
        name=f"{space}/kube-apiserver",
        argv=(
            workbench.binary("kube-apiserver"),
            f"--etcd-servers={_ETCD}",
            f"--etcd-prefix=/{space}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.96.0.0/16",
            f"--tls-cert-file={pki.certificate('server')}",
            f"--tls-private-key-file={pki.key('server')}",
            f"--client-ca-file={pki.ca}",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={pki.service_account_public_key(space)}",
            f"--service-account-signing-key-file={pki.service_account_key(space)}",
            "--authorization-mode=Node,RBAC",
            "--allow-privileged=true",
            "--enable-priority-and-fairness=false",
            f"--requestheader-client-ca-file={pki.front_proxy_ca}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-username-headers=X-Remote-User",
            f"--proxy-client-cert-file={pki.certificate('front-proxy-client')}",
            f"--proxy-client-key-file={pki.key('front-proxy-client')}",
            "--profiling=false",
            watch_caches.flag(),
            "--etcd-count-metric-poll-period=0",  # nobody here reads that metric
        ),
        env=FEWER_COLLECTIONS,
        ready=Ready(https=f"{address(port)}/readyz"),
        grace=0,
    )


def serving(workbench: Workbench, space: str) -> Ready:
    """Ready when a space's API server answers its administrator. Full readiness comes a second
    later: the hook that makes the default roles begins with a wait of 1 s.
    """
    hooks = ("rbac/bootstrap-roles", "scheduling/bootstrap-system-priority-classes")
    return Ready(
        https=f"{address(workbench.port(space))}/readyz?"
        + "&".join(f"exclude=poststarthook/{h}" for h in hooks)
    )


def controller_manager(workbench: Workbench, space: str) -> ProcessSpec:
    """Kubernetes' controller manager of a space, with the controllers that its role needs."""
    pki = workbench.pki
    port = workbench.ports[f"{space}/kube-controller-manager"]
    return ProcessSpec(
        name=f"{space}/kube-controller-manager",
        argv=(
            workbench.binary("kube-controller-manager"),
            f"--kubeconfig={workbench.admin_kubeconfig(space)}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            "--leader-elect=false",
            f"--controllers={_controllers(workbench.topology, space)}",
            f"--tls-cert-file={pki.certificate('server')}",
            f"--tls-private-key-file={pki.key('server')}",
            f"--service-account-private-key-file={pki.service_account_key(space)}",
            f"--root-ca-file={pki.ca}",
            f"--cluster-signing-cert-file={pki.ca}",
            f"--cluster-signing-key-file={pki.key('ca')}",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            "--profiling=false",
        ),
        env=FEWER_COLLECTIONS,
        # It answers before its API server is healthy, waits 10 s for that, and then exits.
        ready=Ready(https=f"https://127.0.0.1:{port}/healthz", log=("Started controller",)),
        grace=0.5,
    )


def _controllers(topology: Topology, space: str) -> str:
    if space == topology.host:  # it may be ITS and WDS too
        return controllers.ITS_WITH_TOKENS
    if space in topology.itses:
        return controllers.ITS
    return controllers.WDS if space in topology.wdses else controllers.WEC
