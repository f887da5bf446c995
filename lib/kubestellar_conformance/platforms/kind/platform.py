"""The platform ``kind``: a hosting cluster and two WECs as kind clusters, with real pods."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kubestellar_conformance.capabilities import (
    NO_ADD_ON,
    NO_REGISTRY,
    Capability,
)
from kubestellar_conformance.components import BuildCache, parse_override, progress_on
from kubestellar_conformance.components.sources import as_known
from kubestellar_conformance.files import write_private, write_private_json
from kubestellar_conformance.images import make_images
from kubestellar_conformance.platforms.api import ComponentHandle, PlatformSettings
from kubestellar_conformance.platforms.base import full_name
from kubestellar_conformance.platforms.common import runs, usage
from kubestellar_conformance.platforms.common.kubeconfigs import merged
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.kind import k8s_type, kept, logs, removal
from kubestellar_conformance.platforms.kind.additions import Additions
from kubestellar_conformance.platforms.kind.bringup import BringUp
from kubestellar_conformance.platforms.kind.clusters import Clusters, node
from kubestellar_conformance.platforms.kind.crashes import Crashes
from kubestellar_conformance.platforms.kind.differences import CAPABILITIES, differences
from kubestellar_conformance.platforms.kind.extension import Extension
from kubestellar_conformance.platforms.kind.nodes import NodePart
from kubestellar_conformance.platforms.kind.options import WDS_TYPES
from kubestellar_conformance.platforms.kind.parts import (
    CrashedPart,
    KindPart,
    parts_of,
    parts_of_one,
    paused_parts,
)
from kubestellar_conformance.platforms.kind.workbench import HOST_CLUSTER, Workbench
from kubestellar_conformance.platforms.made import MadePlatform
from kubestellar_conformance.platforms.workloads.before import altered_parts
from kubestellar_conformance.waiting import open_system


class KindPlatform(MadePlatform):
    """See `kubestellar_conformance.platforms.base.Platform`.

    ``settings.options``: ``reuse`` (a kept platform).
    """

    name = "kind"
    capabilities = CAPABILITIES
    test_limit = 1800.0
    why_not: Mapping[Capability, str] = {
        Capability.ENDPOINTS: "the ports of the controllers' pods are not reached from outside of "
        "the hosting cluster",
        Capability.AGENT_RIGHTS: "the agents of added WECs get no other rights on this platform",
        Capability.DOCUMENTED_NAMES: "the page's blocks have been compared with the embedded "
        "platform alone",
        Capability.VCLUSTER: "vcluster's image is in a public registry alone, and none is used",
        Capability.STATUS_ADD_ON: NO_ADD_ON,
        Capability.PUBLIC_IMAGES: NO_REGISTRY,
        Capability.ARGO_CD: "Argo CD is built as programs alone, and no image is made of it",
        Capability.HELM: "no release of helm's has been tried in the spaces of this platform",
    }

    def __init__(self, settings: PlatformSettings) -> None:
        wds_type = settings.options.get("wds_type", WDS_TYPES[0])
        super().__init__(settings, k8s_type.topology(wds_type))
        self._crashes: Crashes | None = None
        self._extension: Extension | None = None

    # Start.

    def up(self) -> None:
        """Make the images and the clusters and install everything, or use a kept platform."""
        self._demand_folder()
        if self.reused and self._use_kept():
            return
        began, start = time.monotonic(), BringUp(self.settings, self.folder, self.topology)
        workbench = start.run(self._claim)
        self._extension = self._extending(workbench)
        self._facts = {
            "platform": self.name,
            "start_seconds": round(time.monotonic() - began, 1),
            "stages": {one.stage: one.seconds for one in start.stages.taken},
            **self.abilities(),
            "contexts": self.topology.spaces,
            "overrides": as_known(self.settings.components),
            "wds_type": k8s_type.type_of(self.topology),
            "components": workbench.images.built.describe(),
            "images": workbench.images.describe(),
            "engine": f"Docker {start.engine}, kind {start.kind}",
            "differences": differences(workbench.images, self.topology),
            "status_reporter": "the harness's own status reporter, standing in for the OCM "
            "status add-on",
        }
        self._write(workbench)
        self._open()

    def _write(self, workbench: Workbench) -> None:
        """Write the files that the user and the other processes of the run need."""
        files = [self.folder.space_kubeconfig(space) for space in self.topology.spaces]
        write_private(self.folder.kubeconfig, merged(files))
        usage.write_environment(
            self.folder, self.topology, workbench.images.built["kubectl"].binary
        )
        write_private_json(self.folder.platform_file, {"facts": self._facts})

    def _claim(self) -> None:
        self._take_folder()
        kept.claim(self.folder, self._clusters, self._owner)

    def _use_kept(self) -> bool:
        """Use the platform that an earlier run left up, if any; it is left up again."""
        found = kept.find(self._clusters)
        if found is None:
            return False
        self._take_folder()
        files = [
            found.kubeconfig,
            *found.credentials.glob("*.kubeconfig"),
            *found.credentials.glob("control-planes/*"),
        ]
        for path in files:
            write_private(self.folder.root / path.relative_to(found.root), path.read_bytes())
        facts = json.loads(found.platform_file.read_text())["facts"]
        write_private_json(
            self.folder.platform_file, {"facts": {**facts, "reused": str(found.root)}}
        )
        program = found.root / "bin" / "kubectl"
        usage.write_environment(self.folder, self.topology, program.resolve())
        self._take_away_additions(abandoned=True)
        self.attach()
        return True

    @property
    def _clusters(self) -> list[str]:
        return [HOST_CLUSTER, *self.topology.wecs]

    # Use.

    def attach(self) -> None:
        self._facts = self._read()
        # The topology of a platform that is reused.
        self.topology = k8s_type.topology(self._facts.get("wds_type", "external"))
        self._open()

    def _read(self) -> dict[str, Any]:
        """The facts of the platform in the run's folder; empty if it never came up."""
        try:
            facts: dict[str, Any] = json.loads(self.folder.platform_file.read_text())["facts"]
        except FileNotFoundError:
            return {}
        return facts

    def _open(self) -> None:
        system = open_system(map(self._space, self.topology.spaces), components=self)
        self._use(system)
        self._crashes = Crashes(
            system, k8s_type.watched(parts_of(self.topology), self.topology), self.run_dir
        )

    @property
    def _extended(self) -> Topology:
        return self._extension.topology if self._extension else self.topology

    def component(self, name: str) -> ComponentHandle:
        nodes, full = self._nodes(), full_name(self._names(), name)
        if full not in nodes:
            return self._part(full)
        wec = nodes[full]
        parts = parts_of_one(self._extended, wec)
        return NodePart(self.system[wec], node(wec), self.run_dir, parts, self._crashes)

    def _nodes(self) -> dict[str, str]:
        """The WECs, by the names of their nodes as parts."""
        return {f"{wec}/node": wec for wec in self._extended.wecs}

    def _names(self) -> list[str]:
        """The names of all parts, those of the spaces that this process has added among them."""
        return [*parts_of(self._extended), *self._nodes()]

    def _part(self, name: str) -> KindPart:
        part = parts_of(self._extended)[name]
        served = self.system[part.serves] if part.serves else None
        where = HOST_CLUSTER if part.space == self.topology.host else part.space
        return KindPart(
            part, self.system[part.space], self.run_dir, served, node(where), self._crashes
        )

    def components(self) -> Sequence[ComponentHandle]:
        """The parts that this run has stopped or paused, and those that crashed: the clusters keep
        the others running. Parts of a space that another process of the run has added are that
        process's alone.
        """
        known = self._names()
        altered = dict.fromkeys(altered_parts(self.run_dir) + paused_parts(self.run_dir))
        names = [name for name in altered if name in known]
        ended = {part.name: part for part in self.dead() if part.name not in names}
        return [*(self.component(name) for name in names), *ended.values()]

    def dead(self) -> Sequence[ComponentHandle]:
        """The parts that crashed, once per crash; the cluster restarts them."""
        crashes = self._crashes
        if crashes is None:
            return []
        found = [(name, pod) for name, pod, times in crashes.found() for _ in range(times)]
        return [CrashedPart(self._part(name), crashes, pod) for name, pod in found]

    # Other topologies.

    def _watch_parts_of(self, space: str) -> None:
        if self._crashes:
            self._crashes.add(parts_of_one(self._extended, space))

    def _part_from(self, space: str) -> None:
        parts = parts_of_one(self._extended, space)
        if self._crashes:
            self._crashes.drop(parts)
        logs.save(self.folder, parts)

    def _extend(self) -> Extension:
        if self._extension is None:
            if not self._facts:
                raise self._not_up()
            overrides = [parse_override(text) for text in self._facts["overrides"]]
            images = make_images(BuildCache(self.settings.cache_dir), progress_on(), overrides)
            clusters = Clusters(
                images.built["kind"].binary,
                images.built["kubectl"].binary,
                self.folder.state,
                self.folder.logs,
            )
            address = clusters.address(HOST_CLUSTER)
            self._extension = self._extending(
                Workbench(self.folder, self.topology, images, clusters, address)
            )
        return self._extension

    def _extending(self, workbench: Workbench) -> Extension:
        return Extension(workbench, self._additions, self._owner)

    @property
    def _additions(self) -> Additions:
        """The additions to the platform, by any run that uses it."""
        reused = self._read().get("reused")
        return Additions(RunFolder(Path(reused)).state if reused else self.folder.state)

    def _take_away_additions(self, *, abandoned: bool) -> None:
        """Remove the remaining additions of this run, or (abandoned) those that earlier runs failed
        to remove.
        """
        additions = self._additions
        mine = str(self.folder.root)
        spaces = [
            one for one in additions.all() if (one.abandoned if abandoned else one.run == mine)
        ]
        if spaces:
            removal.sweep(
                additions, spaces, self.folder.root / "bin" / "kubectl", self.topology.host
            )

    def usage(self) -> str:
        ending = (
            "use it again: --ks-platform kind --ks-reuse",
            f"delete it:    {self.folder.stop_command}",
        )
        what = f"kind clusters {', '.join(self._clusters)}"
        return usage.text(self.folder, self.topology, what=what, ending=ending)

    def keep(self) -> None:
        """Leave the clusters up after this process exits: they belong to the user from now on."""
        self._take_away_additions(abandoned=False)
        if "reused" not in self._read():
            kept.remember(self.folder, self._clusters)
            runs.own(self.folder, os.getpid(), kept=True)

    # Stop.

    def detach(self) -> None:
        self._crashes = None
        super().detach()

    def down(self) -> None:
        """Delete the clusters that this run made, and its credentials. Clusters that it only used
        stay.

        So does the content of a folder that this run has not made its own because its start was
        refused.
        """
        self.detach()
        if "owner" in self.settings.options and not runs.owns(self.folder, self._owner):
            return
        if "reused" in self._read():
            self._take_away_additions(abandoned=False)
        elif Clusters.made(self.folder.state):
            logs.save(self.folder, parts_of(self.topology))
        Clusters.delete(self.folder.state)
        kept.forget(self.folder)
        runs.forget(self.folder)
        shutil.rmtree(self.folder.root / "stopped", ignore_errors=True)
