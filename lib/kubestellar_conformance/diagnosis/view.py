"""What a walk of the path looks at: the objects of each hop, read from the feeds, and which API
servers answer.

A walk happens when something is wrong, so it must not hang on what is wrong: each API server is
asked once, all of them side by side, and has two seconds to answer.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from kubestellar_conformance.conditions.bindings import clauses
from kubestellar_conformance.conditions.combined_status import combines
from kubestellar_conformance.conditions.comparing import delivered
from kubestellar_conformance.conditions.fields import present
from kubestellar_conformance.diagnosis.selection import Labels, Subject
from kubestellar_conformance.errors import HarnessError
from kubestellar_conformance.spaces.client import SHORT, Refused, UnknownKind, Unreachable
from kubestellar_conformance.spaces.refs import (
    APPLIED_MANIFEST_WORK,
    BINDING,
    BINDING_POLICY,
    COMBINED_STATUS,
    DEFAULT_NAMESPACE,
    MANAGED_CLUSTER,
    MANIFEST_WORK,
    MARKER_PREFIX,
    NAMESPACE,
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
    """One hop as found.

    ``owners`` are the components that are responsible for a stopped hop; if no component is,
    ``because`` says why.
    """

    mark: Mark
    name: str
    space: str
    text: str
    owners: tuple[str, ...] = ()
    because: str = ""


class PathView:
    """The path of one object from a WDS to a WEC and back. All is looked up when asked for.

    ``policy`` is the BindingPolicy that the failed condition names, if it names one: the others are
    left out. ``unmet`` says what the condition still sees that is not as expected; empty when it
    holds by now. ``unwanted`` are the paths of fields that the object must not have on its way.
    ``since``: when the wait began, in seconds of the monotonic clock.
    """

    def __init__(
        self,
        system: System,
        ref: Ref,
        wds: Space,
        wec: Space | None,
        policy: str = "",
        unmet: str = "",
        unwanted: Sequence[str] = (),
        since: float = 0.0,
    ) -> None:
        self.system, self.wds, self.wec, self.policy = system, wds, wec, policy
        self.unmet, self.unwanted, self.since = unmet, unwanted, since
        self.its = system.hub_of(wds)
        spaces = [space for space in (wds, self.its, wec) if space is not None]
        asked = {space.name: space for space in spaces if not space.virtual}
        with ThreadPoolExecutor(len(asked)) as pool:
            causes = pool.map(lambda space: space.client.unreachable(), asked.values())
            self.unreachable = {
                name: cause for name, cause in zip(asked, causes, strict=True) if cause
            }
        self.ref = self._placed(ref)

    def _placed(self, ref: Ref) -> Ref:
        """An object that is named without its namespace is in the one where requests go, and
        Bindings and ManifestWorks name that.
        """
        if ref.namespace or self.wds.name in self.unreachable:
            return ref
        try:
            namespaced = self.wds.client.served(ref.kind, SHORT).namespaced
        except (UnknownKind, Unreachable, Refused):
            return ref
        return replace(ref, namespace=DEFAULT_NAMESPACE) if namespaced else ref

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

    def kept(self, found: Obj) -> list[str]:
        """The fields that the object must not have and a later hop has."""
        return present(found, self.unwanted)

    @cached_property
    def wec_object(self) -> Obj | None:
        return self.one(self._wec, self.ref)

    @property
    def _wec(self) -> Space:
        assert self.wec is not None, "this walk has no WEC"
        return self.wec

    @property
    def manager(self) -> tuple[str, ...]:
        """KubeStellar's controller manager of the WDS, as owner of a hop."""
        return (f"{self.wds.name}/kubestellar-controller-manager",)

    @property
    def transport(self) -> tuple[str, ...]:
        return (f"{self.wds.name}/transport-controller",)

    @cached_property
    def policies(self) -> list[Obj]:
        """The BindingPolicies that may be meant; a marker's is meant for the marker alone."""
        return self.objects(self.wds, BINDING_POLICY, self._meant)

    def _meant(self, policy: Obj) -> bool:
        name = policy["metadata"]["name"]
        marker = self.ref.name.startswith(MARKER_PREFIX) == name.startswith(MARKER_PREFIX)
        return marker and self.policy in ("", name)

    @cached_property
    def subject(self) -> Subject:
        """The object as the criteria of a BindingPolicy see it."""
        labels = ((self.wds_object or {}).get("metadata") or {}).get("labels") or {}
        of_namespace = None
        if self.ref.namespace:
            found = self.one(self.wds, Ref(NAMESPACE, "", self.ref.namespace))
            of_namespace = (found["metadata"].get("labels") or {}) if found else None
        return Subject(self.ref, self.plural, labels, of_namespace)

    @cached_property
    def clusters(self) -> dict[str, Labels]:
        """The ManagedClusters of the ITS, each with its labels."""
        found = self.objects(self.its, MANAGED_CLUSTER)
        return {one["metadata"]["name"]: one["metadata"].get("labels") or {} for one in found}

    def written(self, space: Space, what: Obj, managers: tuple[str, ...] = ()) -> str:
        """How long ago one of these field managers (or any) has written an object last; empty where
        the API server does not say.
        """
        ref = Ref.of(what)
        try:
            path = space.client.path(ref)
            live = space.client.request("get", path, doing=f"get of {ref}", timeout=SHORT)
        except (Refused, HarnessError):
            return ""
        stamps = [
            datetime.datetime.fromisoformat(entry["time"])
            for entry in live["metadata"].get("managedFields") or []
            if entry.get("time") and (not managers or entry.get("manager") in managers)
        ]
        if not stamps:
            return ""
        age = datetime.datetime.now(datetime.UTC) - max(stamps)
        return f", last written {max(0, age.total_seconds()):.0f} s ago"

    @cached_property
    def bindings(self) -> list[tuple[Obj, Obj]]:
        """The Bindings that list the object, each with its clause for it."""
        return [
            (binding, clause)
            for binding in self.objects(self.wds, BINDING)
            for clause in clauses(binding)
            if self._names(clause) and self.policy in ("", binding["metadata"]["name"])
        ]

    def _names(self, clause: Obj) -> bool:
        """Whether an entry of a Binding or AppliedManifestWork is about the object, whatever its
        version.
        """
        mine = (self.ref.kind.group, self.plural, self.ref.namespace, self.ref.name)
        return mine == tuple(
            clause.get(field) or "" for field in ("group", "resource", "namespace", "name")
        )

    @cached_property
    def carriers(self) -> list[tuple[Obj, Obj]]:
        """The ManifestWorks in the WEC's mailbox that carry the object, whatever WDS they are
        labelled for, each with its manifest.
        """
        mailbox = self._wec.name
        works = self.objects(
            self.its, MANIFEST_WORK, lambda obj: obj["metadata"].get("namespace") == mailbox
        )
        return [
            (work, manifest)
            for work in works
            for manifest in ((work.get("spec") or {}).get("workload") or {}).get("manifests") or []
            if Ref.of(manifest) == self.ref
        ]

    @cached_property
    def manifest_works(self) -> list[tuple[Obj, Obj]]:
        """Those carriers that are labelled as coming from this WDS."""
        return [pair for pair in self.carriers if origin(pair[0]) == self.wds.name]

    @cached_property
    def astray(self) -> list[Obj]:
        """The carriers that are labelled as coming from elsewhere."""
        return [work for work, _ in self.carriers if origin(work) != self.wds.name]

    def create_only(self, work: Obj) -> bool:
        """Whether a ManifestWork tells the agent to create the object only."""
        for config in (work.get("spec") or {}).get("manifestConfigs") or []:
            named = config.get("resourceIdentifier") or {}
            strategy = (config.get("updateStrategy") or {}).get("type")
            if self._names(named) and strategy == "CreateOnly":
                return True
        return False

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
        """The WorkStatuses for the object in the WEC's mailbox namespace; where the walk has no
        WEC, in all of them.
        """
        mailbox = self.wec.name if self.wec else None
        return [
            one for one in self.all_reports if mailbox in (None, one["metadata"].get("namespace"))
        ]

    @cached_property
    def all_reports(self) -> list[Obj]:
        """The WorkStatuses for the object of this WDS in all mailbox namespaces."""

        def ours(obj: Obj) -> bool:
            source = (obj.get("spec") or {}).get("sourceRef") or {}
            named = (
                source.get("group") or "",
                source.get("kind"),
                source.get("namespace") or "",
                source.get("name"),
            )
            mine = (self.ref.kind.group, self.ref.kind.name, self.ref.namespace, self.ref.name)
            return named == mine and origin(obj) in ("", self.wds.name)

        return self.objects(self.its, WORK_STATUS, ours)

    @cached_property
    def combined_statuses(self) -> list[Obj]:
        plural, policy = self.plural, self.policy or None
        return self.objects(
            self.wds, COMBINED_STATUS, lambda obj: combines(obj, self.ref, plural, policy)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """What log lines about the path name: the object, and the Bindings and ManifestWorks that
        carry it, as far as they can be seen.
        """
        found = [self.ref.name, self.policy]
        with contextlib.suppress(CannotSee, Refused, HarnessError):
            found += [one["metadata"]["name"] for one, _ in self.bindings]
            if self.wec is not None:
                found += [work["metadata"]["name"] for work, _ in self.carriers]
        return tuple(dict.fromkeys(name for name in found if name))


def origin(work: Obj) -> str:
    """The WDS that a ManifestWork or WorkStatus is labelled as coming from; empty without that
    label.
    """
    return str((work["metadata"].get("labels") or {}).get(ORIGIN_WDS_LABEL) or "")
