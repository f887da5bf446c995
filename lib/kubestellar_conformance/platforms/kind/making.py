"""Making a kind cluster with the images that its part needs."""

from __future__ import annotations

from kubestellar_conformance.images import kubernetes, node
from kubestellar_conformance.platforms.kind import docker
from kubestellar_conformance.platforms.kind.manifests import objects
from kubestellar_conformance.platforms.kind.site import Site

_AGENT = "registration-operator"
"""In the name of the image that a WEC's agent runs from."""


def _node_reference(site: Site) -> str:
    return f"{node.NAME}:{site.images.node.key}"


def node_image(site: Site) -> None:
    """The node's image in the engine, unless it is there already in this very content."""
    image, loaded = site.images.node, _node_reference(site)
    if not docker.has_image(loaded):
        docker.load(image.archive)
        docker.docker("tag", image.reference, loaded)


def cluster(site: Site, space: str) -> None:
    """Make the kind cluster of the hosting cluster or of a WEC, with its images and its
    kubeconfig.
    """
    images, name = site.images, site.cluster(space)
    site.clusters.create(
        name,
        _node_reference(site),
        kubernetes.etcd_tag(images.built),
        site.folder.space_kubeconfig(space),
        space,
    )
    if space == site.topology.host:
        site.clusters.load(
            name, [image for image in images.product if _AGENT not in image.reference]
        )
        return
    agents = [image for image in images.product if _AGENT in image.reference]
    site.clusters.load(name, [*agents, images.reporter, *images.workloads])
    site.kubectl(space).apply(objects("no_pull"))
