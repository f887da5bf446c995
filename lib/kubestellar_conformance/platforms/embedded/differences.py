"""The differences of this platform from the documented install, part of every run's record."""

from __future__ import annotations

from kubestellar_conformance.capabilities import Capability

DIFFERENCES = (
    "ITS and WDS are ControlPlanes of type external (documented: vcluster and k8s with PostgreSQL)",
    "no Helm chart and no PostCreateHook Jobs: the harness does their work",
    "OCM runs without its operators and webhooks; CSRs of the bootstrap account are "
    "approved automatically",
    "OCM's agents look every 5 s at what they have applied (--status-sync-interval; OCM's "
    "operator: 60 s in a WEC with one control plane node, else 10 s) and every 10 s at their "
    "cluster (--cluster-healthcheck-period; 1 min), without leader election "
    "(--disable-leader-election), at 200 QPS and burst 400 (--kube-api-qps, --kube-api-burst, "
    "--hub-kube-api-qps, --hub-kube-api-burst)",
    "OCM, KWOK, schedulers and status reporters use "
    "administrator certificates on their own cluster",
    "one etcd and one certificate authority for all API servers, which keep no watch cache of "
    "kinds that rarely change",
    "client rate limits of KubeStellar's controllers are raised above the core chart's (200 "
    "QPS, burst 400)",
    "the Secret admin-kubeconfig of each control plane has its content under the "
    "off-cluster key too",
    "KubeStellar's control CRDs, from its own module, are in the WDS before its controller "
    "manager starts",
    "no kubelet restarts a component that exits: the harness does so every second, but only while "
    "several are started at once",
    "Argo CD, which runs only for the tests that ask for it, has neither pages nor Dex, and its "
    "Redis is one made for tests",
    "pods are played by KWOK: no kubelet, no container, no network, no DNS",
)
CAPABILITIES = frozenset(
    {
        Capability.STOP_COMPONENTS,
        Capability.PAUSE_COMPONENTS,
        Capability.TOPOLOGIES,
        Capability.VIRTUAL_WECS,
        Capability.WHOLE_INVENTORY,
        Capability.ENDPOINTS,
        Capability.AGENT_RIGHTS,
        Capability.DOCUMENTED_NAMES,
        Capability.HELM,
        Capability.ARGO_CD,
    }
)
