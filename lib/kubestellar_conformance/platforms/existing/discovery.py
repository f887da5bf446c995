"""Everything in a space that carries a label, of whatever kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kubestellar_conformance.spaces.client import Refused, Unreachable
from kubestellar_conformance.spaces.discovery import Served
from kubestellar_conformance.spaces.refs import Kind, Obj, Ref, uid
from kubestellar_conformance.spaces.space import Space


@dataclass(frozen=True)
class Found:
    """A found object; a delete request goes to ``path``."""

    space: str
    ref: Ref
    uid: str
    path: str
    going: bool
    """Whether its deletion has been requested already."""
    labels: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        return f"{self.space}: {self.ref}"


def labelled(space: Space, key: str, value: str) -> list[Found]:
    """All objects with exactly that label. Raises `Unreachable` if the API server does not
    answer.
    """
    found: dict[str, Found] = {}
    for served in _kinds(space):
        for obj in _listed(space, served, key, value):
            metadata = obj["metadata"]
            # Not every API server behind an aggregated API respects a selector, and the objects
            # found here will be deleted.
            if (metadata.get("labels") or {}).get(key) != value:
                continue
            namespace = metadata.get("namespace") or ""
            ref = Ref(served.kind, namespace, metadata["name"])
            path, going = served.path(namespace, ref.name), "deletionTimestamp" in metadata
            labels = metadata["labels"]
            found.setdefault(uid(obj), Found(space.name, ref, uid(obj), path, going, labels))
    return list(found.values())


def _listed(space: Space, served: Served, key: str, value: str) -> list[Obj]:
    query = [("labelSelector", f"{key}={value}")]
    try:
        answer = space.client.request(
            "get", served.path(), doing=f"list of {served.kind.name}", query_params=query
        )
    except Refused:
        return []  # this user has made no object of a kind that it may not list
    except Unreachable:
        if space.client.unreachable():
            raise
        return []  # a kind whose conversion fails
    items: list[Obj] = answer.get("items") or []
    return items


def _kinds(space: Space) -> Iterator[Served]:
    """Every kind that can be listed and deleted, once each, in the preferred version of its
    group.
    """
    seen: set[tuple[str, str]] = set()
    for group, version in _versions(space):
        root = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            answer = space.client.request("get", root, doing=f"discovery of {group}/{version}")
        except (Refused, Unreachable):
            if space.client.unreachable():
                raise
            continue  # an aggregated API whose server is away
        for entry in answer.get("resources") or []:
            name, verbs = entry["name"], entry.get("verbs") or []
            if "/" in name or (group, name) in seen or not {"list", "delete"} <= set(verbs):
                continue
            seen.add((group, name))
            yield Served(Kind(group, version, entry["kind"]), name, bool(entry["namespaced"]))


def _versions(space: Space) -> Iterator[tuple[str, str]]:
    yield "", "v1"
    for group in space.client.request("get", "/apis", doing="discovery").get("groups") or []:
        preferred = (group.get("preferredVersion") or {}).get("version")
        others = [one["version"] for one in group["versions"] if one["version"] != preferred]
        yield from ((group["name"], version) for version in [preferred, *others] if version)
