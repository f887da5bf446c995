"""How this platform is not like the documented install: said in every run's record."""

from __future__ import annotations

from kubestellar_conformance.images import ImageSet
from kubestellar_conformance.platforms.kind.charts import REPLACED

CAPABILITIES = frozenset(
    {"stop-components", "pause-components", "workload-controllers", "returned-status", "topologies"}
)
_DIFFERENCES = (
    "ITS and WDS are ControlPlanes of type external, API server and etcd of each being pods of the hosting cluster "
    "(documented: vcluster and k8s with PostgreSQL), reached by node ports and not by the ingress",
    *REPLACED,
    "OCM without its operators and webhooks: registration controller and klusterlet agent are Deployments of ours; "
    "CSRs of the bootstrap account are approved automatically",
    "the ITS has no nodes, so OCM's registration controller is a pod of the hosting cluster; it is administrator there",
    "in the WECs a mutating admission policy sets imagePullPolicy IfNotPresent on pods: there is no registry",
    "kind's node image has Debian's containerd and runc, CNI ptp in place of kindnet, and no storage provisioner",
)


def differences(images: ImageSet) -> list[str]:
    """All of them, with the images that stand for others."""
    played = [f"image {image.reference} stands for {image.stands_for}" for image in images.all if image.stands_for]
    return [*_DIFFERENCES, *played]
