"""The platform ``kind``: a hosting cluster and two WECs as kind clusters, with real pods."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kubestellar_conformance.components import BuildCache
from kubestellar_conformance.errors import Broken, NotSupported, UserError
from kubestellar_conformance.platforms.api import ComponentHandle, PlatformSettings
from kubestellar_conformance.platforms.embedded import runs, usage
from kubestellar_conformance.platforms.embedded.layout import RunFolder, write_json, write_private
from kubestellar_conformance.platforms.embedded.topology import Topology
from kubestellar_conformance.platforms.existing.before import altered_parts
from kubestellar_conformance.platforms.existing.installation import Installation, Wec
from kubestellar_conformance.platforms.kind import kept, logs
from kubestellar_conformance.platforms.kind.access import merged
from kubestellar_conformance.platforms.kind.bringup import BringUp
from kubestellar_conformance.platforms.kind.clusters import Clusters, node
from kubestellar_conformance.platforms.kind.crashes import Crashes
from kubestellar_conformance.platforms.kind.differences import CAPABILITIES, WHY_NOT, differences
from kubestellar_conformance.platforms.kind.parts import CrashedPart, KindPart, NodePart, parts_of, paused_parts
from kubestellar_conformance.platforms.kind.site import HOST_CLUSTER, Site
from kubestellar_conformance.spaces.space import Space
from kubestellar_conformance.spaces.system import System
from kubestellar_conformance.waiting import open_system


class KindPlatform:
    """See `kubestellar_conformance.platforms.api.Platform`. ``settings.options``: ``reuse`` (a kept platform)."""

    name = "kind"
    capabilities = CAPABILITIES
    why_not: Mapping[str, str] = WHY_NOT

    def __init__(self, settings: PlatformSettings) -> None:
        self.settings, self.run_dir = settings, settings.run_dir
        self.folder, self.topology = RunFolder(settings.run_dir), Topology()
        self._facts: dict[str, Any] = {}
        self._system: System | None = None
        self._crashes: Crashes | None = None

    # Coming up.

    def up(self) -> None:
        """Make the images and the clusters and install everything; or use a platform that was kept."""
        if self.settings.options.get("reuse") and self._reused():
            return
        began, start = time.monotonic(), BringUp(self.settings, self.folder, self.topology)
        site = start.run(self._take_folder)
        self._facts = {
            "platform": self.name, "start_seconds": round(time.monotonic() - began, 1),
            "stages": {one.stage: one.seconds for one in start.stages.taken},
            "capabilities": sorted(self.capabilities), "contexts": self.topology.spaces,
            "components": site.images.built.describe(), "images": site.images.describe(),
            "engine": f"Docker {start.engine}, kind {start.kind}", "differences": differences(site.images),
            "status_reporter": "the harness's own status reporter, standing in for the OCM status add-on",
        }  # fmt: skip
        self._write(site)
        self._open()

    def _write(self, site: Site) -> None:
        """What a person and the other processes of the run need."""
        files = [self.folder.space_kubeconfig(space) for space in self.topology.spaces]
        write_private(self.folder.kubeconfig, merged(files))
        usage.write_environment(self.folder, self.topology, site.images.built["kubectl"].binary)
        write_json(self.folder.platform_file, {"facts": self._facts})

    def _take_folder(self) -> None:
        try:
            self.folder.make()
        except OSError as error:
            raise UserError(
                f"the run folder {self.folder.root} cannot be written ({error.strerror}): "
                "choose another with --ks-run-dir"
            ) from None

    def _reused(self) -> bool:
        """Use the platform that an earlier run left up, if it did; it is left up again."""
        found = kept.find(self._cache, self._clusters)
        if found is None:
            return False
        self._take_folder()
        for path in (found.kubeconfig, found.platform_file, *found.credentials.glob("*.kubeconfig")):
            target = self.folder.root / path.relative_to(found.root)
            write_private(target, path.read_bytes())
        self.attach()
        self._facts["reused"] = str(found.root)
        return True

    @property
    def _cache(self) -> Path:
        return BuildCache(self.settings.cache_dir).root

    @property
    def _clusters(self) -> list[str]:
        return [HOST_CLUSTER, *self.topology.wecs]

    # Being used.

    def attach(self) -> None:
        self._facts = json.loads(self.folder.platform_file.read_text())["facts"]
        self._open()

    def _open(self) -> None:
        topology = self.topology
        self._system = open_system(
            (Space(name, topology.role(name), self.folder.space_kubeconfig(name), hub=topology.hub(name))
             for name in topology.spaces), components=self,
        )  # fmt: skip
        self._crashes = Crashes(self._system, parts_of(self._installation), self.run_dir)

    @property
    def system(self) -> System:
        if self._system is None:
            raise Broken("the kind platform is not up")
        return self._system

    @property
    def _installation(self) -> Installation:
        wecs = tuple(Wec(name, name) for name in self.topology.wecs)
        said = {name: value for name, value in self.variables().items() if not name.startswith("wec")}
        return Installation(**said, wecs=wecs, kubeconfig=str(self.folder.kubeconfig))

    def component(self, name: str) -> ComponentHandle:
        """By full name, or by the part behind the slash where only one part is called so."""
        nodes = {f"{wec}/node": wec for wec in self.topology.wecs}
        if name in nodes:
            return NodePart(self.system[nodes[name]], node(nodes[name]), self.run_dir)
        known = parts_of(self._installation)
        found = [part for full, part in known.items() if name in (full, full.partition("/")[2])]
        if len(found) != 1:
            what = "several parts are" if found else "no part is"
            raise UserError(f"{what} called {name!r}: use one of {', '.join(sorted((*known, *nodes)))}")
        return self._part(found[0].name)

    def _part(self, name: str) -> KindPart:
        part = parts_of(self._installation)[name]
        served = self.system[part.serves] if part.serves else None
        where = HOST_CLUSTER if part.space == self.topology.host else part.space
        return KindPart(part, self.system[part.space], self.run_dir, served, node(where), self._crashes)

    def components(self) -> Sequence[ComponentHandle]:
        """Those that this run has stopped or paused, and those that ended: the clusters keep the others running."""
        names = dict.fromkeys(altered_parts(self.run_dir) + paused_parts(self.run_dir))
        ended = {part.name: part for part in self.dead() if part.name not in names}
        return [*(self.component(name) for name in names), *ended.values()]

    def dead(self) -> Sequence[ComponentHandle]:
        """Parts that ended by themselves, as often as they did; the cluster starts them again."""
        crashes = self._crashes
        if crashes is None:
            return []
        found = [(name, pod) for name, pod, times in crashes.found() for _ in range(times)]
        return [CrashedPart(self._part(name), crashes, pod) for name, pod in found]

    def add_its(self, name: str, *, hosted: bool = False) -> Space:
        raise NotSupported(f"ITS {name} (hosted: {hosted}): {WHY_NOT['topologies']}")

    def add_wds(self, name: str, *, its: str, hosted: bool = False) -> Space:
        raise NotSupported(f"WDS {name} on {its} (hosted: {hosted}): {WHY_NOT['topologies']}")

    def add_wec(self, name: str, *, its: str) -> Space:
        raise NotSupported(f"WEC {name} in {its}: {WHY_NOT['topologies']}")

    def remove(self, name: str) -> None:
        raise NotSupported(f"{name}: {WHY_NOT['topologies']}")

    def record(self) -> dict[str, Any]:
        return {**self._facts, "run_folder": str(self.folder.root)}

    def variables(self) -> dict[str, str]:
        return usage.variables(self.topology)

    def usage(self) -> str:
        return "\n".join([
            f"The platform is up: kind clusters {', '.join(self._clusters)} (folder {self.folder.root}).",
            f"  source {self.folder.root / 'env.sh'}  # kubectl and the documentation's shell variables",
            f"  contexts: {', '.join(self.topology.spaces)}",
            "  use it again: --ks-platform kind --ks-reuse",
            f"  delete it:    kind delete clusters {' '.join(self._clusters)}",
        ])  # fmt: skip

    def keep(self) -> None:
        """Leave the clusters up after this process: they are the user's now."""
        if "reused" not in self._facts:
            kept.remember(self._cache, self.folder, self._clusters)

    # Going down.

    def detach(self) -> None:
        self._crashes = None
        system, self._system = self._system, None
        if system is not None:
            with contextlib.suppress(Exception):
                system.close()

    def down(self) -> None:
        """Delete the clusters that this run made, and its credentials. What it only used stays."""
        self.detach()
        if Clusters.made(self.folder.state):
            logs.save(self.folder, parts_of(self._installation))
        Clusters.delete(self.folder.state)
        kept.forget(self._cache, self.folder)
        runs.forget(self.folder)
        shutil.rmtree(self.folder.root / "stopped", ignore_errors=True)
