"""The differences of this platform from the documented install, part of every run's record."""

from __future__ import annotations

from kubestellar_conformance.capabilities import Capability
from kubestellar_conformance.images import ImageSet
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.kind import k8s_type
from kubestellar_conformance.platforms.kind.charts import REPLACED

CAPABILITIES = frozenset(
    {
        Capability.STOP_COMPONENTS,
        Capability.PAUSE_COMPONENTS,
        Capability.TOPOLOGIES,
        Capability.CORE_CHART,
        Capability.VIRTUAL_WECS,
        Capability.WHOLE_INVENTORY,
        Capability.HOSTING_PODS,
    }
)
_ITS = (
    "the ITS is a ControlPlane of type external, its API server and etcd being pods of the "
    "hosting cluster "
    "(documented: vcluster)"
)
_WDS = {
    "external": "so is the WDS (documented: k8s, with PostgreSQL)",
    "k8s": "the WDS's PostgreSQL is Debian's, in a StatefulSet of ours with its data in a "
    "folder of the node; a WDS "
    "that is added is of type external, since a second one of type k8s asks for more than "
    "two cores have left",
}
_DIFFERENCES = (
    "the API servers of ITS and WDS are reached by their node ports and not by the ingress, "
    "which nothing serves",
    *REPLACED,
    "OCM without its operators and webhooks: registration controller and klusterlet agent "
    "are Deployments of ours; "
    "CSRs of the bootstrap account are approved automatically",
    "OCM's agents look every 5 s at what they have applied (--status-sync-interval; OCM's "
    "operator: 60 s in a WEC with one control plane node, else 10 s), without leader election "
    "(--disable-leader-election)",
    "the ITS has no nodes, so OCM's registration controller is a pod of the hosting "
    "cluster; it is administrator there",
    "in the WECs a mutating admission policy sets imagePullPolicy IfNotPresent on pods: "
    "no registry is available",
    "kind's node image has Debian's containerd and runc, CNI ptp in place of kindnet, and "
    "no storage provisioner",
)


def differences(images: ImageSet, topology: Topology) -> list[str]:
    """All differences, with the images that replace others."""
    played = [
        f"image {image.reference} stands for {image.stands_for}"
        for image in images.all
        if image.stands_for
    ]
    return [_ITS, _WDS[k8s_type.type_of(topology)], *_DIFFERENCES, *played]
