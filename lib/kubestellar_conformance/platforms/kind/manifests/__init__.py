"""The manifests of this platform's own parts."""

from __future__ import annotations

from pathlib import Path

from kubestellar_conformance.platforms.common.manifests import filled
from kubestellar_conformance.spaces.refs import Obj

_HERE = Path(__file__).parent


def objects(name: str, **values: str | int) -> list[Obj]:
    """The objects of ``name.yaml``. `KeyError` when a value that it asks for is missing."""
    return filled(_HERE / f"{name}.yaml", **values)
