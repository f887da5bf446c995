"""The embedded platform: a whole KubeStellar system as processes of the user."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from kubestellar_conformance.capabilities import NO_ADD_ON, NO_REGISTRY, Capability
from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.components.sources import as_known
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.api import HALTED, ArgoAddress, PlatformSettings
from kubestellar_conformance.platforms.base import full_name
from kubestellar_conformance.platforms.common import machine, pki, runs, usage
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.embedded import agent_rights, ports, status_agent, teardown
from kubestellar_conformance.platforms.embedded.argo_cd import ArgoCd
from kubestellar_conformance.platforms.embedded.bringup import BringUp, get_components
from kubestellar_conformance.platforms.embedded.control_planes import ETCD
from kubestellar_conformance.platforms.embedded.differences import CAPABILITIES, DIFFERENCES
from kubestellar_conformance.platforms.embedded.extension import Extension
from kubestellar_conformance.platforms.embedded.extent import LEFT_OUT, limited
from kubestellar_conformance.platforms.embedded.graph import Timing
from kubestellar_conformance.platforms.embedded.monitor import Monitor
from kubestellar_conformance.platforms.embedded.process import Process
from kubestellar_conformance.platforms.embedded.workbench import Workbench
from kubestellar_conformance.platforms.made import MadePlatform
from kubestellar_conformance.spaces import Space, System
from kubestellar_conformance.waiting import open_system

_NO_KUBELET = (
    "no kubelet runs on this platform: KWOK plays the pods of the WECs, which therefore have no "
    "logs and run nothing; 'ks-conformance logs PART' shows what a component logs"
)
_NO_CHART = "its parts are processes, so the core chart installs nothing here"


class EmbeddedPlatform(MadePlatform):
    """See `kubestellar_conformance.platforms.base.Platform`."""

    name = "embedded"
    capabilities = CAPABILITIES
    why_not: Mapping[Capability, str] = {
        Capability.CORE_CHART: _NO_CHART,
        Capability.HOSTING_PODS: "its parts are processes, and no pod runs in the hosting cluster",
        Capability.VCLUSTER: "a vcluster consists of pods, and no pod runs in the hosting cluster",
        Capability.STATUS_ADD_ON: NO_ADD_ON,
        Capability.PUBLIC_IMAGES: NO_REGISTRY,
    }

    def __init__(self, settings: PlatformSettings, topology: Topology | None = None) -> None:
        super().__init__(settings, topology or Topology())
        if self.reused:  # its processes and access are found there; the run's own folder is apart
            self.folder = RunFolder(Path(settings.options["reuse"]))
        self.timings: list[Timing] = []
        self._processes: dict[str, Process] = {}
        self._monitor: Monitor | None = None
        self._workbench: Workbench | None = None
        self._extension: Extension | None = None
        self._seen = 0

    @property
    def repeatable(self) -> bool:
        return not (self.reused or self.settings.keep)

    # Start.

    def up(self) -> None:
        """Get the components and start everything: from the snapshot if one fits, else from
        nothing. A platform that was kept is used as it is.
        """
        if self.reused:
            self.run_dir.mkdir(parents=True, exist_ok=True)
            self.attach()
            return
        machine.demand_processes()
        machine.demand_executable(runs.cache_root(self.settings.cache_dir))
        self._demand_folder()
        runs.end_leftovers()
        built = get_components(self.settings)
        status_agent.check_add_on(built)
        self._take_folder()
        machine.demand_room(self.folder.root, machine.DISK)
        start = BringUp(self.settings, self.folder, self.topology)
        try:
            self._workbench = start.run(built)
        finally:
            self.timings, self._processes = start.timings, start.processes
        self._facts |= start.facts | {
            "components": built.describe(),
            "status_reporter": status_agent.which_reporter(built),
            "platform": self.name,
            "overrides": as_known(self.settings.components),
            **self.abilities(),
            "differences": list(DIFFERENCES),
            "warnings": start.warnings,
            "contexts": start.spaces,
        }
        if left_out := LEFT_OUT[start.extent]:
            self._facts["left_out"] = left_out
        usage.write_environment(
            self.folder, self.topology, built["kubectl"].binary, without_kubelet=_NO_KUBELET
        )
        self._workbench.ports.save(self.folder.ports_file)
        write_private_json(
            self.folder.platform_file, {"facts": self._facts, "processes": list(self._processes)}
        )
        self._open()

    # Use.

    def attach(self) -> None:
        known = json.loads(self.folder.platform_file.read_text())
        self._facts = known["facts"]
        # By name, since another process of the run may have added spaces of its own since.
        self._processes = {name: Process.named(self.folder, name) for name in known["processes"]}
        self._workbench = Workbench(
            self.folder,
            limited(self.topology, self._facts["contexts"]),
            ports.PortBlock.saved(self.folder.ports_file),
            pki.Pki(self.folder.credentials),
            get_components(self._as_started()),
        )
        self._open()

    def _as_started(self) -> PlatformSettings:
        """The settings with the components of the platform in use."""
        overrides = self._facts.get("overrides", ()) if self.reused else self.settings.components
        return replace(self.settings, components=overrides)

    def _open(self) -> None:
        system = open_system(map(self._space, self._facts["contexts"]), components=self)
        system.left_out = self._facts.get("left_out", "")
        self._monitor = Monitor(partial(self._died, system))
        self._monitor.watch(self._processes.values())
        self._use(system)

    def _space(self, name: str) -> Space:
        space = super()._space(name)
        space.client.down = self._without_storage
        return space

    def _without_storage(self) -> str | None:
        """Why no API server can answer, if so: requests would wait for etcd until they time out."""
        etcd = self._processes.get(ETCD)
        gone = etcd is not None and etcd.state == "exited"
        return f"{ETCD}, where it keeps its objects, exited unexpectedly" if gone else None

    def _died(self, system: System, process: Process) -> None:
        system.record.wake()
        if process.name == ETCD:
            for space in system.spaces:
                space.client.interrupt()

    def component(self, name: str) -> Process:
        return self._processes[full_name(self._processes, name)]

    def components(self) -> Sequence[Process]:
        return list(self._processes.values())

    def dead(self) -> Sequence[Process]:
        if self._monitor is None:
            return []
        # Called at every event that wakes a wait; the state files have news only when their folder
        # has changed.
        changed = self.folder.state.stat().st_mtime_ns
        if changed != self._seen:
            self._seen = changed
            self._monitor.watch(self._processes.values())
        return self._monitor.dead

    def halted(self) -> str | None:
        names = [name for name, part in self._processes.items() if part.state == "halted"]
        return f"{', '.join(names)} {HALTED}" if names else None

    # Other topologies.

    @property
    def _extended(self) -> Topology:
        return self._workbench.topology if self._workbench else self.topology

    def _extend(self) -> Extension:
        self._extension = self._extension or Extension(self._bench(), self._processes)
        return self._extension

    def _watch_parts_of(self, space: str) -> None:
        del space  # parts that are already watched are skipped
        if self._monitor:
            self._monitor.watch(self._processes.values())

    # Rights of the agents.

    def restrict_agent(self, wec: str) -> None:
        agent_rights.restrict(self._bench(), wec, self.component(f"{wec}/klusterlet-agent"))

    def free_agent(self, wec: str) -> None:
        agent_rights.free(self._bench(), wec)

    def confine_agent(self, wec: str) -> None:
        agent_rights.confine(self._bench(), wec)

    # Argo CD.

    def start_argo_cd(self, wds: str, built: Provisioned) -> ArgoAddress:
        address = ArgoCd(self._bench(), self._processes).start(wds, built)
        self._watch_parts_of("argocd")
        return address

    def stop_argo_cd(self) -> None:
        ArgoCd(self._bench(), self._processes).stop()

    def _bench(self) -> Workbench:
        if self._workbench is None:
            raise self._not_up()
        return self._workbench

    # For people.

    def usage(self) -> str:
        ending = [
            "run scenarios on it:  make scenarios ARGS=--ks-reuse",
            "its parts:  ks-conformance parts; stop, start, restart, pause, resume, logs PART",
            "another build of one:  ks-conformance replace NAME=SOURCE",
            f"stop it:  {self.folder.stop_command}",
        ]
        return usage.text(self.folder, self.topology, what="processes", ending=ending)

    def keep(self) -> None:
        """Leave the platform up after this process exits: it belongs to the user until it is
        stopped.
        """
        if self.reused:
            return
        runs.own(self.folder, os.getpid(), kept=True)

    # Stop.

    def detach(self) -> None:
        if self._monitor:
            self._monitor.close()
            self._monitor = None
        super().detach()

    def down(self) -> None:
        self.detach()
        if self.reused:
            return  # it is the user's
        owner = self.settings.options.get("owner")
        if owner and runs.is_anothers(self.folder, int(owner)):
            return  # the start was refused because of it
        teardown.end_run(self.folder)
        runs.forget(self.folder)
