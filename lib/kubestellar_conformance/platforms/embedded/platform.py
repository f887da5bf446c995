"""The embedded platform: a whole KubeStellar system as processes of the user."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kubestellar_conformance.components import (
    BuildCache,
    Provisioned,
    load_catalogue,
    parse_override,
    progress_on,
    provision,
)
from kubestellar_conformance.errors import Broken, Deviation, UserError
from kubestellar_conformance.platforms.api import PlatformSettings
from kubestellar_conformance.platforms.embedded import pki, ports, runs, teardown, usage, wec
from kubestellar_conformance.platforms.embedded.differences import CAPABILITIES, DIFFERENCES
from kubestellar_conformance.platforms.embedded.graph import Timing
from kubestellar_conformance.platforms.embedded.identities import identities
from kubestellar_conformance.platforms.embedded.layout import RunFolder, write_json
from kubestellar_conformance.platforms.embedded.monitor import Monitor
from kubestellar_conformance.platforms.embedded.process import ExitedAtOnce, Process
from kubestellar_conformance.platforms.embedded.site import Site
from kubestellar_conformance.platforms.embedded.snapshot import Snapshots, wiring_key
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec
from kubestellar_conformance.platforms.embedded.start import Plan
from kubestellar_conformance.platforms.embedded.topology import Topology
from kubestellar_conformance.platforms.embedded.wec import ADD_ON
from kubestellar_conformance.spaces.space import Role, Space
from kubestellar_conformance.spaces.system import System
from kubestellar_conformance.waiting import open_system


class EmbeddedPlatform:
    """See `kubestellar_conformance.platforms.api.Platform`."""

    name = "embedded"
    capabilities = CAPABILITIES

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
        self._lock = threading.Lock()
        self._seen = 0

    # Coming up.

    def up(self) -> None:
        """Get the components and start everything: from the snapshot where one fits, else from nothing."""
        runs.end_leftovers()
        built = self._provision()
        self._check_folder()
        cache = runs.cache_root(self.settings.cache_dir)
        with ports.claimed_block(cache / "locks") as block:
            began = time.monotonic()
            restored = self.settings.snapshot and self._start_restored(built, cache, block)
            if not restored:
                site = self._site(built, block.base)
                site.pki = pki.create(self.folder.credentials, self.topology.spaces)
                self._start(site, restored=False)
                if self.settings.snapshot:
                    manifest = {"ports": site.ports.names, "identities": identities(site)}
                    self._snapshots(built, cache).take(block.base, self.folder, self._processes["etcd"], manifest)
            seconds = time.monotonic() - began
        self._facts |= {
            "components": built.describe(), "restored": bool(restored), "start_seconds": round(seconds, 2),
            "status_reporter": wec.which_reporter(built), "capabilities": sorted(self.capabilities),
            "platform": self.name, "differences": list(DIFFERENCES), "contexts": self.topology.spaces,
        }  # fmt: skip
        usage.write_environment(self.folder, self.topology, built["kubectl"].binary)
        write_json(self.folder.platform_file, {"facts": self._facts, "processes": list(self._processes)})
        self._open()

    def _check_folder(self) -> None:
        if runs.is_kept(self.folder) or self.folder.root in runs.marked_processes():
            raise UserError(
                f"the run folder {self.folder.root} holds a platform that was left up: stop it with "
                f"'make platform-stop RUN={self.folder.root.name}', or choose another folder with --ks-run-dir"
            )
        try:
            self.folder.make()
            runs.own(self.folder, int(self.settings.options.get("owner", os.getpid())))
        except OSError as error:
            raise UserError(
                f"the run folder {self.folder.root} cannot be written ({error.strerror}): "
                "choose another with --ks-run-dir"
            ) from None

    def _snapshots(self, built: Provisioned, cache: Path) -> Snapshots:
        return Snapshots(cache / "snapshots", f"{built.set_key[:16]}-{self.topology.key[:8]}-{wiring_key()[:8]}")

    def _site(self, built: Provisioned, base: int, names: dict[str, int] | None = None) -> Site:
        return Site(self.folder, self.topology, ports.PortBlock(base, names), pki.Pki(self.folder.credentials), built)

    def _start_restored(self, built: Provisioned, cache: Path, block: ports.PortBlock) -> bool:
        """Start from the snapshot; False when there is none or the system did not come back as it was."""
        snapshots = self._snapshots(built, cache)
        manifest = snapshots.restore(block.base, self.folder)
        if manifest is None:
            return False
        site = self._site(built, block.base, manifest["ports"])
        try:
            self._start(site, restored=True)
            if (now := identities(site)) == manifest["identities"]:
                return True
            changed = [space for space in now if now[space] != manifest["identities"].get(space)]
            self._facts["snapshot_discarded"] = f"what was in {', '.join(changed)} before did not come back the same"
        except UserError:
            raise
        except (Broken, OSError, KeyError) as error:
            self._facts["snapshot_discarded"] = str(error).splitlines()[0]
        snapshots.discard(block.base)
        teardown.end_run(self.folder)
        self._processes.clear()
        for path in (self.folder.data, self.folder.credentials):
            teardown.empty(path)
        return False

    def _start(self, site: Site, *, restored: bool) -> None:
        site.write_kubeconfigs()
        aborted = False

        def spawn(spec: ProcessSpec) -> Process:
            process = Process(self.folder, spec)
            with self._lock:
                if aborted:
                    raise Broken("the start was given up")
                self._processes[spec.name] = process
                process.launch()
            return process

        def abort() -> None:
            nonlocal aborted
            site.cancelled.set()
            with self._lock:
                aborted = True
            teardown.end_run(self.folder)

        graph = Plan(site, spawn, restored=restored).build()
        try:
            graph.run(abort)
        except ExitedAtOnce as error:
            replaced = [o for o in self.settings.components if o.partition("=")[0] in str(error.program)]
            if replaced:
                raise UserError(f"{error}; check --ks-component {replaced[0]}") from None
            raise
        finally:
            self.timings = graph.timings

    def _provision(self) -> Provisioned:
        overrides = [parse_override(text) for text in self.settings.components]
        wanted = [n for n in load_catalogue().names if n != ADD_ON or any(o.name == ADD_ON for o in overrides)]
        return provision(wanted, overrides, BuildCache(self.settings.cache_dir), progress_on())

    # Being used.

    def attach(self) -> None:
        known = json.loads(self.folder.platform_file.read_text())
        self._facts = known["facts"]
        for file in sorted(self.folder.state.glob("process-*.json")):
            process = Process.load(self.folder, file)
            self._processes[process.name] = process
        self._open()

    def _open(self) -> None:
        def role(name: str) -> Role:
            topology = self.topology
            return "host" if name == topology.host else "its" if name in topology.itses else (
                "wds" if name in topology.wdses else "wec")  # fmt: skip

        spaces = [Space(name, role(name), self.folder.space_kubeconfig(name)) for name in self.topology.spaces]
        self._system = system = open_system(spaces, components=self)
        self._monitor = Monitor(lambda _process: system.record.wake())
        self._monitor.watch(self._processes.values())
        system.abort = self._death

    def _death(self) -> Exception | None:
        """The error for the first component that died, KubeStellar's own being the product's fault."""
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
            known, many = ", ".join(sorted(self._processes)), "several components are" if found else "no component is"
            raise UserError(f"{many} called {name!r}: use one of {known}")
        return found[0]

    def components(self) -> Sequence[Process]:
        return list(self._processes.values())

    def dead(self) -> Sequence[Process]:
        if self._monitor is None:
            return []
        # Asked at every event that wakes a wait; the state files say something new only when their folder changed.
        changed = self.folder.state.stat().st_mtime_ns
        if changed != self._seen:
            self._seen = changed
            self._monitor.watch(self._processes.values())
        return self._monitor.dead

    def record(self) -> dict[str, Any]:
        return {**self._facts, "run_folder": str(self.folder.root)}

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
        teardown.end_run(self.folder)
        runs.forget(self.folder)
