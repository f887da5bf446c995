"""A WorkStatus that is in the ITS, how it differs from what has to be, and the patches that mend
that.
"""

from __future__ import annotations

from dataclasses import dataclass

from kubestellar_conformance.status_reporter.contract import MANAGER, Applied
from kubestellar_conformance.status_reporter.resource import Json


@dataclass(frozen=True)
class Existing:
    """What matters of it. ``ours``: this program created or changed it at some time, so it may
    delete it.
    """

    name: str
    revision: int
    ours: bool
    labels: Json
    owners: list[Json]
    spec: Json
    status: Json | None

    @classmethod
    def of(cls, thing: Json) -> Existing:
        meta = thing["metadata"]
        ours = any(entry.get("manager") == MANAGER for entry in meta.get("managedFields") or [])
        return cls(
            meta["name"],
            int(meta["resourceVersion"]),
            ours,
            meta.get("labels") or {},
            meta.get("ownerReferences") or [],
            thing.get("spec") or {},
            thing.get("status"),
        )

    def is_about(self, applied: Applied) -> bool:
        """Whether it reports on this object, in whatever version of its API."""
        ref = self.spec.get("sourceRef") or {}
        same_kind = (ref.get("group", ""), ref.get("resource")) == (applied.group, applied.resource)
        return same_kind and (ref.get("namespace", ""), ref.get("name")) == (
            applied.namespace,
            applied.name,
        )

    def same_as(self, wanted: Json) -> bool:
        return not self.spec_patch(wanted) and not self.status_patch(wanted)

    def spec_patch(self, wanted: Json) -> list[Json]:
        """JSON patch that makes all but the status as wanted."""
        meta = wanted["metadata"]
        pairs = [
            ("/metadata/labels", self.labels, meta["labels"]),
            ("/metadata/ownerReferences", self.owners, meta["ownerReferences"]),
            ("/spec", self.spec, wanted["spec"]),
        ]
        return [
            {"op": "add", "path": path, "value": right}
            for path, has, right in pairs
            if has != right
        ]

    def status_patch(self, wanted: Json) -> list[Json]:
        """JSON patch of the status subresource. It replaces the whole: what the object lost is lost
        here too.
        """
        if self.status == wanted.get("status"):
            return []
        if "status" not in wanted:
            return [{"op": "remove", "path": "/status"}]
        return [{"op": "add", "path": "/status", "value": wanted["status"]}]


@dataclass(frozen=True)
class Change:
    """One WorkStatus that is missing (``existing`` None), needless (``wanted`` None) or
    different.
    """

    existing: Existing | None
    wanted: Json | None
