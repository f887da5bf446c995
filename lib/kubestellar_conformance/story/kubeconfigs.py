"""``kubeconfig_of(its)``: the access to a space, as users hand it on."""

from __future__ import annotations

import yaml

from kubestellar_conformance.access import read_yaml
from kubestellar_conformance.spaces import Space


def kubeconfig_of(space: Space) -> str:
    """A kubeconfig of the space's context alone, as `kubectl config view --minify --flatten` prints
    it. It is a credential.
    """
    whole = read_yaml(space.kubeconfig)
    [context] = [one for one in whole["contexts"] if one["name"] == space.context]
    used = {"clusters": context["context"]["cluster"], "users": context["context"]["user"]}
    parts = {
        part: [one for one in whole[part] if one["name"] == name] for part, name in used.items()
    }
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            **parts,
            "contexts": [context],
            "current-context": space.context,
        }
    )
