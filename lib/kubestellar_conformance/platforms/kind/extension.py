"""Adds spaces to a running platform, and removes them again.

An added space belongs to the process that added it: other pytest-xdist workers neither see nor need
it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial

from kubestellar_conformance.errors import HarnessError, UserError
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.kind import control_planes, making, ocm, preflight, removal
from kubestellar_conformance.platforms.kind.additions import Addition, Additions
from kubestellar_conformance.platforms.kind.charts import Charts
from kubestellar_conformance.platforms.kind.clusters import Clusters
from kubestellar_conformance.platforms.kind.stages import in_time
from kubestellar_conformance.platforms.kind.workbench import Workbench
from kubestellar_conformance.waiting import contracts

SECONDS = 300.0
"""Seconds for a space to come up, times the slow-machine factor; each of its waits has `_WAIT`."""
_WAIT = 120.0


class Extension:
    """The additions of one process. ``owner`` is the process that owns the run."""

    def __init__(self, workbench: Workbench, additions: Additions, owner: int) -> None:
        self._workbench, self._additions, self._owner = workbench, additions, owner
        self._mine: dict[str, Addition] = {}

    @property
    def topology(self) -> Topology:
        """The topology with the added spaces."""
        return self._workbench.topology

    def add_its(self, name: str, *, hosted: bool) -> None:
        """Add an ITS with an OCM hub: pods of the hosting cluster, or (hosted) the hosting cluster
        itself.
        """
        self._add(name, self.topology.with_its(name, hosted=hosted), self._make_its)

    def add_wds(self, name: str, *, its: str, hosted: bool, from_core_chart: bool = False) -> None:
        """Add a WDS with KubeStellar's controllers, on that ITS; or (``from_core_chart``) with
        whatever the core chart installs.
        """
        make = partial(self._make_wds, from_core_chart=from_core_chart)
        self._add(name, self.topology.with_wds(name, its, hosted=hosted), make)

    def add_wec(self, name: str, *, its: str) -> None:
        """Add a WEC, a kind cluster, that joins that ITS by the real CSR flow. Its one documented
        label is ``name``.
        """
        preflight.check_further(len(Clusters.existing()) + 1)
        if name in Clusters.existing():
            raise UserError(
                f"kind cluster {name} already exists and is not touched: use another name"
            )
        self._add(name, self.topology.with_wec(name, its), self._make_wec)

    def _add(self, name: str, topology: Topology, make: Callable[[str], None]) -> None:
        self.topology.demand_new(name)
        if topology.role(name) != "wec" and name not in topology.hosted:
            preflight.check_further_control_plane()
        before, workbench = self.topology, self._workbench
        addition = Addition(
            name,
            topology.role(name),
            topology.hub(name) or "",
            name in topology.hosted,
            str(workbench.folder.root),
            self._owner,
            pidfd.start_ticks(self._owner),
        )
        self._additions.note(addition)
        workbench.topology, self._mine[name] = topology, addition
        try:
            in_time(
                f"adding {addition.role.upper()} {name}",
                SECONDS * contracts.factor,
                lambda: make(name),
                lambda: workbench.reachable([topology.host, *({name} & topology.wecs.keys())]),
            )
        except BaseException as problem:
            # An interrupted run ends soon, and removes all additions in the list.
            if isinstance(problem, Exception):
                with contextlib.suppress(HarnessError):
                    self._take_away(name)
            workbench.topology = before
            raise

    def demand_removable(self, name: str) -> None:
        """`UserError` if another space needs it, or if the platform started with it."""
        self.topology.demand_unneeded(name)
        if name not in self._mine:
            raise UserError(f"{name!r} is not a space that can be removed")

    def remove(self, name: str) -> None:
        """Take a space away, which must be `demand_removable`."""
        self._take_away(name)
        self._workbench.topology = self.topology.without(name)

    def _take_away(self, name: str) -> None:
        removal.take_away(
            self._mine[name], self._workbench.images.built["kubectl"].binary, self.topology.host
        )
        self._additions.forget(name)
        del self._mine[name]

    # How each is made.

    def _make_its(self, name: str) -> None:
        """The hub's APIs are there before it is registered, but a hosted one gets its access by
        that.
        """
        workbench, hosted = self._workbench, name in self.topology.hosted
        if not hosted:
            self._start(name)
            ocm.install_hub(workbench, name)
        self._register(name)
        if hosted:
            ocm.install_hub(workbench, name)
        ocm.wait_hub(workbench, name, _WAIT)

    def _make_wds(self, name: str, *, from_core_chart: bool) -> None:
        if name not in self.topology.hosted:
            self._start(name)
        self._register(name, from_core_chart=from_core_chart)
        if not from_core_chart:
            control_planes.wait_controllers(self._workbench, name, _WAIT)

    def _make_wec(self, name: str) -> None:
        workbench = self._workbench
        workbench.clusters.claim([name])
        making.node_image(workbench)
        making.cluster(workbench, name)
        ocm.register(workbench, name, _WAIT)

    def _start(self, name: str) -> None:
        control_planes.start(self._workbench, name)
        control_planes.finish(self._workbench, name, _WAIT)
        control_planes.bootstrap_secret(self._workbench, name)

    def _register(self, name: str, *, from_core_chart: bool = False) -> None:
        """Hand a control plane to KubeFlex, which runs the core chart's hooks for it; wait until it
        has, if it can.
        """
        workbench, topology = self._workbench, self.topology
        if name in topology.hosted:
            control_planes.share(workbench, name)
        made = Charts(workbench.images.built, workbench.folder.temporary).core(
            topology, [name], added=True, from_core_chart=from_core_chart
        )
        workbench.kubectl(topology.host).apply(made)
        if not from_core_chart:
            control_planes.wait_registered(workbench, name, _WAIT)
