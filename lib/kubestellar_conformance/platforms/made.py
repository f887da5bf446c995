"""A platform whose spaces the harness makes itself, in a run folder of its own, and can add to."""

from __future__ import annotations

import os
from abc import abstractmethod
from typing import Any, Protocol

from kubestellar_conformance import paths
from kubestellar_conformance.capabilities import Capability
from kubestellar_conformance.errors import Broken, UserError
from kubestellar_conformance.platforms.api import PlatformSettings
from kubestellar_conformance.platforms.base import Platform
from kubestellar_conformance.platforms.common import machine, runs, usage
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.spaces.space import Space


class Extending(Protocol):
    """Makes and removes the spaces that this process adds to a platform that is up."""

    @property
    def topology(self) -> Topology:
        """The platform's topology with the added spaces."""
        ...

    def add_its(self, name: str, *, hosted: bool) -> None: ...
    def add_wds(
        self, name: str, *, its: str, hosted: bool, from_core_chart: bool = False
    ) -> None: ...
    def add_wec(self, name: str, *, its: str) -> None: ...
    def demand_removable(self, name: str) -> None:
        """`UserError` if another space needs it, or if this process did not add it."""
        ...

    def remove(self, name: str) -> None: ...


class MadePlatform(Platform):
    """Base of platforms with a run folder and a `Topology` of their own.

    ``settings.options``: ``owner``, the pid of the process that owns the run (default: this one).
    """

    def __init__(self, settings: PlatformSettings, topology: Topology) -> None:
        super().__init__(settings)
        self.topology = topology
        self._facts: dict[str, Any] = {}

    @property
    def _owner(self) -> int:
        """The process whose run it is: pytest's controller, which ends the platform."""
        return int(self.settings.options.get("owner", os.getpid()))

    def _demand_folder(self) -> None:
        """`UserError` if the run folder cannot be the platform's: another platform lives there, or
        KUBECONFIG and PATH would read its name as two paths.
        """
        paths.demand_text(self.folder.root, "the run folder")
        if os.pathsep in str(self.folder.root):
            raise UserError(
                f"the run folder {self.folder.root} has a {os.pathsep!r} in it: choose another"
            )
        runs.demand_free(self.folder)

    def _take_folder(self) -> None:
        try:
            self.folder.make()
            machine.demand_locks(self.folder.root)
            runs.own(self.folder, self._owner)
        except OSError as error:
            raise UserError(
                f"the run folder {self.folder.root} cannot be written ({error.strerror}): "
                "choose another with --ks-run-dir"
            ) from None

    def _space(self, name: str) -> Space:
        made = self._extended
        return Space(name, made.role(name), self.folder.space_kubeconfig(name), hub=made.hub(name))

    @property
    @abstractmethod
    def _extended(self) -> Topology:
        """The topology with the spaces that this process added."""

    @abstractmethod
    def _extend(self) -> Extending:
        """The object that adds spaces. `Broken` if the platform is not up."""

    def _not_up(self) -> Broken:
        return Broken(f"the {self.name} platform is not up")

    def add_its(self, name: str, *, hosted: bool = False) -> Space:
        self._extend().add_its(name, hosted=hosted)
        return self._joined(name)

    def add_wds(
        self, name: str, *, its: str, hosted: bool = False, from_core_chart: bool = False
    ) -> Space:
        if from_core_chart and Capability.CORE_CHART not in self.capabilities:
            raise self._lacks(Capability.CORE_CHART, f"WDS {name}")
        self._extend().add_wds(name, its=its, hosted=hosted, from_core_chart=from_core_chart)
        return self._joined(name)

    def add_wec(self, name: str, *, its: str) -> Space:
        self._extend().add_wec(name, its=its)
        return self._joined(name)

    def _joined(self, name: str) -> Space:
        space = self._space(name)
        self.system.add(space)
        self._watch_parts_of(name)
        return space

    def remove(self, name: str) -> None:
        extension = self._extend()
        extension.demand_removable(name)
        self._part_from(name)
        self.system.remove(name)
        try:
            extension.remove(name)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:
            # The limit of a test's time may have ended it. What stays would reach other tests:
            # controllers that name no ITS do not start while there is a second one.
            extension.remove(name)
            raise

    @abstractmethod
    def _watch_parts_of(self, space: str) -> None:
        """Notice crashes of an added space's components from now on."""

    def _part_from(self, space: str) -> None:
        """Prepare for the removal of an added space, while its components still run."""

    def record(self) -> dict[str, Any]:
        return {**self._facts, "run_folder": str(self.folder.root)}

    def variables(self) -> dict[str, str]:
        return usage.variables(self.topology)
