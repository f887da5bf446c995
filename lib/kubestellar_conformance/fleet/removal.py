"""Removes virtual WECs: the ManifestWorks first, then the ManagedClusters, then the mailboxes."""

from __future__ import annotations

import time
from collections.abc import Callable

from kubestellar_conformance.errors import Broken, LeftBehind
from kubestellar_conformance.fleet.inventory import RECOVERY, WITHDRAWAL, Inventory
from kubestellar_conformance.fleet.mailbox import Mailroom
from kubestellar_conformance.spaces.client import Refused, Unreachable
from kubestellar_conformance.spaces.refs import (
    BINDING,
    MANAGED_CLUSTER,
    NAMESPACE,
    ORIGIN_BINDING_LABEL,
    ORIGIN_WDS_LABEL,
    Obj,
)
from kubestellar_conformance.spaces.system import System
from kubestellar_conformance.waiting import contracts


class Removal:
    """The removal of the virtual WECs with these names."""

    def __init__(
        self, system: System, inventory: Inventory, room: Mailroom, names: list[str]
    ) -> None:
        self._system, self._inventory, self._room, self._names = system, inventory, room, names

    def run(self) -> None:
        """Remove them, and return when all is gone. All deletions are requested in any case. Raises
        `Broken`, naming the objects that stay, or `LeftBehind` if only ManifestWorks stay, which
        KubeStellar withdraws.
        """
        problems: dict[str, None] = {}
        left: dict[str, None] = {}
        steps = (self._markers, self._unasked_works, self._clusters, self._works, self._mailboxes)
        for step in steps:
            try:
                self._also_after_an_outage(step)
            except (Broken, Refused) as problem:
                problems[str(problem)] = None
            except LeftBehind as found:
                left[str(found)] = None
        if problems:
            raise Broken("; ".join([*problems, *left]))
        if left:
            raise LeftBehind("\n".join(left))

    def _also_after_an_outage(self, step: Callable[[], None]) -> None:
        """Wait for the ITS, which a test that has the platform alone may have taken down."""
        deadline = time.monotonic() + contracts.in_full(RECOVERY)
        while True:
            try:
                return step()
            except Unreachable:
                if time.monotonic() > deadline or self._inventory.given_up:
                    raise
                clusters = self._inventory.clusters
                self._inventory.until(clusters, list, RECOVERY, "not to be reached: the ITS")

    def _markers(self) -> None:
        if self._system.waits is not None:
            for name in self._names:
                self._system.waits.forget(name)

    def _unasked_works(self) -> None:
        """The ManifestWorks of policies that are withdrawn already. A policy that selects every WEC
        keeps its own until the cluster goes.
        """
        self._until_none(lambda work: not self._asked_for(work))

    def _clusters(self) -> None:
        try:
            self._inventory.until_complete(self._names)
        finally:
            self._inventory.delete(MANAGED_CLUSTER, self._names)
        self._inventory.until_gone(self._inventory.clusters, self._names)

    def _works(self) -> None:
        """The rest. A policy of another test loses the cluster when the cluster goes. If that test
        ends at the same moment, KubeStellar leaves the ManifestWork (KD-0.30.0-BIND-2). The
        scenario of that deviation reports it; here the ManifestWork is only in the way.
        """
        self._until_none(self._asked_for)
        self._inventory.delete_works(self._left(lambda work: not self._asked_for(work)))
        self._until_none(lambda _: True)

    def _mailboxes(self) -> None:
        for name in self._names:
            self._room.shut(name)
            if name in self._system:
                self._system.remove(name)
        self._inventory.delete(NAMESPACE, self._names)
        self._inventory.until_gone(self._inventory.namespaces, self._names)

    def _left(self, counts: Callable[[Obj], bool]) -> list[Obj]:
        """The ManifestWorks in the mailboxes that KubeStellar made and that count."""

        def ours(work: Obj) -> bool:
            return ORIGIN_BINDING_LABEL in (work["metadata"].get("labels") or {}) and counts(work)

        works = self._inventory.works
        return [work for mailbox in self._names for work in works.objects(mailbox, ours)]

    def _until_none(self, counts: Callable[[Obj], bool]) -> None:
        def names() -> list[str]:
            metadata = [work["metadata"] for work in self._left(counts)]
            return [f"{one['namespace']}/{one['name']}" for one in metadata]

        works = self._inventory.works
        try:
            complaint = "still in the mailbox of a virtual WEC that goes: ManifestWork"
            self._inventory.until(works, names, WITHDRAWAL, complaint)
        except Broken as problem:
            known = works.live and not self._inventory.given_up
            staying = self._left(counts) if known else []
            kept = [work for work in staying if work["metadata"].get("deletionTimestamp")]
            if kept:
                names_them = ", ".join(kept[0]["metadata"].get("finalizers") or [])
                raise Broken(
                    f"{problem}; it is being deleted, and waits for {names_them}"
                ) from None
            if not staying:
                raise
            wds = (staying[0]["metadata"]["labels"]).get(ORIGIN_WDS_LABEL, "")
            raise LeftBehind(f"{problem}\nresponsible: {wds}/transport-controller") from None

    def _asked_for(self, work: Obj) -> bool:
        labels = work["metadata"]["labels"]
        wds, policy = labels.get(ORIGIN_WDS_LABEL, ""), labels[ORIGIN_BINDING_LABEL]
        if wds not in self._system:
            return True  # of a WDS that this system does not know
        binding = self._system[wds].watch(BINDING).get("", policy)
        return binding is not None and "deletionTimestamp" not in binding["metadata"]
