"""Adds spaces to a running platform, and removes them again.

An added space belongs to the process that added it: other pytest-xdist workers neither see nor need
it.
"""

from __future__ import annotations

import shutil
from contextlib import suppress

from kubestellar_conformance.errors import Broken, UserError
from kubestellar_conformance.files import write_private
from kubestellar_conformance.platforms.common import pki
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.embedded import kubeflex, ocm
from kubestellar_conformance.platforms.embedded.bringup import Starter
from kubestellar_conformance.platforms.embedded.process import Process
from kubestellar_conformance.platforms.embedded.start import StartPlan
from kubestellar_conformance.platforms.embedded.workbench import Workbench

CLEARED_WITHIN = 10.0
"""Seconds that the hub or KubeFlex has to release a space whose addition failed."""


class Extension:
    """The additions of one process. ``processes`` is the platform's own list of parts, which this
    class keeps up to date.
    """

    def __init__(self, workbench: Workbench, processes: dict[str, Process]) -> None:
        self._workbench, self._processes = workbench, processes
        self._mine: set[str] = set()

    @property
    def topology(self) -> Topology:
        return self._workbench.topology

    def add_its(self, name: str, *, hosted: bool) -> None:
        """Add an ITS with an OCM hub: an API server of its own, or (hosted) the hosting cluster."""
        self._add(name, self.topology.with_its(name, hosted=hosted))

    def add_wds(self, name: str, *, its: str, hosted: bool, from_core_chart: bool = False) -> None:
        """Add a WDS with KubeStellar's controllers, on that ITS. This platform installs no core
        chart.
        """
        del from_core_chart
        self._add(name, self.topology.with_wds(name, its, hosted=hosted))

    def add_wec(self, name: str, *, its: str) -> None:
        """Add a WEC that joins that ITS by the real CSR flow. Its one documented label is
        ``name``.
        """
        self._add(name, self.topology.with_wec(name, its))

    def _add(self, name: str, topology: Topology) -> None:
        self.topology.demand_new(name)
        before, workbench = self.topology, self._workbench
        workbench.topology = topology
        try:
            if name in topology.servers:
                pki.service_account_keys(workbench.pki, name)
            write_private(workbench.admin_kubeconfig(name), workbench.admin_access(name))
            starter = Starter(workbench, self._processes)

            def abort() -> None:
                starter.give_up()
                self._stop(name)

            StartPlan(workbench, starter.spawn, restored=False).build_one(name).run(abort)
        except BaseException as problem:
            workbench.cancelled.clear()  # all steps have ended, and the platform stays up
            if not isinstance(problem, (KeyboardInterrupt, SystemExit)):  # else it goes as a whole
                with suppress(Broken):
                    self._unregister(name, CLEARED_WITHIN)
            self._stop(name)
            workbench.topology = before
            raise
        self._mine.add(name)

    def demand_removable(self, name: str) -> None:
        self.topology.demand_unneeded(name)
        if name not in self._mine:
            raise UserError(f"{name!r} is not a space that can be removed")

    def remove(self, name: str) -> None:
        """Remove a space as the user guide's teardown does: its registration first, then its
        parts.
        """
        self._unregister(name, 60.0)
        self._stop(name)
        self._mine.remove(name)
        self._workbench.topology = self.topology.without(name)

    def _unregister(self, name: str, seconds: float) -> None:
        leave = ocm.detach if name in self.topology.wecs else kubeflex.delete_control_plane
        leave(self._workbench, name, seconds)

    def _stop(self, name: str) -> None:
        """Stop the parts of a space, its API server last, and forget them."""
        parts = [part for part in self._processes.values() if part.name.startswith(f"{name}/")]
        for part in sorted(parts, key=lambda part: part.name.endswith("/kube-apiserver")):
            part.stop()
            part.forget()
            del self._processes[part.name]
        self._workbench.forget(name)
        folder = self._workbench.folder
        folder.space_kubeconfig(name).unlink(missing_ok=True)
        shutil.rmtree(folder.credentials / f"hub-{name}", ignore_errors=True)
