"""Which of Kubernetes' controllers a space needs, as kube-controller-manager names them."""

from __future__ import annotations

_EVERYWHERE = (
    "namespace-controller",
    "serviceaccount-controller",
    "garbage-collector-controller",
    "root-ca-certificate-publisher-controller",
)
_ITS = (
    "certificatesigningrequest-signing-controller",
    "certificatesigningrequest-cleaner-controller",
    "clusterrole-aggregation-controller",
)
_TOKENS = "serviceaccount-token-controller"
# The same controllers as in KubeFlex's own k8s control plane (its chart of a
# kube-controller-manager), so no workload controllers.
_WDS = (
    "certificatesigningrequest-approving-controller",
    "certificatesigningrequest-cleaner-controller",
    "certificatesigningrequest-signing-controller",
    _TOKENS,
    "bootstrap-signer-controller",
    "token-cleaner-controller",
    "persistentvolume-protection-controller",
    "persistentvolumeclaim-protection-controller",
)
_WEC = (
    "deployment-controller",
    "replicaset-controller",
    "replicationcontroller-controller",
    "statefulset-controller",
    "daemonset-controller",
    "job-controller",
    "cronjob-controller",
    "ttl-after-finished-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "clusterrole-aggregation-controller",
    "disruption-controller",
    "resourcequota-controller",
    "pod-garbage-collector-controller",
    "horizontal-pod-autoscaler-controller",
    # The only controller that lifts the taint of a node that is not ready yet.
    "node-lifecycle-controller",
    "taint-eviction-controller",
    # They remove the finalizers that the API server gives to each volume and claim.
    "persistentvolume-protection-controller",
    "persistentvolumeclaim-protection-controller",
)
ITS = ",".join((*_EVERYWHERE, *_ITS))
"""For an ITS, as the value of ``--controllers``. The other constants are such values too."""
ITS_WITH_TOKENS = ",".join((*_EVERYWHERE, *_ITS, _TOKENS))
"""For an ITS where Secrets ask for ServiceAccount tokens, such as a hosting cluster: KubeFlex waits
for the token of a control plane of type host.
"""
WDS = ",".join((*_EVERYWHERE, *_WDS))
WEC = ",".join((*_EVERYWHERE, *_WEC))
