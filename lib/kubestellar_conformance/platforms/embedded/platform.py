"""The embedded platform: a whole KubeStellar system as processes of the user."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from kubestellar_conformance.errors import Broken, Deviation, NotSupported, UserError
from kubestellar_conformance.platforms.api import PlatformSettings
from kubestellar_conformance.platforms.common import pki, runs, usage
from kubestellar_conformance.platforms.common.layout import RunFolder, write_json
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.embedded import ports, teardown, wec
from kubestellar_conformance.platforms.embedded.bringup import BringUp, get_components
from kubestellar_conformance.platforms.embedded.differences import CAPABILITIES, DIFFERENCES
from kubestellar_conformance.platforms.embedded.extension import Extension
from kubestellar_conformance.platforms.embedded.graph import Timing
from kubestellar_conformance.platforms.embedded.monitor import Monitor
from kubestellar_conformance.platforms.embedded.process import Process
from kubestellar_conformance.platforms.embedded.site import Site
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System
from kubestellar_conformance.waiting import open_system

_NO_CHART = "its parts are processes, so the core chart installs nothing here"


class EmbeddedPlatform:
    """See `kubestellar_conformance.platforms.api.Platform`."""

    name = "embedded"
    capabilities = CAPABILITIES
    why_not: Mapping[str, str] = {"core-chart": _NO_CHART}

    def __init__(self, settings: PlatformSettings, topology: Topology | None = None) -> None:
        self.settings = settings
        self.topology = topology or Topology()
        self.run_dir = settings.run_dir
        self.folder = RunFolder(settings.run_dir)
        self.timings: list[Timing] = []
        self._facts: dict[str, Any] = {}
        self._processes: dict[str, Process] = {}
        self._system: System | None = None
        self._monitor: Monitor | None = None
        self._site: Site | None = None
        self._seen = 0

    # Coming up.

    def up(self) -> None:
        """Get the components and start everything: from the snapshot where one fits, else from
        nothing.
        """
        if os.pathsep in str(self.folder.root):  # which KUBECONFIG and PATH take for two folders
            raise UserError(
                f"the run folder {self.folder.root} has a {os.pathsep!r} in it: choose another"
            )
        runs.end_leftovers()
        built = get_components(self.settings)
        self._take_folder()
        start = BringUp(self.settings, self.folder, self.topology)
        try:
            self._site = start.run(built)
        finally:
            self.timings, self._processes = start.timings, start.processes
        self._facts |= start.facts | {
            "components": built.describe(),
            "status_reporter": wec.which_reporter(built),
            "platform": self.name,
            "capabilities": sorted(self.capabilities),
            "differences": list(DIFFERENCES),
            "contexts": self.topology.spaces,
        }
        usage.write_environment(self.folder, self.topology, built["kubectl"].binary)
        self._site.ports.save(self.folder.ports_file)
        write_json(
            self.folder.platform_file, {"facts": self._facts, "processes": list(self._processes)}
        )
        self._open()

    def _take_folder(self) -> None:
        runs.demand_free(self.folder)
        try:
            self.folder.make()
            runs.own(self.folder, int(self.settings.options.get("owner", os.getpid())))
        except OSError as error:
            raise UserError(
                f"the run folder {self.folder.root} cannot be written ({error.strerror}): "
                "choose another with --ks-run-dir"
            ) from None

    # Being used.

    def attach(self) -> None:
        known = json.loads(self.folder.platform_file.read_text())
        self._facts = known["facts"]
        # By name, since another process of the run may have added spaces of its own meanwhile.
        self._processes = {name: Process.named(self.folder, name) for name in known["processes"]}
        self._site = Site(
            self.folder,
            self.topology,
            ports.PortBlock.saved(self.folder.ports_file),
            pki.Pki(self.folder.credentials),
            get_components(self.settings),
        )
        self._open()

    def _open(self) -> None:
        self._system = system = open_system(map(self._space, self.topology.spaces), components=self)
        self._monitor = Monitor(lambda _process: system.record.wake())
        self._monitor.watch(self._processes.values())
        system.abort = self._death

    def _space(self, name: str) -> Space:
        topology = self._site.topology if self._site else self.topology
        return Space(
            name, topology.role(name), self.folder.space_kubeconfig(name), hub=topology.hub(name)
        )

    def _death(self) -> Exception | None:
        """The error for the first component that died, KubeStellar's own being the product's
        fault.
        """
        for process in self._monitor.dead if self._monitor else []:
            tail = "\n".join(f"  {line}" for line in process.log_tail(8))
            kind = Deviation if process.product else Broken
            return kind(f"{process.name} ended without being told to; its last lines:\n{tail}")
        return None

    @property
    def system(self) -> System:
        if self._system is None:
            raise Broken("the embedded platform is not up")
        return self._system

    def component(self, name: str) -> Process:
        """By full name, or by the part behind the slash where only one part is called so."""
        found = [p for n, p in self._processes.items() if n == name or n.partition("/")[2] == name]
        if len(found) != 1:
            known, many = (
                ", ".join(sorted(self._processes)),
                "several components are" if found else "no component is",
            )
            raise UserError(f"{many} called {name!r}: use one of {known}")
        return found[0]

    def components(self) -> Sequence[Process]:
        return list(self._processes.values())

    def dead(self) -> Sequence[Process]:
        if self._monitor is None:
            return []
        # Asked at every event that wakes a wait; the state files say something new only when their
        # folder changed.
        changed = self.folder.state.stat().st_mtime_ns
        if changed != self._seen:
            self._seen = changed
            self._monitor.watch(self._processes.values())
        return self._monitor.dead

    def record(self) -> dict[str, Any]:
        return {**self._facts, "run_folder": str(self.folder.root)}

    # Other topologies.

    def add_its(self, name: str, *, hosted: bool = False) -> Space:
        self._extension.add_its(name, hosted=hosted)
        return self._joined(name)

    def add_wds(self, name: str, *, its: str, hosted: bool = False, charted: bool = False) -> Space:
        if charted:
            raise NotSupported(f"WDS {name}: {_NO_CHART}")
        self._extension.add_wds(name, its=its, hosted=hosted)
        return self._joined(name)

    def add_wec(self, name: str, *, its: str) -> Space:
        self._extension.add_wec(name, its=its)
        return self._joined(name)

    def remove(self, name: str) -> None:
        self.system.remove(name)
        self._extension.remove(name)

    def _joined(self, name: str) -> Space:
        space = self._space(name)
        self.system.add(space)
        if self._monitor:
            self._monitor.watch(self._processes.values())
        return space

    @property
    def _extension(self) -> Extension:
        if self._site is None:
            raise Broken("the embedded platform is not up")
        return Extension(self._site, self._processes)

    def variables(self) -> dict[str, str]:
        return usage.variables(self.topology)

    def usage(self) -> str:
        return usage.text(self.folder, self.topology)

    def keep(self) -> None:
        """Leave the platform up after this process: it is the user's now, until it is stopped."""
        runs.own(self.folder, os.getpid(), kept=True)

    # Going down.

    def detach(self) -> None:
        if self._monitor:
            self._monitor.close()
            self._monitor = None
        if self._system:
            with contextlib.suppress(Exception):
                self._system.close()
            self._system = None

    def down(self) -> None:
        self.detach()
        owner = self.settings.options.get("owner")
        if owner and runs.is_anothers(self.folder, int(owner)):
            return  # the start was refused because of it
        teardown.end_run(self.folder)
        runs.forget(self.folder)
