"""Container images made on this machine, without a registry: Kubernetes', a kind node's, and those
of the product.

`make_images` is the entry point. Programs come from the build cache, everything else from the
machine's own package sources.
"""

from kubestellar_conformance.images.make import Image, ImageSet, make_images

__all__ = ["Image", "ImageSet", "make_images"]
