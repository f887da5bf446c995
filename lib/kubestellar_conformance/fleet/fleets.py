"""Makes fleets in an ITS, and removes them in the background."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from kubestellar_conformance.errors import Broken, LeftBehind, UserError
from kubestellar_conformance.fleet.group import FLEET_LABEL, Fleet
from kubestellar_conformance.fleet.inventory import AT_ONCE, Inventory
from kubestellar_conformance.fleet.mailbox import Mailroom
from kubestellar_conformance.fleet.removal import Removal
from kubestellar_conformance.fleet.virtual import VirtualWec
from kubestellar_conformance.spaces.refs import MANAGED_CLUSTER, NAMESPACE
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System

Members = Mapping[str, Mapping[str, str]]
"""The labels of each virtual WEC, by the name that its fleet gives it."""
_MEMBER = re.compile(r"[a-z][a-z0-9_]{0,30}")


class Fleets:
    """The fleets of one process in one ITS. `close` it."""

    def __init__(self, system: System, its: Space | None = None) -> None:
        self._system, self._its = system, its or system.its
        inventory = self._inventory = Inventory(self._its)
        self._room = Mailroom(self._its, inventory.release_soon, inventory.hurry_soon)
        self._remover = ThreadPoolExecutor(AT_ONCE, "fleets that go")
        self._going: list[Future[None]] = []

    def make(self, members: Members, *, label: str) -> Fleet:
        """A fleet whose own label has this value, with which its ManagedClusters' names end too.

        Returns when the ITS shows its ManagedClusters and mailboxes. Raises `UserError`, and
        `Broken` when it does not show them.
        """
        check_members(members)
        fence = {FLEET_LABEL: label}
        wecs = [
            VirtualWec(
                self._system, self._its, member, f"{member.replace('_', '-')}-{label}", fence
            )
            for member in members
        ]
        fleet, run = Fleet(wecs, label), self._system.labels
        try:
            self._inventory.create(
                {wec.name: {**members[wec.member], **run, **wec.selector} for wec in wecs},
                mailboxes=run,  # a mailbox outlives its ManagedCluster
            )
        except BaseException:
            for kind in (MANAGED_CLUSTER, NAMESPACE):
                self._inventory.delete(kind, fleet.names)
            raise
        for wec in wecs:
            wec.mailbox = self._room.open(wec.name)
            self._system.add(wec)
        return fleet

    def retire(self, fleet: Fleet) -> None:
        """Remove a fleet that is no longer needed, while the next tests run. `close` reports
        objects that stay.
        """
        for wec in fleet:
            wec.leaving = True
        self._going.append(self._remover.submit(self.remove, fleet))

    def remove(self, fleet: Fleet) -> None:
        """Remove a fleet, and return when all of it is gone. Raises as `Removal.run` does."""
        try:
            Removal(self._system, self._inventory, self._room, fleet.names).run()
        finally:
            for wec in fleet:
                wec.mailbox = None

    def close(self, *, abandon: bool = False) -> None:
        """Wait until all retired fleets are gone. Raises as `Removal.run` does.

        ``abandon``: do not wait for the fleets that are still going, since the ITS is removed as a
        whole, or its owner cleans up.
        """
        going, self._going = self._going, []
        over = [one for one in going if one.done() or not abandon]
        problems = [problem for one in over if (problem := one.exception())]
        if abandon:
            self._inventory.give_up()
        self._remover.shutdown()
        self._inventory.close()
        self._room.close()
        if problems:
            left_behind = all(isinstance(problem, LeftBehind) for problem in problems)
            error = LeftBehind if left_behind else Broken
            raise error("\n".join(map(str, problems)))


def check_members(members: Members) -> None:
    """`UserError` for invalid names of members, and for a fleet without members."""
    for member in members:
        if not _MEMBER.fullmatch(member):
            raise UserError(
                f"{member!r} cannot name a member of a fleet: give lower-case letters, digits "
                "and _, at most 31"
            )
    if not members:
        raise UserError("a fleet needs at least one member, as in wecs(eu={}, us={})")
