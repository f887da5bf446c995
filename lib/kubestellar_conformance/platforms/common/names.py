"""Names that KubeFlex and OCM give to their objects, and that other programs look for."""

from __future__ import annotations

from kubestellar_conformance.spaces.refs import Kind

KUBEFLEX = "kubeflex-system"
"""KubeFlex's namespace in the hosting cluster."""
CONTROL_PLANE = Kind("tenancy.kflex.kubestellar.org", "v1alpha1", "ControlPlane")
TYPE_LABEL = "kflex.kubestellar.io/cptype"
"""Label of a ControlPlane, copied from its PostCreateHook: its role (``its`` or ``wds``)."""
ADMIN_SECRET = "admin-kubeconfig"
"""The Secret where KubeFlex puts the access to a control plane, in that control plane's namespace.
"""
IN_CLUSTER_KEY = "kubeconfig-incluster"
"""The key, in that Secret and in a bootstrap Secret, of the access from inside the hosting cluster.
"""

OCM = "open-cluster-management"
HUB = "open-cluster-management-hub"
BOOTSTRAP_ACCOUNT = "agent-registration-bootstrap"
"""The ServiceAccount, in the namespace `OCM` of an ITS, with which an agent asks to join."""
AGENT = "open-cluster-management-agent"
WORK_ACCOUNT = "klusterlet-work-sa"
"""The ServiceAccount of OCM's work agent, in the namespace `AGENT` of a WEC."""
ADD_ONS = "open-cluster-management-agent-addon"
"""The namespaces of OCM's agents in a WEC."""


def namespace_of(control_plane: str) -> str:
    """KubeFlex's namespace for a control plane in the hosting cluster."""
    return f"{control_plane}-system"
