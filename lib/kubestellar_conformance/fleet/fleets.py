"""Makes fleets in an ITS, and removes them: ManagedClusters, mailboxes and all.

OCM's registration controller on the hub makes the mailbox namespace of a ManagedCluster that is
accepted, and the rights of its agents. It removes the rights when the ManagedCluster goes, and
keeps the namespace, which goes here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from kubestellar_conformance.errors import Broken, UserError
from kubestellar_conformance.fleet.group import AT_ONCE, FLEET_LABEL, Fleet
from kubestellar_conformance.fleet.mailbox import Mailroom
from kubestellar_conformance.fleet.virtual import VirtualWec
from kubestellar_conformance.spaces.client import FIELD_MANAGER, Refused
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

Members = Mapping[str, Mapping[str, str]]
"""The labels of each virtual WEC, by the name that its fleet gives it."""
MAKING, REMOVING = "downsync", "withdrawal"
"""The time contracts that a fleet comes and goes under."""
CLUSTER_SET = {"cluster.open-cluster-management.io/clusterset": "default"}
"""What OCM's webhook adds, where there is one."""
_MEMBER = re.compile(r"[a-z][a-z0-9_]{0,30}")


class Fleets:
    """The fleets of one process in one ITS."""

    def __init__(self, system: System, its: Space | None = None) -> None:
        self._system, self._its = system, its or system.its
        self._room = Mailroom(self._its)
        self._clusters = self._its.watch(MANAGED_CLUSTER)
        self._namespaces = self._its.watch(NAMESPACE)
        self._works = self._its.watch(MANIFEST_WORK)

    def make(self, members: Members, *, label: str) -> Fleet:
        """A fleet whose own label has this value, which its ManagedClusters' names end with too.

        Returns when all mailboxes exist. Raises `UserError`, and `Broken` when they do not come.
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
            self._create([self._cluster(wec, members[wec.member], fence) for wec in wecs])
            names = set(fleet.names)
            self._until(
                self._namespaces,
                lambda: [one for one in sorted(names) if not self._namespaces.get("", one)],
                MAKING,
                f"the registration controller of {self._its.name} has made no mailbox for",
            )
        except BaseException:
            self._delete(MANAGED_CLUSTER, fleet.names)
            raise
        for wec in wecs:
            wec.mailbox = self._room.open(wec.name)
            self._system.add(wec)
        return fleet

    def _cluster(self, wec: VirtualWec, labels: Mapping[str, str], fence: Mapping[str, str]) -> Obj:
        own = {"name": wec.name, **CLUSTER_SET, **self._system.labels, **fence}
        return {
            "apiVersion": MANAGED_CLUSTER.api_version,
            "kind": MANAGED_CLUSTER.name,
            "metadata": {"name": wec.name, "labels": {**labels, **own}},
            "spec": {"hubAcceptsClient": True},
        }

    def _create(self, clusters: Sequence[Obj]) -> None:
        def create(cluster: Obj) -> None:
            self._its.client.request(
                "post",
                self._its.client.served(MANAGED_CLUSTER).path(),
                body=cluster,
                doing=f"create of {Ref.of(cluster)}",
                field_manager=FIELD_MANAGER,
            )

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(create, clusters))

    def remove(self, fleet: Fleet) -> None:
        """Remove a fleet, after the ManifestWorks in its mailboxes; returns when all of it is gone.

        Raises `Broken`, naming what stays. All is asked to go whatever stays.
        """
        names = fleet.names
        for wec in fleet:
            if wec.name in self._system:
                self._system.remove(wec.name)
            self._room.shut(wec.name)
            wec.mailbox = None
        errors = []
        for step in (self._works_gone, self._clusters_gone, self._namespaces_gone):
            try:
                step(names)
            except Broken as problem:
                errors.append(str(problem))
        if errors:
            raise Broken("; ".join(errors))

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
        self._delete(MANAGED_CLUSTER, names)
        self._until(
            self._clusters,
            lambda: [name for name in names if self._clusters.get("", name)],
            REMOVING,
            "still there after its deletion: ManagedCluster",
        )

    def _namespaces_gone(self, names: list[str]) -> None:
        self._delete(NAMESPACE, names)
        self._until(
            self._namespaces,
            lambda: [name for name in names if self._namespaces.get("", name)],
            REMOVING,
            "still there after its deletion: namespace",
        )

    def _delete(self, kind: Kind, names: Sequence[str]) -> None:
        served = self._its.client.served(kind)

        def delete(name: str) -> None:
            try:
                self._its.client.request(
                    "delete", served.path(None, name), doing=f"delete of {kind} {name}"
                )
            except Refused as problem:
                if problem.status != 404:
                    raise

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(delete, names))

    def _until(
        self, feed: Feed, left: Callable[[], list[str]], contract: str, complaint: str
    ) -> None:
        """Sleep until nothing is left of what ``left()`` names, looked at after each event."""
        record, deadline = self._its.record, time.monotonic() + contracts.seconds(contract)
        with record.changed:
            while not (feed.synced and feed.live) or left():
                seconds = deadline - time.monotonic()
                if seconds <= 0:
                    what = ", ".join(left()[:3]) if feed.live else f"(not known: {feed.problem})"
                    raise Broken(f"{complaint} {what}")
                record.changed.wait(seconds)

    def close(self) -> None:
        self._room.close()
