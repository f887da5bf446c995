"""What a walk of the path looks at: the objects of each hop, read from the feeds, and which API
servers answer.

A walk happens when something is wrong, so it must not hang on what is wrong: each API server is
asked once, all of them side by side, and has two seconds to answer.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from kubestellar_conformance.conditions.combined_status import combines
from kubestellar_conformance.conditions.comparing import delivered
from kubestellar_conformance.spaces.client import SHORT, Refused, UnknownKind, Unreachable
from kubestellar_conformance.spaces.refs import (
    APPLIED_MANIFEST_WORK,
    BINDING,
    BINDING_POLICY,
    COMBINED_STATUS,
    MANIFEST_WORK,
    ORIGIN_WDS_LABEL,
    WORK_STATUS,
    Kind,
    Obj,
    Ref,
)
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System

LISTING_SECONDS = 2.0
Mark = Literal["ok", "STOP", "?"]


class CannotSee(Exception):
    """A hop cannot be judged, since the API server of ``space`` does not answer."""

    def __init__(self, space: str, cause: str) -> None:
        super().__init__(f"API server of {space}: {cause}")
        self.space = space


@dataclass(frozen=True)
class Hop:
    """One hop as found. ``owners`` are the parts whose job a stopped hop is, as component names."""

    mark: Mark
    name: str
    space: str
    text: str
    owners: tuple[str, ...] = ()


class PathView:
    """The path of one object from a WDS to a WEC and back. All is looked up when asked for."""

    def __init__(self, system: System, ref: Ref, wds: Space, wec: Space | None) -> None:
        self.system, self.ref, self.wds, self.wec = system, ref, wds, wec
        self.its = system.hub_of(wds)
        spaces = [space for space in (wds, self.its, wec) if space is not None]
        asked = {space.name: space for space in spaces if not space.virtual}
        with ThreadPoolExecutor(len(asked)) as pool:
            causes = pool.map(lambda space: space.client.unreachable(), asked.values())
            self.unreachable = {
                name: cause for name, cause in zip(asked, causes, strict=True) if cause
            }

    def objects(
        self, space: Space, kind: Kind, where: Callable[[Obj], bool] | None = None
    ) -> list[Obj]:
        if space.name in self.unreachable:
            raise CannotSee(space.name, self.unreachable[space.name])
        feed = space.watch(kind)
        if not feed.ready(LISTING_SECONDS):
            raise CannotSee(space.name, feed.problem or "its objects could not be listed in time")
        return feed.objects(where=where)

    def one(self, space: Space, ref: Ref) -> Obj | None:
        return next(iter(self.objects(space, ref.kind, lambda obj: Ref.of(obj) == ref)), None)

    @cached_property
    def plural(self) -> str:
        """The resource name of the object's kind, as Bindings and AppliedManifestWorks speak
        of it.
        """
        for space in (self.wds, self.wec):
            if space is not None and space.name not in self.unreachable:
                try:
                    return space.client.served(self.ref.kind, SHORT).plural
                except (UnknownKind, Unreachable, Refused):
                    continue
        return f"{self.ref.kind.name.lower()}s"

    @cached_property
    def wds_object(self) -> Obj | None:
        return self.one(self.wds, self.ref)

    def stale(self, found: Obj) -> list[str]:
        """How the object as a later hop has it differs from the WDS's, as `delivered` says it."""
        once = self.system.record.held(self.wds.name, self.ref, found)
        return delivered(self.wds_object or {}, found, once=once)

    @cached_property
    def wec_object(self) -> Obj | None:
        return self.one(self._wec, self.ref)

    @property
    def _wec(self) -> Space:
        assert self.wec is not None, "this walk has no WEC"
        return self.wec

    @cached_property
    def policies(self) -> list[Obj]:
        return self.objects(self.wds, BINDING_POLICY)

    @cached_property
    def bindings(self) -> list[tuple[Obj, Obj]]:
        """The Bindings that list the object, each with its clause for it."""
        found = []
        for binding in self.objects(self.wds, BINDING):
            workload = (binding.get("spec") or {}).get("workload") or {}
            for clause in (workload.get("namespaceScope") or []) + (
                workload.get("clusterScope") or []
            ):
                if self._names(clause):
                    found.append((binding, clause))
        return found

    def _names(self, clause: Obj) -> bool:
        """Whether an entry of a Binding or AppliedManifestWork is about the object, whatever its
        version.
        """
        mine = (self.ref.kind.group, self.plural, self.ref.namespace, self.ref.name)
        return mine == tuple(
            clause.get(field) or "" for field in ("group", "resource", "namespace", "name")
        )

    @cached_property
    def manifest_works(self) -> list[tuple[Obj, Obj]]:
        """The ManifestWorks in the WEC's mailbox that carry the object for this WDS, each with its
        manifest.
        """
        mailbox, found = self._wec.name, []
        for work in self.objects(
            self.its, MANIFEST_WORK, lambda obj: obj["metadata"].get("namespace") == mailbox
        ):
            if (work["metadata"].get("labels") or {}).get(ORIGIN_WDS_LABEL) != self.wds.name:
                continue
            for manifest in ((work.get("spec") or {}).get("workload") or {}).get("manifests") or []:
                if Ref.of(manifest) == self.ref:
                    found.append((work, manifest))
        return found

    @cached_property
    def applied_works(self) -> list[Obj]:
        return self.objects(self._wec, APPLIED_MANIFEST_WORK)

    def applied_for(self, work: Obj) -> Obj | None:
        name = work["metadata"]["name"]
        return next(
            (one for one in self.applied_works if one["spec"].get("manifestWorkName") == name), None
        )

    def lists_it(self, applied: Obj) -> bool:
        return any(
            self._names(entry)
            for entry in (applied.get("status") or {}).get("appliedResources") or []
        )

    @cached_property
    def work_statuses(self) -> list[Obj]:
        """The WorkStatuses for the object in the WEC's mailbox namespace."""
        mailbox = self._wec.name

        def ours(obj: Obj) -> bool:
            source = (obj.get("spec") or {}).get("sourceRef") or {}
            named = (
                source.get("group") or "",
                source.get("kind"),
                source.get("namespace") or "",
                source.get("name"),
            )
            mine = (self.ref.kind.group, self.ref.kind.name, self.ref.namespace, self.ref.name)
            return obj["metadata"].get("namespace") == mailbox and named == mine

        return self.objects(self.its, WORK_STATUS, ours)

    @cached_property
    def combined_statuses(self) -> list[Obj]:
        return self.objects(
            self.wds, COMBINED_STATUS, lambda obj: combines(obj, self.ref, self.plural)
        )
