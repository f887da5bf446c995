"""Custom kinds of a test's or a module's own: defines them, waits until they are served, removes
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from kubestellar_conformance.conditions import gone, served
from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.spaces import Kind, Obj, Ref, Space, Workload
from kubestellar_conformance.spaces.objects import definition, plural
from kubestellar_conformance.spaces.refs import CRD

KINDS_GROUP = "example.com"
"""The end of the API group of every such kind; the part before it makes the group a test's own."""
SpaceScope = Literal["Namespaced", "Cluster"]


def serve(
    kind: Kind,
    spaces: Sequence[Space],
    *,
    scope: SpaceScope = "Namespaced",
    schema: Obj | None = None,
    status_subresource: bool = True,
) -> None:
    """Define the kind in these spaces and return when each of them serves it.

    Contract ``serving``. `Broken` if one does not, since the product is not involved yet.
    """
    crd = definition(
        kind,
        namespaced=scope == "Namespaced",
        schema=schema,
        status_subresource=status_subresource,
    )
    _install(crd, kind, spaces)


def withdraw(kind: Kind, spaces: Sequence[Space]) -> None:
    """Remove the kind's definition, and so its objects, and return when all are gone."""
    crd = Ref(CRD, "", f"{plural(kind)}.{kind.group}")
    for space in spaces:
        space.delete(crd)
    for space in spaces:
        space.eventually(gone(crd), within="withdrawal")
        space.record.drop(space.name, kind)


def install(definition: Workload, spaces: Sequence[Space]) -> None:
    """Install a documented CustomResourceDefinition in these spaces, as `serve` does it."""
    crd, kind = _documented(definition)
    _install(crd, kind, spaces)


def uninstall(definition: Workload, spaces: Sequence[Space]) -> None:
    """Remove what `install` has installed, as `withdraw` does it."""
    withdraw(_documented(definition)[1], spaces)


def _documented(definition: Workload) -> tuple[Obj, Kind]:
    [crd] = definition.objects
    spec = crd["spec"]
    stored = next(version["name"] for version in spec["versions"] if version["storage"])
    return crd, Kind(spec["group"], stored, spec["names"]["kind"])


def _install(crd: Obj, kind: Kind, spaces: Sequence[Space]) -> None:
    try:
        for space in spaces:
            space.apply(crd)
        for space in spaces:
            space.eventually(served(kind), within="serving")
    except Deviation as problem:
        raise Broken(str(problem)) from None
