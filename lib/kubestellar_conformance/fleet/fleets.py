"""Makes fleets in an ITS, and removes them: ManagedClusters, mailboxes and all.

OCM's registration controller on the hub makes the mailbox namespace of a ManagedCluster that is
accepted, and the rights of its agents. It removes the rights when the ManagedCluster goes, and
keeps the namespace, which `Fleets` removes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from kubestellar_conformance.errors import Broken, UserError
from kubestellar_conformance.fleet.group import AT_ONCE, FLEET_LABEL, Fleet
from kubestellar_conformance.fleet.mailbox import Mailroom
from kubestellar_conformance.fleet.virtual import VirtualWec
from kubestellar_conformance.spaces.client import FIELD_MANAGER, Refused, Unreachable
from kubestellar_conformance.spaces.feed import Feed
from kubestellar_conformance.spaces.refs import (
    MANAGED_CLUSTER,
    MANIFEST_WORK,
    NAMESPACE,
    Kind,
    Obj,
    Ref,
)
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System
from kubestellar_conformance.waiting import contracts

T = TypeVar("T")
Members = Mapping[str, Mapping[str, str]]
"""The labels of each virtual WEC, by the name that its fleet gives it."""
MAKING, REMOVING, OUTAGE = "registration", "withdrawal", "recovery"
"""The time contracts that a fleet comes and goes under, and how long an ITS may be away meanwhile.
"""
CLUSTER_SET = {"cluster.open-cluster-management.io/clusterset": "default"}
"""What OCM's webhook adds, where there is one."""
_ACCEPTED = "HubAcceptedManagedCluster"
"""The condition that OCM's registration controller sets when all that it makes is there."""
_GONE = 404
_MEMBER = re.compile(r"[a-z][a-z0-9_]{0,30}")


class Fleets:
    """The fleets of one process in one ITS. `close` it.

    A fleet that is no longer needed goes while the next tests run.
    """

    def __init__(self, system: System, its: Space | None = None) -> None:
        self._system, self._its = system, its or system.its
        self._record = self._its.record
        self._room = Mailroom(self._its)
        self._clusters = self._its.watch(MANAGED_CLUSTER)
        self._namespaces = self._its.watch(NAMESPACE)
        self._works = self._its.watch(MANIFEST_WORK)
        self._pool = ThreadPoolExecutor(AT_ONCE, "fleets")
        self._remover = ThreadPoolExecutor(AT_ONCE, "fleets that go")
        self._going: list[Future[None]] = []
        self._abandoned = False

    def make(self, members: Members, *, label: str) -> Fleet:
        """A fleet whose own label has this value, with which its ManagedClusters' names end too.

        Returns when all mailboxes exist. Raises `UserError`, and `Broken` when the hub does not
        make them.
        """
        for member in members:
            if not _MEMBER.fullmatch(member):
                raise UserError(
                    f"{member!r} cannot name a member of a fleet: give lower-case letters, digits "
                    "and _, at most 31"
                )
        if not members:
            raise UserError("a fleet needs at least one member, as in wecs(eu={}, us={})")
        fence = {FLEET_LABEL: label}
        wecs = [
            VirtualWec(
                self._system, self._its, member, f"{member.replace('_', '-')}-{label}", fence
            )
            for member in members
        ]
        fleet = Fleet(wecs, label)
        try:
            self._all(self._create, [self._cluster(wec, members[wec.member]) for wec in wecs])
            self._until(
                self._namespaces,
                lambda: [one for one in sorted(fleet.names) if not self._namespaces.get("", one)],
                MAKING,
                f"the registration controller of {self._its.name} has made no mailbox for",
            )
        except BaseException:
            self._delete(MANAGED_CLUSTER, fleet.names)
            self._delete(NAMESPACE, fleet.names)
            raise
        for wec in wecs:
            wec.mailbox = self._room.open(wec.name)
            self._system.add(wec)
        return fleet

    def _cluster(self, wec: VirtualWec, labels: Mapping[str, str]) -> Obj:
        return {
            "apiVersion": MANAGED_CLUSTER.api_version,
            "kind": MANAGED_CLUSTER.name,
            "metadata": {
                "name": wec.name,
                "labels": {**labels, **CLUSTER_SET, **self._system.labels, **wec.selector},
            },
            "spec": {"hubAcceptsClient": True},
        }

    def _create(self, cluster: Obj) -> None:
        self._its.client.request(
            "post",
            self._its.client.served(MANAGED_CLUSTER).path(),
            body=cluster,
            doing=f"create of {Ref.of(cluster)}",
            field_manager=FIELD_MANAGER,
        )

    def retire(self, fleet: Fleet) -> None:
        """Nobody needs this fleet any more: remove it in the background. `close` reports what stays
        of it.
        """
        self._going.append(self._remover.submit(self.remove, fleet))

    def remove(self, fleet: Fleet) -> None:
        """Remove a fleet, after the ManifestWorks in its mailboxes; returns when all of it is gone.

        Raises `Broken`, naming what stays. All is asked to go whatever stays.
        """
        names, problems = fleet.names, []
        for step in (self._markers_gone, self._works_gone, self._clusters_gone, self._boxes_gone):
            try:
                self._also_after_an_outage(step, names)
            except (Broken, Refused) as problem:
                problems.append(str(problem))
        for wec in fleet:
            wec.mailbox = None
        if problems:
            raise Broken("; ".join(problems))

    def _markers_gone(self, names: list[str]) -> None:
        if self._system.waits is not None:
            for name in names:
                self._system.waits.forget(name)

    def _works_gone(self, names: list[str]) -> None:
        self._until(
            self._works,
            lambda: [
                f"{mailbox}/{work['metadata']['name']}"
                for mailbox in names
                for work in self._works.objects(mailbox)
            ],
            REMOVING,
            "still in the mailbox of a virtual WEC that goes: ManifestWork",
        )

    def _clusters_gone(self, names: list[str]) -> None:
        # The hub may still be making an agent's rights, which would stay if the cluster went now.
        self._until(
            self._clusters,
            lambda: [name for name in names if not self._settled(name)],
            MAKING,
            "not accepted by the hub: ManagedCluster",
        )
        self._delete(MANAGED_CLUSTER, names)
        self._until(
            self._clusters,
            lambda: [name for name in names if self._clusters.get("", name)],
            REMOVING,
            "still there after its deletion: ManagedCluster",
        )

    def _settled(self, name: str) -> bool:
        cluster = self._clusters.get("", name)
        if cluster is None or cluster["metadata"].get("deletionTimestamp"):
            return True
        conditions = (cluster.get("status") or {}).get("conditions") or []
        accepted = any(one["type"] == _ACCEPTED and one["status"] == "True" for one in conditions)
        return accepted and bool(cluster["metadata"].get("finalizers"))

    def _boxes_gone(self, names: list[str]) -> None:
        for name in names:
            self._room.shut(name)
            if name in self._system:
                self._system.remove(name)
        self._delete(NAMESPACE, names)
        self._until(
            self._namespaces,
            lambda: [name for name in names if self._namespaces.get("", name)],
            REMOVING,
            "still there after its deletion: namespace",
        )

    def _delete(self, kind: Kind, names: Iterable[str]) -> None:
        served = self._its.client.served(kind)

        def delete(name: str) -> None:
            try:
                self._its.client.request(
                    "delete", served.path(None, name), doing=f"delete of {kind} {name}"
                )
            except Refused as problem:
                if problem.status != _GONE:
                    raise

        self._all(delete, names)

    def _all(self, do: Callable[[T], object], each: Iterable[T]) -> None:
        list(self._pool.map(do, each))

    def _also_after_an_outage(self, step: Callable[[list[str]], None], names: list[str]) -> None:
        """A test that has the platform alone may take the ITS down while a fleet goes."""
        deadline = time.monotonic() + contracts.seconds(OUTAGE)
        while True:
            try:
                return step(names)
            except Unreachable:
                if time.monotonic() > deadline or self._abandoned:
                    raise
                self._until(self._clusters, list, OUTAGE, "not to be reached: the ITS")

    def _until(
        self, feed: Feed, left: Callable[[], list[str]], contract: str, complaint: str
    ) -> None:
        """Sleep until nothing is left of what ``left()`` names, looked at after each event."""
        deadline = time.monotonic() + contracts.seconds(contract)
        with self._record.changed:
            while not (feed.synced and feed.live) or left():
                seconds = deadline - time.monotonic()
                if seconds <= 0 or self._abandoned:
                    what = ", ".join(left()[:3]) if feed.live else f"(not known: {feed.problem})"
                    raise Broken(f"{complaint} {what}")
                self._record.changed.wait(seconds)

    def close(self, *, abandon: bool = False) -> None:
        """Wait until all fleets that go are gone. `Broken`, naming what stays.

        ``abandon``: do not wait; the ITS goes as a whole, or somebody else looks after it.
        """
        self._abandoned = abandon
        self._record.wake()
        going, self._going = self._going, []
        problems = [str(problem) for one in going if (problem := one.exception())]
        self._remover.shutdown()
        self._pool.shutdown()
        self._room.close()
        if problems and not abandon:
            raise Broken("; ".join(problems))
