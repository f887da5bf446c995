"""A space: the hosting cluster, the ITS, a WDS or a WEC, as a test speaks of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from kubestellar_conformance.errors import Broken, Deviation, HarnessError, UserError
from kubestellar_conformance.spaces.client import FIELD_MANAGER, Client, Refused
from kubestellar_conformance.spaces.feed import Feed
from kubestellar_conformance.spaces.journal import Journal, Write, WriteVerb
from kubestellar_conformance.spaces.ours import Ours
from kubestellar_conformance.spaces.record import EventLog
from kubestellar_conformance.spaces.refs import DEFAULT_NAMESPACE, Bundle, Kind, Obj, Ref, uid
from kubestellar_conformance.spaces.refs import Target as Target
from kubestellar_conformance.spaces.schema import INVALID, to_be_refused, whose_schema
from kubestellar_conformance.spaces.verbs import ContractName, Status, Subject, Waits

Role = Literal["host", "its", "wds", "wec"]
Applicable = Obj | Bundle
Objects = list[Obj]
Selector = Mapping[str, Any]
"""Labels that must match, or a whole LabelSelector (then it has ``matchLabels`` or
``matchExpressions``).
"""
Selectors = list[Selector]
_FIRST_LISTING = 2.0
"""Seconds that a feed may take to be listed before an object is asked for by itself."""


class Space:
    """One API server behind one kubeconfig file.

    ``selector`` is, for a WEC, the labels by which a BindingPolicy selects its ManagedCluster and
    no other. ``hub`` is, for a WDS and a WEC, the name of its ITS where there are several.
    ``client`` replaces the one made from the kubeconfig. Nothing is contacted before the first
    verb. Every verb raises `Unreachable` when the API server does not answer and `Refused` when it
    does not accept a request.
    """

    virtual = False
    """Whether it has no API server of its own (a WEC that is only a ManagedCluster and a
    mailbox).
    """
    leaving = False
    """Whether it is about to be removed, so that nothing more may be sent there."""

    def __init__(
        self,
        name: str,
        role: Role,
        kubeconfig: Path,
        context: str | None = None,
        *,
        selector: Mapping[str, str] | None = None,
        hub: str | None = None,
        client: Client | None = None,
    ) -> None:
        self.name, self.hub = name, hub
        self.role: Role = role
        self.kubeconfig = kubeconfig
        self.context = context or name
        self.selector = dict(selector or {"name": name})
        self.client = client or Client(name, kubeconfig, self.context)
        self._record: EventLog | None = None
        self._waits: Waits | None = None
        self._ours = Ours(name, {}, self.get)
        self.journal: Journal | None = None
        """Hears of each write; `System.journal` sets it."""

    def __repr__(self) -> str:
        return f"<Space {self.name} ({self.role})>"

    def join(
        self, record: EventLog, waits: Waits | None, labels: Mapping[str, str] | None = None
    ) -> None:
        """Become a part of a system; `System` calls it.

        ``labels`` mark what is created here from now on, and then what is there without them is not
        changed: writing to it raises `NotSupported`.
        """
        self._record, self._waits = record, waits
        self._ours = Ours(self.name, labels or {}, self.get)
        if self.role == "wds":
            record.remember(self.name)

    @property
    def record(self) -> EventLog:
        if self._record is None:
            raise HarnessError(f"space {self.name} belongs to no System, so nothing watches it")
        return self._record

    # Writing.

    def apply(self, *what: Applicable) -> Objects:
        """Server-side apply, in the order given; the live objects as the API server answered."""
        return [self._apply(obj) for one in what for obj in objects_of(one)]

    def _apply(self, obj: Obj) -> Obj:
        ref = Ref.of(obj)
        self._ours.demand(ref)
        obj = self._ours.marked(obj)
        made = self._send(
            "apply",
            "patch",
            ref,
            body=obj,
            field_manager=FIELD_MANAGER,
            force_conflicts=True,
            content_type="application/apply-patch+yaml",
        )
        self._ours.add(ref)
        return made

    def create(self, obj: Obj) -> Obj:
        """A strict create, as ``kubectl create`` does it: an object that exists and a field that is
        not known are refused. The live object as the API server answered.
        """
        ref = Ref.of(obj)
        if not obj["metadata"].get("ownerReferences"):  # else it goes with its owner
            obj = self._ours.marked(obj)
        made = self._send(
            "create",
            "post",
            ref,
            body=obj,
            field_manager=FIELD_MANAGER,
            query_params=[("fieldValidation", "Strict")],
        )
        self._ours.add(ref)
        return made

    def accepts(self, *what: Applicable) -> Objects:
        """The API server accepts a strict create of the objects, as ``kubectl create`` asks for it;
        the live objects as it answered. Raises `Deviation` when it does not.
        """
        return [self._accepted(obj) for one in what for obj in objects_of(one)]

    def _accepted(self, obj: Obj) -> Obj:
        try:
            return self.create(obj)
        except Refused as problem:
            if problem.status not in INVALID:
                raise
            raise Deviation(f"{problem}{whose_schema(self.name, obj)}") from None

    def refuses(self, what: Applicable, *, saying: str = "") -> None:
        """The API server refuses a strict create of the object as invalid (HTTP 400 or 422), with a
        message in which the regular expression ``saying`` is found.

        Raises `Deviation` when it accepts the object, which is then deleted, or says something
        else. Any other refusal (forbidden, a conflict) is raised as it is.
        """
        if self.refused(what, saying=saying):
            return
        [obj] = objects_of(what)
        self.delete(obj)
        raise Deviation(
            f"{to_be_refused(self.name, obj, saying)}; the API server accepted it"
            f"{whose_schema(self.name, obj)}"
        )

    def refused(self, what: Applicable, *, saying: str = "") -> bool:
        """Whether the API server refuses a strict create as `refuses` says; else the object exists
        now. Raises `Deviation` when the refusal says something else.
        """
        [obj] = objects_of(what)
        try:
            self.create(obj)
        except Refused as problem:
            if problem.status not in INVALID:
                raise
            if re.search(saying, problem.detail) is None:
                said = f"{problem.status} {problem.reason}: {problem.detail}"
                raise Deviation(
                    f"{to_be_refused(self.name, obj, saying)}; it said {said}"
                ) from None
            return True
        return False

    def patch(
        self,
        target: Target,
        patch: Mapping[str, Any],
        *,
        subresource: str = "",
        force: bool = False,
    ) -> Obj:
        """JSON merge patch; the live object as the API server answered.

        ``force``: also where the object is not one that this system has created and marked.
        """
        ref = Ref.of(target)
        if not force:
            self._ours.demand(ref)
        return self._send(
            "status" if subresource == "status" else "patch",
            "patch",
            ref,
            subresource=subresource,
            unnoted=force,
            body=dict(patch),
            field_manager=FIELD_MANAGER,
            content_type="application/merge-patch+json",
        )

    def scale(self, target: Target, replicas: int, *, force: bool = False) -> Obj:
        """Set the number of replicas through the object's scale subresource, as ``kubectl scale``
        does.

        ``force``: also where the object is not one that this system has created and marked.
        """
        ref = Ref.of(target)
        if not force:
            self._ours.demand(ref)
        self._send(
            "scale",
            "patch",
            ref,
            subresource="scale",
            unnoted=force,
            body={"spec": {"replicas": replicas}},
            field_manager=FIELD_MANAGER,
            content_type="application/merge-patch+json",
        )
        return self._taken_in(
            self.client.request("get", self.client.path(ref), doing=f"get of {ref}")
        )

    def update_status(
        self, target: Target, status: Mapping[str, Any], *, whole: bool = False
    ) -> Obj:
        """Merge ``status`` into the object's status subresource; ``whole``: replace it."""
        if not whole:
            return self.patch(target, {"status": dict(status)}, subresource="status")
        ref = Ref.of(target)
        self._ours.demand(ref)
        return self._send(
            "status",
            "patch",
            ref,
            subresource="status",
            body={"status": dict(status)},
            sent=[{"op": "add", "path": "/status", "value": dict(status)}],
            field_manager=FIELD_MANAGER,
            content_type="application/json-patch+json",
        )

    def delete(self, *targets: Target) -> None:
        """Request deletion, of a workload's objects in reverse order. An object that does not exist
        counts as deleted.
        """
        for target in targets:
            for ref in reversed(refs_of(target)):
                self._delete(ref)

    def _delete(self, ref: Ref) -> None:
        self._ours.demand(ref)
        try:
            self._send("delete", "delete", ref, propagation_policy="Background")
        except Refused as problem:
            if problem.status != 404:
                raise

    def _send(
        self,
        verb: WriteVerb,
        method: str,
        ref: Ref,
        *,
        subresource: str = "",
        unnoted: bool = False,
        body: Obj | None = None,
        sent: object = None,
        **how: Any,
    ) -> Obj:
        """One write, of which the journal and the feeds hear. The answer of the API server.

        ``sent``: the body as it goes out, where it is not ``body`` itself.
        """
        if not ref.namespace and self.client.served(ref.kind).namespaced:
            ref = replace(ref, namespace=DEFAULT_NAMESPACE)
        write = self._noted(Write(self, verb, ref, deepcopy(body))) if not unnoted else None
        if body is not None:
            how["body"] = sent or body
        path = self.client.path(ref, subresource)
        if verb == "create":
            path = path.rpartition("/")[0]
        doing = f"{'patch of the status' if verb == 'status' else verb} of {ref}"
        try:
            answer = self.client.answer(method, path, doing=doing, **how)
        except (Refused, UserError):
            if write:
                write.outcome = "refused"
            raise
        whole = answer.body.get("kind") == ref.kind.name
        if write:
            write.outcome, write.created = "done", answer.created
            write.after = deepcopy(answer.body) if whole else None
        if whole:
            self._taken_in(answer.body)
        elif answer.body.get("kind") == "Status":
            self._gone(ref, (answer.body.get("details") or {}).get("uid"))
        return answer.body

    def _noted(self, write: Write) -> Write | None:
        """The write, of which the journal has heard; None when nobody keeps one.

        What the object is before comes from its feed, so that many objects of a kind cost one
        listing; where the feed does not say it, the object is asked for.
        """
        if self.journal is None:
            return None
        feed = self.watch(write.ref.kind)
        try:
            if feed.ready(_FIRST_LISTING) and feed.live:
                write.before = deepcopy(feed.get(*write.ref.key))
            else:
                write.before = self.get(write.ref)
        except (HarnessError, Refused):
            write.known = False
        self.journal.about_to(write)
        return write

    def _gone(self, ref: Ref, gone_uid: str | None) -> None:
        feed = self._feed(ref.kind)
        if feed and gone_uid:
            feed.note_deleted(*ref.key, gone_uid)

    def _feed(self, kind: Kind) -> Feed | None:
        """The feed of the kind, if anybody has asked for it."""
        return self._record.existing(self.name, kind) if self._record is not None else None

    def _taken_in(self, obj: Obj) -> Obj:
        """The object, as the API server has just given it, of which the feed knows from now on."""
        if self._record is not None:
            kind = Kind.of(obj)
            self._record.seen(self.name, kind, obj)
            if (feed := self._feed(kind)) is not None:
                feed.note(_copy_for_feed(obj))
        return obj

    # Reading.

    def get(self, target: Target) -> Obj | None:
        """The live object, or None if it does not exist."""
        ref = Ref.of(target)
        try:
            return self.client.request("get", self.client.path(ref), doing=f"get of {ref}")
        except Refused as problem:
            if problem.status == 404:
                return None
            raise

    def refresh(self, refs: Iterable[Ref]) -> None:
        """Bring the feeds up to what the API server has of these objects now. A feed stays as it is
        where that cannot be read.
        """
        for ref in refs:
            feed = self._feed(ref.kind)
            held = feed.get(*ref.key) if feed else None
            with suppress(Broken, Refused):
                if (obj := self.get(ref)) is not None:
                    self._taken_in(obj)
                elif held is not None:
                    self._gone(ref, uid(held))

    def list(
        self,
        kind: Kind | str,
        *,
        namespace: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Objects:
        """The live objects of a kind, in one namespace or in all, with these labels."""
        kind = Kind.of(kind)
        path = self.client.served(kind).path(namespace)
        query = (
            [("labelSelector", ",".join(f"{k}={v}" for k, v in labels.items()))] if labels else []
        )
        items = (
            self.client.request("get", path, doing=f"list of {kind.name}", query_params=query).get(
                "items"
            )
            or []
        )
        return [{"apiVersion": kind.api_version, "kind": kind.name, **item} for item in items]

    def watch(self, kind: Kind | str) -> Feed:
        """The feed of a kind in all namespaces, shared by all who ask; a bare watch that goes on
        until the end.
        """
        return self.record.feed(self.client, Kind.of(kind))

    def snapshot(self, *what: Target) -> Snapshot:
        """The present objects, by UID, to compare with later."""
        refs = [ref for one in what for ref in refs_of(one)]
        return Snapshot({self.name: {ref: uid(self.get(ref) or {}) for ref in refs}})

    # Waiting: handed on.

    def eventually(
        self, subject: Subject, *, within: ContractName = "downsync", status: Status | None = None
    ) -> Objects:
        """Wait until ``subject`` holds here; the live objects it speaks of.

        ``subject`` is a condition such as ``has(nginx)``, or an object, reference or workload
        (then: it is there; with ``status``: its status is that). ``within`` names a time contract.
        Raises `Deviation` when time is up.
        """
        return self._waiting.eventually([self], subject, within=within, status=status)[self.name]

    def stays(
        self, subject: Subject, *, quiet: ContractName = "quiet", status: Status | None = None
    ) -> None:
        """``subject`` holds now and goes on to, also after a marker sent after it has come through
        the same hops.

        ``quiet``: the contract for how long it is watched after that. The marker does not travel
        back, so a status that must not return takes ``status_return``.
        """
        self._waiting.stays([self], subject, quiet=quiet, status=status)

    def hold(
        self, subject: Subject, *, status: Status | None = None
    ) -> AbstractContextManager[None]:
        """``with wec1.hold(same_uids(nginx)): ...`` fails when any event meanwhile contradicted
        ``subject``.
        """
        return self._waiting.hold([self], subject, status=status)

    @property
    def _waiting(self) -> Waits:
        if self._waits is None:
            raise HarnessError(f"space {self.name} belongs to a System without waiting")
        return self._waits

    def reported(self, target: Target) -> Obj | None:
        """The status that a test has reported of an object last, for a WEC that has no agent."""
        del target
        return None

    @property
    def selectors(self) -> Selectors:
        """For a WEC: what selects it and no other, in a list as a BindingPolicy has it."""
        return [self.selector]

    def close(self) -> None:
        self.client.close()


class Snapshot:
    """UIDs of objects by space, as they were once (empty: it was not there)."""

    def __init__(self, uids: dict[str, dict[Ref, str]]) -> None:
        self.uids = uids

    def __iter__(self) -> Iterator[tuple[str, Ref, str]]:
        return iter(
            (space, ref, value) for space, held in self.uids.items() for ref, value in held.items()
        )


def refs_of(what: object) -> tuple[Ref, ...]:
    """The objects that a bundle (a workload, a policy), an object or a reference speaks of."""
    if isinstance(what, Bundle):
        return tuple(Ref.of(obj) for obj in what.objects)
    if isinstance(what, Ref | dict):
        return (Ref.of(what),)
    raise UserError(f"expected a workload, an object or a reference, not {what!r}")


def objects_of(what: Applicable) -> tuple[Obj, ...]:
    """The objects that applying ``what`` creates, in order."""
    return what.objects if isinstance(what, Bundle) else (what,)


def _copy_for_feed(obj: Obj) -> Obj:
    return {**obj, "metadata": dict(obj["metadata"])}
