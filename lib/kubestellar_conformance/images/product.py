"""Images of KubeFlex, KubeStellar and OCM under the names that their charts and operators give
them.
"""

from __future__ import annotations

import re

from kubestellar_conformance.components import Built, Provisioned
from kubestellar_conformance.images.archive import Config
from kubestellar_conformance.images.recipe import Recipe, of_program

_KUBESTELLAR = "ghcr.io/kubestellar/kubestellar"
_NOBODY = "65532:65532"
# Component -> name of the image, the program's place in it.
_IMAGES = {
    "kubestellar-controller-manager": (f"{_KUBESTELLAR}/controller-manager", "/manager"),
    "kubestellar-transport-controller": (
        f"{_KUBESTELLAR}/ocm-transport-controller",
        "/transport-controller",
    ),
    "kflex-get-kubeconfig": (f"{_KUBESTELLAR}/kflex-get-kubeconfig", "/kflex-get-kubeconfig"),
    "kubeflex": ("ghcr.io/kubestellar/kubeflex/manager", "/manager"),
    "ocm-registration": ("quay.io/open-cluster-management/registration", "/registration"),
    "ocm-registration-operator": (
        "quay.io/open-cluster-management/registration-operator",
        "/registration-operator",
    ),
}
COMPONENTS = tuple(_IMAGES)


def tag(built: Built) -> str:
    """The tag for a component's version: OCM's tags keep the v, KubeStellar's drop it. The tag of a
    checkout says so.
    """
    version = built.version if built.component.group == "ocm" else built.version.removeprefix("v")
    named = re.sub(r"[^\w.-]", "-", version)
    # The same version may be another program: git's description of a checkout does not
    # change
    # with every edit.
    return named if built.source.kind == "release" else f"{named}-{built.digest[:12]}"


def reference(built: Provisioned, component: str) -> str:
    """The full name of a component's image."""
    return f"{_IMAGES[component][0]}:{tag(built[component])}"


def recipes(built: Provisioned) -> list[Recipe]:
    return [
        of_program(built[name], reference(built, name), at, Config((at,), User=_NOBODY))
        for name, (_, at) in _IMAGES.items()
    ]
