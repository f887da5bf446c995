"""The behaviour of a space's API server with KubeStellar's kinds: the objects that it would accept,
the names under which it serves a kind, and the columns of a listing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Kind, Obj, Ref, Space
from kubestellar_conformance.spaces.client import Refused, UnknownKind
from kubestellar_conformance.spaces.schema import INVALID, whose_schema
from kubestellar_conformance.spaces.space import Applicable, objects_of

_EXISTS = 409
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


def would_accept(space: Space, *what: Applicable) -> None:
    """The API server would accept a strict create of each object: a server-side dry run, after
    which nothing exists. An object that exists already is accepted too. The namespace of an object
    does not matter: the dry run is in ``default``.

    Raises `Deviation` for an object that does not fit its schema, or whose kind is not served.
    """
    for one in what:
        for obj in objects_of(one):
            _dry_run(space, obj)


def _dry_run(space: Space, obj: Obj) -> None:
    ref, body = Ref.of(obj), obj
    try:
        served = space.client.served(ref.kind)
        if served.namespaced:
            body = {**obj, "metadata": {**obj["metadata"], "namespace": "default"}}
        query = [("fieldValidation", "Strict"), ("dryRun", "All")]
        path, doing = served.path("default"), f"dry run of a create of {ref}"
        space.client.answer("post", path, doing=doing, body=body, query_params=query)
    except UnknownKind as problem:
        raise Deviation(f"{ref}: {problem}{whose_schema(space.name, obj)}") from None
    except Refused as problem:
        if problem.status == _EXISTS:
            return
        if problem.status not in INVALID:
            raise
        raise Deviation(f"{problem}{whose_schema(space.name, obj)}") from None


def is_served_as(
    space: Space,
    kind: Kind,
    *,
    namespaced: bool,
    short_names: Sequence[str],
    categories: Sequence[str] = (),
) -> None:
    """The API server serves the kind in this scope, under these short names and categories. Raises
    `Deviation` if discovery says otherwise.
    """
    path = f"/apis/{kind.api_version}"
    resources = space.client.request("get", path, doing=f"discovery of {kind.api_version}")
    found: Mapping[str, Any] = next(
        (
            one
            for one in resources.get("resources") or []
            if one["kind"] == kind.name and "/" not in one["name"]
        ),
        {},
    )
    said = {
        "namespaced": found.get("namespaced"),
        "short names": sorted(found.get("shortNames") or []),
        "categories": sorted(found.get("categories") or []),
    }
    wanted = {
        "namespaced": namespaced,
        "short names": sorted(short_names),
        "categories": sorted(categories),
    }
    lines = [
        f"{field}: expected {wanted[field]}, discovery says {said[field]}"
        for field in wanted
        if said[field] != wanted[field]
    ]
    if lines:
        text = f"{kind.name} in {space.name} is not served as expected; {'; '.join(lines)}"
        raise Deviation(f"{text}{whose_schema(space.name, kind)}")


def shows(space: Space, obj: Obj, columns: Mapping[str, str]) -> None:
    """A listing of the object's kind shows these columns with these values for it, as ``kubectl
    get`` prints them. Raises `Deviation` if one is missing or different.
    """
    ref = Ref.of(obj)
    table = space.client.request(
        "get",
        space.client.path(ref),
        doing=f"table of {ref}",
        header_params={"Accept": _TABLE},
    )
    names = [column["name"] for column in table.get("columnDefinitions") or []]
    [row] = table.get("rows") or [{"cells": []}]
    cells = dict(zip(names, row["cells"], strict=False))
    lines = [
        f"{name}: expected {wanted!r}, it shows {cells.get(name)!r}"
        if name in cells
        else f"{name}: no such column; the columns are {', '.join(names)}"
        for name, wanted in columns.items()
        if cells.get(name) != wanted
    ]
    if lines:
        text = f"a listing of {ref.kind.name} in {space.name}, {ref}: {'; '.join(lines)}"
        raise Deviation(f"{text}{whose_schema(space.name, obj)}")
