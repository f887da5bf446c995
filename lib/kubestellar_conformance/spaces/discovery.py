"""How an API server serves a kind: discovery for the dynamic client, and what a CRD says of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kubestellar_conformance.spaces.refs import Kind, Obj

Timeout = tuple[float, float]
"""Seconds to connect, seconds to wait for each read."""


@dataclass(frozen=True, slots=True)
class Served:
    """How an API server serves a kind: the plural in its paths, and whether its objects live in
    namespaces.
    """

    kind: Kind
    plural: str
    namespaced: bool

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        root = (
            f"/apis/{self.kind.api_version}" if self.kind.group else f"/api/{self.kind.api_version}"
        )
        within = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{within}/{self.plural}" + (f"/{name}" if name else "")


class GroupVersions:
    """Discovery for the dynamic client: no request until a kind is asked for, then one for its
    group and version.
    """

    def __init__(self, client: Any, cache_file: str | None) -> None:
        assert cache_file is None, "discovery is kept in memory"
        self._client = client
        self._known: dict[Kind, Served] = {}
        self._lock = threading.Lock()

    def find(self, kind: Kind, timeout: Timeout) -> Served | None:
        with self._lock:
            if kind in self._known:
                return self._known[kind]
        from kubernetes.dynamic.exceptions import DynamicApiError

        root = "apis" if kind.group else "api"
        try:
            path = f"{root}/{kind.api_version}"
            answer = self._client.request("get", path, serialize=False, _request_timeout=timeout)
        except DynamicApiError as problem:
            if problem.status == 404:
                return None
            raise
        found = json.loads(answer.data).get("resources") or []
        with self._lock:
            for entry in found:
                if "/" not in entry["name"]:
                    each = Kind(kind.group, kind.version, entry["kind"])
                    self._known[each] = Served(each, entry["name"], bool(entry["namespaced"]))
            return self._known.get(kind)

    def forget(self, kind: Kind) -> None:
        with self._lock:
            self._known.pop(kind, None)


def serves(crd: Obj, kind: Kind) -> bool:
    """Whether this CustomResourceDefinition is established, stays, and serves the kind."""
    spec = crd["spec"]
    if spec["group"] != kind.group or spec["names"]["kind"] != kind.name:
        return False
    if not any(one["name"] == kind.version and one["served"] for one in spec["versions"]):
        return False
    conditions: Iterable[dict[str, Any]] = (crd.get("status") or {}).get("conditions") or []
    established = any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
    return established and "deletionTimestamp" not in crd["metadata"]
