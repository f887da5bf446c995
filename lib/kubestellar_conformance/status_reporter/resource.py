"""The name of a resource of an API server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """A resource of an API version, in one namespace or, with ``namespace`` empty, in all."""

    group: str
    version: str
    plural: str
    namespace: str = ""

    @property
    def api_version(self) -> str:
        """The ``apiVersion`` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, name: str = "", subresource: str = "") -> str:
        """URL path of the collection, or of one object, or of one object's subresource."""
        root = f"/{'apis' if self.group else 'api'}/{self.api_version}"
        parts = [
            f"namespaces/{self.namespace}" if self.namespace else "",
            self.plural,
            name,
            subresource,
        ]
        return "/".join([root, *filter(None, parts)])

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural
