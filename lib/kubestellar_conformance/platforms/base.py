"""What a platform is: where the spaces of a run come from, and the components that a test can stop
and start.

Scenarios never see this module; they get spaces. Fixtures and reports use it.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kubestellar_conformance.capabilities import Capability
from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.errors import Broken, HarnessError, NotSupported, UserError
from kubestellar_conformance.platforms.api import (
    ArgoAddress,
    ComponentHandle,
    PlatformSettings,
)
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.crash_reports import CrashReports
from kubestellar_conformance.platforms.deadlocks import Deadlocks
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System


class Platform(ABC):
    """Brings the spaces up and takes them down.

    `up` and `attach` raise `UserError` or `Broken`. Defaults for abilities that a platform lacks
    are here: it adds no spaces, and none of its components crashes.
    """

    name: str
    capabilities: frozenset[Capability] = frozenset()
    why_not: Mapping[Capability, str] = {}
    """Why the platform lacks a capability. A check that needs it is ``not supported``
    for that reason.
    """
    test_limit: float | None = None
    """Seconds that a test may take where the spaces that it adds need longer than the suite's own
    limit.
    """

    @property
    def repeatable(self) -> bool:
        """Whether a run may start a second one beside it, in a folder of its own."""
        return False

    @property
    def reused(self) -> bool:
        """Whether an earlier run left it up, so that this one leaves it up too (``--ks-reuse``)."""
        return bool(self.settings.options.get("reuse"))

    def __init__(self, settings: PlatformSettings) -> None:
        self.settings, self.run_dir = settings, settings.run_dir
        self.folder = RunFolder(settings.run_dir)
        self.crash_reports = CrashReports(self.dead, self.folder.state)
        self.deadlocks = Deadlocks(self._profiled, self.folder.state)
        self._system: System | None = None

    @abstractmethod
    def up(self) -> None:
        """Start everything; return when all of it is ready."""

    @abstractmethod
    def attach(self) -> None:
        """Use the platform that another process of this run has brought up in the same run
        folder.
        """

    @abstractmethod
    def down(self) -> None:
        """End everything that `up` started, within 10 s, whatever its state.

        May be called twice.
        """

    @abstractmethod
    def keep(self) -> None:
        """Leave the platform up when this process ends: it is the user's from now on, until it is
        stopped.
        """

    def detach(self) -> None:
        """End the watches and connections of this process; the platform stays up."""
        system, self._system = self._system, None
        if system is not None:
            with contextlib.suppress(Exception):  # `down` removes whatever it could not
                system.close()

    def _use(self, system: System) -> None:
        """Let this process work on that system, and its waits stop when a component crashes."""
        self._system = system
        system.abort = self.crash_reports.news
        system.hindered = self.halted
        system.deadlocked = self.deadlocks.met_since

    @property
    def system(self) -> System:
        if self._system is None:
            raise Broken(f"the {self.name} platform is not up")
        return self._system

    # Components.

    @abstractmethod
    def component(self, name: str) -> ComponentHandle:
        """The component of that name, which may be given as `full_name` takes it."""

    def components(self) -> Sequence[ComponentHandle]:
        """The components that a test may have left stopped, paused or changed."""
        return []

    def dead(self) -> Sequence[ComponentHandle]:
        """The components that exited unexpectedly, in the order noticed."""
        return []

    def _profiled(self) -> Sequence[ComponentHandle]:
        """KubeStellar's controllers, where their profiles can be read from this machine."""
        if Capability.ENDPOINTS not in self.capabilities:
            return []
        return [part for part in self.components() if part.product]

    def halted(self) -> str | None:
        """The components that something other than the run has stopped, in words; None if none
        is.
        """
        return None

    # Other topologies.

    def add_its(self, name: str, *, hosted: bool = False) -> Space:
        """Add an ITS while the platform runs: a control plane of its own, or (hosted) the hosting
        cluster itself.

        This and the next three verbs need the capability ``topologies``; without it they raise
        `NotSupported`.
        """
        del hosted
        raise self._lacks(Capability.TOPOLOGIES, f"ITS {name}")

    def add_wds(
        self, name: str, *, its: str, hosted: bool = False, from_core_chart: bool = False
    ) -> Space:
        """Add a WDS on that ITS.

        ``from_core_chart`` (capability ``core-chart``): as the core chart makes a WDS that names
        its ITS, whatever comes of it. Returns at once, before its controllers exist.
        """
        del its, hosted, from_core_chart
        raise self._lacks(Capability.TOPOLOGIES, f"WDS {name}")

    def add_wec(self, name: str, *, its: str) -> Space:
        """Add a WEC registered in that ITS, with ``name`` as its only label."""
        del its
        raise self._lacks(Capability.TOPOLOGIES, f"WEC {name}")

    def remove(self, name: str) -> None:
        """Remove an added space. `UserError` when another one needs it."""
        raise self._lacks(Capability.TOPOLOGIES, name)

    def _lacks(self, capability: Capability, what: str) -> NotSupported:
        without = f"platform {self.name} lacks the capability {capability}"
        return NotSupported(f"{what}: {self.why_not.get(capability, without)}")

    # Rights of the agents.

    def restrict_agent(self, wec: str) -> None:
        """Let the agent of an added WEC have only the rights that OCM gives to it, until the WEC
        goes. This and the next two verbs need the capability ``agent-rights``.
        """
        raise self._lacks(Capability.AGENT_RIGHTS, wec)

    def free_agent(self, wec: str) -> None:
        """Give the agent of a WEC that was restricted every right, for a while."""
        raise self._lacks(Capability.AGENT_RIGHTS, wec)

    def confine_agent(self, wec: str) -> None:
        """Take back what `free_agent` gave."""
        raise self._lacks(Capability.AGENT_RIGHTS, wec)

    # Argo CD.

    def start_argo_cd(self, wds: str, built: Provisioned) -> ArgoAddress:
        """Let Argo CD run, with that WDS alone added to it, until `stop_argo_cd`. ``built`` has its
        components. Needs the capability ``argo-cd``; `NotSupported` also where this machine lacks
        something.
        """
        del built
        raise self._lacks(Capability.ARGO_CD, wds)

    def stop_argo_cd(self) -> None:
        """Stop Argo CD and delete its objects."""
        raise self._lacks(Capability.ARGO_CD, "Argo CD")

    # For the report, and for people.

    def abilities(self) -> dict[str, Any]:
        """The capabilities that the platform has, and each that it lacks with the reason, for the
        run's record.
        """
        lacks = [
            {
                "name": one.value,
                "meaning": one.meaning,
                "must_have": self.name in one.required_of,
                "why": self.why_not.get(one, ""),
            }
            for one in Capability
            if one not in self.capabilities
        ]
        return {"capabilities": sorted(self.capabilities), "lacks": lacks}

    @abstractmethod
    def record(self) -> dict[str, Any]:
        """Versions, sources and the differences from the documented install, for the run's
        record.
        """

    @abstractmethod
    def variables(self) -> dict[str, str]:
        """The documentation's shell variables (example scenarios, "Assumptions and Variables") for
        this platform.
        """

    @abstractmethod
    def usage(self) -> str:
        """How a person continues to use this platform: kubectl contexts and the documentation's
        shell variables.
        """


def full_name(known: Iterable[str], name: str, *, unknown: type[HarnessError] = UserError) -> str:
    """The name that ``name`` stands for: itself, or the only one that has it behind the slash.

    Raises ``unknown``, listing all names, if none or several fit.
    """
    names = sorted(known)
    found = [full for full in names if name in (full, full.partition("/")[2])]
    if len(found) != 1:
        what = "several parts are" if found else "no part is"
        raise unknown(f"{what} called {name!r}: use one of {', '.join(names)}")
    return found[0]
