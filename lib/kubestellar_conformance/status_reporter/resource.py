"""How a resource of an API server is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """What is watched: a resource of an API version, in one namespace or, with ``namespace`` empty,
    everywhere.
    """

    group: str
    version: str
    plural: str
    namespace: str = ""

    def path(self, name: str = "", subresource: str = "") -> str:
        """URL path of the collection, or of one object, or of one object's subresource."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        parts = [
            f"namespaces/{self.namespace}" if self.namespace else "",
            self.plural,
            name,
            subresource,
        ]
        return "/".join([root, *filter(None, parts)])

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural
