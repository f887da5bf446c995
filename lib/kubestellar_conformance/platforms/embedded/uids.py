"""The UIDs of the objects that the set-up made, by which a restored system is recognised."""

from __future__ import annotations

from collections.abc import Container

from kubestellar_conformance.platforms.embedded import kubeflex, ocm
from kubestellar_conformance.platforms.embedded.workbench import Workbench

_NAMESPACES = "/api/v1/namespaces"
_CSRS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"


def uids_of(workbench: Workbench, spaces: Container[str]) -> dict[str, dict[str, str]]:
    """By space, of those spaces: the UID of every namespace, control plane, ManagedCluster and CSR,
    by path and name.
    """
    topology = workbench.topology
    paths = {space: [_NAMESPACES] for space in topology.servers}
    paths[topology.host].append(kubeflex.CONTROL_PLANES)
    for its in topology.itses:
        paths[topology.server_of(its)] += [ocm.CLUSTERS, _CSRS]
    found: dict[str, dict[str, str]] = {}
    for space, collections in paths.items():
        if space not in spaces:
            continue
        rest = workbench.rest(space)
        found[space] = {
            f"{path}/{item['metadata']['name']}": item["metadata"]["uid"]
            for path in collections
            for item in rest.get(path).get("items", [])
        }
    return found
