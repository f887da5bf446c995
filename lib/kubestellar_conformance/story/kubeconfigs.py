"""``kubeconfig_of(its)``: the access to a space, as users hand it on."""

from __future__ import annotations

import yaml

from kubestellar_conformance.platforms.existing.kubeconfig import Kubeconfig
from kubestellar_conformance.spaces import Space


def kubeconfig_of(space: Space) -> str:
    """A kubeconfig of the space's context alone, as `kubectl config view --minify --flatten` prints
    it. It is a credential.
    """
    return yaml.safe_dump(Kubeconfig.read(str(space.kubeconfig)).only(space.context))
