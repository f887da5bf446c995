"""Access to the spaces of an installation for one run: one kubeconfig per space, readable by its
owner alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from kubestellar_conformance.files import write_private
from kubestellar_conformance.platforms.common.authority import accepting
from kubestellar_conformance.platforms.existing.installation import Installation, SpaceContext
from kubestellar_conformance.platforms.existing.kubeconfig import Kubeconfig
from kubestellar_conformance.spaces.space import Space


def kubeconfig_of(folder: Path, place: SpaceContext) -> Path:
    """The path of a space's kubeconfig. A context's name may contain any character."""
    return folder / f"{place.role}-{re.sub(r'[^A-Za-z0-9._-]', '_', place.name)}.kubeconfig"


def write_access(installation: Installation, folder: Path) -> None:
    """Write a kubeconfig of one context for each space."""
    known = Kubeconfig.read(installation.kubeconfig)
    for place in installation.places():
        access = known.only(place.context)
        access["clusters"] = [
            {**one, "cluster": accepting(one["cluster"])} for one in access["clusters"]
        ]
        write_private(kubeconfig_of(folder, place), yaml.safe_dump(access, sort_keys=False))


def open_spaces(
    installation: Installation,
    folder: Path,
    selectors: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Space]:
    """The spaces, by the kubeconfigs that `write_access` wrote. ``selectors`` gives the labels of
    each WEC. Sends no request.
    """
    return [
        Space(
            place.name,
            place.role,
            kubeconfig_of(folder, place),
            place.context,
            selector=(selectors or {}).get(place.name),
            hub=installation.its_cp if place.role in ("wds", "wec") else None,
        )
        for place in installation.places()
    ]
