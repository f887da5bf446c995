"""Starts an embedded platform: components, ports, then the snapshot if one fits, else a start from
nothing.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Any

from kubestellar_conformance.components import (
    BuildCache,
    Provisioned,
    load_catalogue,
    parse_override,
    progress_on,
    provision,
)
from kubestellar_conformance.errors import Broken, Deviation, HarnessError, UserError
from kubestellar_conformance.platforms.api import Extent, PlatformSettings
from kubestellar_conformance.platforms.common import pki, runs, starting
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.embedded import ports, status_agent, teardown
from kubestellar_conformance.platforms.embedded.blame import blamed
from kubestellar_conformance.platforms.embedded.extent import limited, spaces_of
from kubestellar_conformance.platforms.embedded.graph import Timing
from kubestellar_conformance.platforms.embedded.process import (
    ExitedAtOnce,
    NotReady,
    Process,
    ProductExitedAtOnce,
)
from kubestellar_conformance.platforms.embedded.snapshot import Snapshots, wiring_key
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec
from kubestellar_conformance.platforms.embedded.start import StartPlan
from kubestellar_conformance.platforms.embedded.uids import uids_of
from kubestellar_conformance.platforms.embedded.wording import awaited
from kubestellar_conformance.platforms.embedded.workbench import Workbench


def get_components(settings: PlatformSettings) -> Provisioned:
    """The components of this platform; the status add-on only if the user gives one."""
    overrides = [parse_override(text) for text in settings.components]
    asked = {override.name for override in overrides}
    left_out = {status_agent.ADD_ON} - asked
    wanted = [name for name in load_catalogue().names if name not in left_out]
    return provision(wanted, overrides, BuildCache(settings.cache_dir), progress_on())


class BringUp:
    """One start. Its results are ``workbench``, ``processes``, ``timings``, ``facts``, and
    ``extent``, what was started: less than everything only from a snapshot, which has the objects
    that the rest would have made.
    """

    def __init__(self, settings: PlatformSettings, folder: RunFolder, topology: Topology) -> None:
        self.settings, self.folder, self.topology = settings, folder, topology
        self.processes: dict[str, Process] = {}
        self.timings: list[Timing] = []
        self.facts: dict[str, Any] = {}
        self.extent = Extent.ALL

    @property
    def spaces(self) -> list[str]:
        """The spaces that are started."""
        return spaces_of(self.extent, self.topology)

    @property
    def warnings(self) -> list[str]:
        """What was odd about the start."""
        discarded = self.facts.get("snapshot_discarded", "")
        return [
            *([f"the snapshot was discarded: {discarded}"] if discarded else []),
            *(one.warning for one in self.processes.values() if one.warning),
        ]

    def run(self, built: Provisioned) -> Workbench:
        """Start everything and return when it is ready. After a failure nothing is left running."""
        cache = runs.cache_root(self.settings.cache_dir)
        snapshots = Snapshots(
            cache / "snapshots", f"{built.set_key[:16]}-{self.topology.key[:8]}-{wiring_key()[:8]}"
        )
        with ports.claimed_block() as block:
            began = time.monotonic()
            workbench = self._restored(built, snapshots, block) if self.settings.snapshot else None
            self.facts["restored"] = workbench is not None
            if workbench is None:
                workbench = self._workbench(built, block.base)
                workbench.pki = pki.create(self.folder.credentials, self.topology.servers)
                self._start(workbench, restored=False)
                if self.settings.snapshot:
                    self._leave_snapshot(workbench, snapshots)
            self.facts["start_seconds"] = round(time.monotonic() - began, 2)
        return workbench

    def _workbench(
        self, built: Provisioned, base: int, names: dict[str, int] | None = None
    ) -> Workbench:
        return Workbench(
            self.folder,
            limited(self.topology, self.spaces),
            ports.PortBlock(base, names),
            pki.Pki(self.folder.credentials),
            built,
        )

    def _leave_snapshot(self, workbench: Workbench, snapshots: Snapshots) -> None:
        try:
            uids = uids_of(workbench, self.spaces)
            manifest = {"ports": workbench.ports.names, "uids": uids}
            snapshots.take(workbench.ports.base, self.folder, self.processes["etcd"], manifest)
        except (
            Broken,
            OSError,
            subprocess.CalledProcessError,
        ) as error:  # a full disk, say: it is up all the same
            self.facts["snapshot_not_taken"] = str(error)

    def _restored(
        self, built: Provisioned, snapshots: Snapshots, block: ports.PortBlock
    ) -> Workbench | None:
        """Start from the snapshot; None if no snapshot fits or the system did not come back
        unchanged. Even a panic of KubeStellar's is a warning here: which promise a restart on
        existing objects breaks is a scenario's question, and a start judges none.
        """
        manifest = snapshots.restore(block.base, self.folder)
        if manifest is None:
            return None
        self.extent = self.settings.extent
        try:
            workbench = self._workbench(built, block.base, manifest["ports"])
            self._start(workbench, restored=True)
            before = {name: uids for name, uids in manifest["uids"].items() if name in self.spaces}
            if (now := uids_of(workbench, self.spaces)) == before:
                return workbench
            changed = [space for space in now if now[space] != before.get(space)]
            reason = f"what was in {', '.join(changed)} before did not come back the same"
        except (
            HarnessError,
            Deviation,
            OSError,
            KeyError,
        ) as error:  # whose fault it is, a start from nothing tells
            reason = str(error).splitlines()[0]
        self.facts["snapshot_discarded"] = reason
        self.extent = Extent.ALL
        snapshots.discard(block.base)
        teardown.end_run(self.folder)
        self.processes.clear()
        for path in (self.folder.data, self.folder.credentials):
            teardown.empty(path)
        return None

    def _start(self, workbench: Workbench, *, restored: bool) -> None:
        workbench.write_kubeconfigs()
        starter = Starter(workbench, self.processes)
        plan = StartPlan(workbench, starter.spawn, restored=restored)
        alone = self.extent is Extent.WDS_ALONE
        graph = plan.build_api_server(self.spaces[0]) if alone else plan.build()

        exited_before: list[str] = []

        def abort() -> None:
            parts = list(self.processes.values())
            exited_before.extend(
                f"{part.name} (its last line: {' | '.join(part.log_tail(1)) or 'none'})"
                for part in parts
                if part.state == "exited" and not part.product
            )
            starter.give_up()
            teardown.end_run(self.folder)

        def note(under_way: Sequence[str]) -> None:
            waiting = list(dict.fromkeys(map(awaited, under_way)))
            so_far = starting.Starting(len(graph.timings), len(graph.names), waiting)
            starting.note(self.folder, so_far)

        try:
            graph.run(abort, note)
        except ExitedAtOnce as error:
            self._check_replaced(error, error.program, workbench.built)
            raise
        except (ProductExitedAtOnce, Broken) as error:
            if exited_before:  # it may well have failed because of that, or waited for it
                raise Broken(f"{', '.join(exited_before)} had exited before: {error}") from None
            if isinstance(error, NotReady) or (
                isinstance(error, ProductExitedAtOnce) and not error.panicked
            ):
                self._check_replaced(error, error.program, workbench.built)
            raise
        finally:
            starting.forget(self.folder)
            self.timings = graph.timings

    def _check_replaced(self, error: Exception, program: str, built: Provisioned) -> None:
        if replaced := blamed(program, self.settings.components, built):
            raise UserError(f"{error}; check --ks-component {replaced}") from None


class Starter:
    """Launches the processes of a graph of steps, until the start is given up."""

    def __init__(self, workbench: Workbench, processes: dict[str, Process]) -> None:
        self._workbench, self._processes = workbench, processes
        self._lock = threading.Lock()

    def spawn(self, spec: ProcessSpec) -> Process:
        """Start a process without waiting until it is ready."""
        process = Process(self._workbench.folder, spec)
        with self._lock:
            if self._workbench.cancelled.is_set():
                raise Broken("the start was given up")
            self._processes[spec.name] = process
            process.launch()
        return process

    def give_up(self) -> None:
        """Start no further process, and end all waits for API servers."""
        with self._lock:
            self._workbench.cancelled.set()
