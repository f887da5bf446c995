"""A virtual WEC: a ManagedCluster with its mailbox, and nothing behind it.

It is a space like a real WEC: ``has``, ``without``, ``hold`` and the walk of the path read the
manifests in its mailbox as its objects. Nothing runs there, so a status is what a test reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import urllib3

from kubestellar_conformance.conditions import meets
from kubestellar_conformance.conditions.base import Condition, Walk
from kubestellar_conformance.errors import Broken, UserError
from kubestellar_conformance.fleet.mailbox import Mailbox, ManifestFeed
from kubestellar_conformance.fleet.reports import write_status
from kubestellar_conformance.spaces.client import SHORT, USUAL, Answer, Client
from kubestellar_conformance.spaces.discovery import Served, Timeout
from kubestellar_conformance.spaces.refs import MANAGED_CLUSTER, MANIFEST_WORK, Kind, Obj, Ref
from kubestellar_conformance.spaces.space import Objects, Space, Target
from kubestellar_conformance.spaces.system import System

FIRST_LISTING_SECONDS = 10.0


class VirtualWec(Space):
    """A virtual WEC, made by `Fleets.make`. ``member`` is its name in the fleet.

    Its feeds show the content of the ManifestWorks. An update strategy (CreateOnly) is the work of
    an agent, so it has no effect here.
    """

    virtual = True

    def __init__(
        self, system: System, its: Space, member: str, name: str, fence: Mapping[str, str]
    ) -> None:
        super().__init__(
            name,
            "wec",
            its.kubeconfig,
            its.context,
            selector={**fence, "name": name},
            hub=its.name,
            client=NothingBehind(name, its.client),
        )
        self.member = member
        self._system, self._its = system, its
        self._fence = {**fence, "name": name}
        self._mailbox: Mailbox | None = None
        self._reported: dict[Ref, Obj] = {}

    def __repr__(self) -> str:
        return f"<VirtualWec {self.name} ({self.member})>"

    @property
    def mailbox(self) -> Mailbox:
        if self._mailbox is None:
            raise UserError(f"the virtual WEC {self.name} does not exist any more, or not yet")
        return self._mailbox

    @mailbox.setter
    def mailbox(self, mailbox: Mailbox | None) -> None:
        self._mailbox = mailbox

    # Reading: the manifests in the mailbox.

    def watch(self, kind: Kind | str) -> ManifestFeed:
        return self.mailbox.feed(Kind.of(kind))

    def get(self, target: Target) -> Obj | None:
        ref = Ref.of(target)
        return self._listed(ref.kind).get(*ref.key)

    def refresh(self, refs: Iterable[Ref]) -> None:
        del refs  # any ManifestWork may carry them
        self._its.watch(MANIFEST_WORK).refresh(self.name)

    def list(
        self,
        kind: Kind | str,
        *,
        namespace: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Objects:
        wanted = (labels or {}).items()
        return self._listed(Kind.of(kind)).objects(
            namespace, lambda obj: wanted <= (obj["metadata"].get("labels") or {}).items()
        )

    def _listed(self, kind: Kind) -> ManifestFeed:
        feed = self.watch(kind)
        if not feed.ready(FIRST_LISTING_SECONDS):
            raise Broken(f"the ManifestWorks for {self.name} cannot be seen: {feed.problem}")
        return feed

    # Substitutes for the WEC's agents and its administrator.

    def report(self, what: Target, status: Mapping[str, Any]) -> Obj:
        """Write the WorkStatus that a WEC with this status of the object would have. It replaces
        the earlier report as a whole.

        Waits for the object under the contract ``downsync``.
        """
        self.eventually(delivered(what), within="downsync")
        return self.write_status(what, status)

    def write_status(self, what: Target, status: Mapping[str, Any]) -> Obj:
        """`report` for an object that has been delivered."""
        ref = Ref.of(what)
        work, thing = self.mailbox.carrier(ref), self.get(ref)
        if work is None or thing is None:
            raise UserError(f"{ref} is not in {self.name}, so no status of it can be reported")
        self._reported[ref] = dict(status)
        return write_status(self._system, self._its, work, thing, dict(status))

    def reported(self, target: Target) -> Obj | None:
        return self._reported.get(Ref.of(target))

    def relabel(self, labels: Mapping[str, str | None] | None = None, /, **more: str | None) -> Obj:
        """Change labels of the ManagedCluster; None removes one. Keys that are not identifiers come
        in ``labels``.
        """
        change = {**(labels or {}), **more}
        if kept := sorted(change.keys() & self._fence.keys()):
            raise UserError(
                f"{self.name} is identified by its label {kept[0]}, which cannot be changed"
            )
        return self._change({"labels": change})

    def annotate(
        self, annotations: Mapping[str, str | None] | None = None, /, **more: str | None
    ) -> Obj:
        """Change annotations of the ManagedCluster, as `relabel` changes labels."""
        return self._change({"annotations": {**(annotations or {}), **more}})

    def _change(self, metadata: Obj) -> Obj:
        return self._its.patch(Ref(MANAGED_CLUSTER, "", self.name), {"metadata": metadata})

    def close(self) -> None:
        """Do nothing: its connections belong to the ITS."""


def delivered(what: Target) -> Condition:
    """The object has arrived in a WEC, whatever its content."""
    return meets(what, "arrive", lambda _: True, walk=Walk.DELIVERY)


class NothingBehind(Client):
    """Replaces the connection to the WEC: the ITS answers discovery, and every other request is
    refused.
    """

    def __init__(self, wec: str, its: Client) -> None:
        # Not what `Client` does, which would open connections.
        self.space, self.server, self._its = wec, its.server, its

    def served(self, kind: Kind, timeout: Timeout = USUAL) -> Served:
        return self._its.served(kind, timeout)

    def forget(self, kind: Kind) -> None:
        self._its.forget(kind)

    def unreachable(self, timeout: Timeout = SHORT) -> str | None:
        return self._its.unreachable(timeout)

    def answer(
        self, method: str, path: str, *, doing: str, timeout: Timeout = USUAL, **params: Any
    ) -> Answer:
        del method, path, timeout, params
        self._refuse(doing)

    def stream(self, path: str, query: dict[str, str], timeout: Timeout) -> urllib3.HTTPResponse:
        del query, timeout
        self._refuse(f"watch of {path}")

    def close(self) -> None:
        """The ITS's connections are not its own."""

    def _refuse(self, doing: str) -> NoReturn:
        raise UserError(
            f"{self.space} is a virtual WEC, with no API server behind it ({doing}): write in the "
            "WDS, report() a status, or ask for a real WEC"
        )
