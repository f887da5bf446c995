"""Makes a kind cluster with the images that its role needs."""

from __future__ import annotations

from kubestellar_conformance.images import kubernetes, node
from kubestellar_conformance.platforms.kind import docker
from kubestellar_conformance.platforms.kind.manifests import objects
from kubestellar_conformance.platforms.kind.workbench import Workbench

_AGENT = "registration-operator"
"""A part of the name of the image that a WEC's agent runs from."""


def _node_reference(workbench: Workbench) -> str:
    return f"{node.NAME}:{workbench.images.node.key}"


def node_image(workbench: Workbench) -> None:
    """Load the node's image into the engine, unless the engine has it with exactly this content."""
    image, loaded = workbench.images.node, _node_reference(workbench)
    if not docker.has_image(loaded):
        docker.load(image.archive)
        docker.docker("tag", image.reference, loaded)


def cluster(workbench: Workbench, space: str) -> None:
    """Make the kind cluster of the hosting cluster or of a WEC, with its images and its
    kubeconfig.
    """
    images, name = workbench.images, workbench.cluster(space)
    workbench.clusters.create(
        name,
        _node_reference(workbench),
        kubernetes.etcd_tag(images.built),
        workbench.folder.space_kubeconfig(space),
        space,
    )
    if space == workbench.topology.host:
        workbench.clusters.load(
            name, [image for image in images.product if _AGENT not in image.reference]
        )
        return
    agents = [image for image in images.product if _AGENT in image.reference]
    workbench.clusters.load(name, [*agents, images.reporter, *images.workloads])
    workbench.kubectl(space).apply(objects("no_pull"))
