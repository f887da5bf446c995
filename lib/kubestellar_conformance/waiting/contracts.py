"""Time contracts: how long each promised thing may take, by name.

A test never says seconds. The defaults leave room for a loaded machine; a slow one multiplies all
of them by one factor, set once for a run. Every use is kept, so that a report can show how much of
its time each promise needs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.spaces.verbs import ContractName

Outcome = Literal["held", "failed", "broken"]


@dataclass(frozen=True, slots=True)
class Contract:
    """``seconds`` on a machine with factor 1."""

    name: ContractName
    seconds: float
    meaning: str


@dataclass(frozen=True, slots=True)
class Use:
    """One wait under a contract: seconds allowed and taken, and how it ended."""

    contract: str
    what: str
    allowed: float
    taken: float
    outcome: Outcome


DEFAULTS = (
    Contract("binding", 10, "a change in the WDS shows in the Binding"),
    Contract("downsync", 20, "a change in the WDS, or in a policy, shows in the WECs"),
    Contract("available", 60, "a workload that was delivered becomes available in its WEC"),
    Contract("status_return", 20, "a status in a WEC shows in the WDS"),
    Contract("combined_status", 30, "a status in the WECs shows in the CombinedStatus"),
    Contract("withdrawal", 60, "an object that no policy asks for any more is gone"),
    Contract("serving", 20, "a custom kind that was defined is served"),
    # The hub may be backing off after an outage of the ITS, as said of `recovery`.
    Contract(
        "registration",
        120,
        "a ManagedCluster that was created has its mailbox, and one that was deleted has none",
    ),
    Contract("restart", 60, "a part or an API server that was restarted works again"),
    # A controller that finds no API server exits within a second of its start.
    Contract("steady", 10, "how long a part that came up beside others must run without an exit"),
    # client-go's watches back off by up to 30 s, which their jitter doubles
    # (tools/cache/reflector.go).
    Contract("recovery", 120, "a change that was missed during an outage arrives after it"),
    # OCM's work agent does not watch what it has applied. It looks whether each object exists every
    # 10 s, with jitter 19 s, or less where --status-sync-interval says so. One that is missing
    # changes the ManifestWork's status, and every change of it applies it again
    # (pkg/work/spoke/controllers/statuscontroller).
    Contract("repair", 30, "an object that was deleted in a WEC is back there"),
    # An edit changes no status. It is undone by the agent's next pass, 5 minutes after its last one
    # of the ManifestWork (ResyncInterval in pkg/work/spoke/controllers/manifestcontroller).
    Contract("reverted", 330, "an edit made in a WEC is undone"),
    Contract(
        "quiet",
        3,
        "how long a thing that must not change is watched, after a marker has come through",
    ),
    # Longer than the period of every controller that looks by itself: OCM's work agent has the
    # longest, 10 s with jitter 19 s (above).
    Contract("idle", 30, "how long a system at rest is watched for writes"),
    # KubeStellar looks at a CombinedStatus 5 s after each write of it (queueingDelay in
    # pkg/status/status-controller.go), and so makes up for an event that it has missed.
    Contract(
        "looked_again",
        7,
        "how long a thing is not written, until its controller looks at it no more by itself",
    ),
)


class Contracts:
    """The contracts of a run. One instance, `contracts`, serves a process."""

    def __init__(self) -> None:
        self._by_name: dict[str, Contract] = {contract.name: contract for contract in DEFAULTS}
        self._factor = 1.0
        self._limits: Mapping[str, float] = {}
        self._uses: list[Use] = []
        self._lock = threading.Lock()

    def set_factor(self, factor: float) -> None:
        """Multiply every contract, for a machine slower than usual. Raises `UserError` unless
        positive.
        """
        if not factor > 0:
            raise UserError(f"the slow-machine factor has to be a positive number, not {factor}")
        self._factor = float(factor)

    @property
    def factor(self) -> float:
        return self._factor

    def seconds(self, name: str) -> float:
        """How many seconds the contract allows here, with the factor in it."""
        seconds = self[name].seconds
        return min(seconds, self._limits.get(name, seconds)) * self._factor

    def in_full(self, name: str) -> float:
        """The same without the limits of the test under way, for work that goes on beside it."""
        return self[name].seconds * self._factor

    def hurry(self, limits: Mapping[str, float]) -> None:
        """Allow no more seconds than these, by contract, until this is called again. The factor
        still counts.
        """
        self._limits = dict(limits)

    def __getitem__(self, name: str) -> Contract:
        if name not in self._by_name:
            raise UserError(
                f"unknown time contract {name!r}: use one of {', '.join(self._by_name)}"
            )
        return self._by_name[name]

    def __iter__(self) -> Iterator[Contract]:
        return iter(self._by_name.values())

    def change(self, name: str, seconds: float) -> None:
        """Give a contract other seconds for this run (a platform that is known to be slower at one
        thing).
        """
        old = self[name]
        self._by_name[name] = Contract(old.name, seconds, old.meaning)

    def used(self, use: Use) -> None:
        with self._lock:
            self._uses.append(use)

    def uses(self) -> list[Use]:
        """Every use so far, in the order in which the waits ended."""
        with self._lock:
            return list(self._uses)


contracts = Contracts()
