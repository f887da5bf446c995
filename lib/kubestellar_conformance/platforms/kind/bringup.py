"""Starts the platform in the stages of the user guide ("The Full Story", 1 to 7)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from kubestellar_conformance.components import BuildCache, parse_override, progress_on
from kubestellar_conformance.components.process import end_children
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.images import make_images
from kubestellar_conformance.platforms.api import PlatformSettings
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.manifests import namespace, objects
from kubestellar_conformance.platforms.common.names import KUBEFLEX
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.kind import (
    certificates,
    charts,
    control_planes,
    k8s_type,
    kept,
    making,
    ocm,
    preflight,
)
from kubestellar_conformance.platforms.kind.clusters import Clusters
from kubestellar_conformance.platforms.kind.stages import Stages
from kubestellar_conformance.platforms.kind.workbench import HOST_CLUSTER, Workbench
from kubestellar_conformance.waiting import contracts

_WAIT = 120.0  # seconds for one wait in a stage; the stage's own deadline comes first


class BringUp:
    """One start. ``workbench`` exists once the images do; ``stages`` has the duration of each
    stage.
    """

    def __init__(self, settings: PlatformSettings, folder: RunFolder, topology: Topology) -> None:
        self._settings, self._folder, self._topology = settings, folder, topology
        self.engine = self.kind = ""
        self.stages = Stages(
            lambda: self.workbench.reachable() if self._workbench else [], contracts.factor
        )
        self._workbench: Workbench | None = None

    @property
    def workbench(self) -> Workbench:
        if self._workbench is None:
            raise LookupError("the images do not exist yet")
        return self._workbench

    def run(self, take_folder: Callable[[], None]) -> Workbench:
        """Run all stages. ``take_folder`` is called when all checks have passed, before anything is
        made.
        """
        self.engine = preflight.check()
        self._end_abandoned()
        self._refuse_existing()
        images = make_images(
            BuildCache(self._settings.cache_dir),
            progress_on(),
            [parse_override(t) for t in self._settings.components],
        )
        kind = images.built["kind"].binary
        self.kind = preflight.check_kind(kind)
        clusters = Clusters(
            kind, images.built["kubectl"].binary, self._folder.state, self._folder.logs
        )
        workbench = Workbench(self._folder, self._topology, images, clusters)
        take_folder()
        self._workbench = workbench
        with ThreadPoolExecutor(thread_name_prefix="ks-kind") as pool:
            try:
                self._stages(workbench, pool)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                end_children()
                # This also ends the programs that still work on the clusters.
                Clusters.delete(self._folder.state, forget=False)
                raise
        return workbench

    def _end_abandoned(self) -> None:
        """Delete the clusters that a killed run has left, and only those."""
        if (left := kept.abandoned()) is not None:
            names = Clusters.delete(left.state)
            if not runs.is_owned(left):  # otherwise another run has taken the folder since
                runs.forget(left)
            kept.forget(left)
            if names:
                sys.stderr.write(
                    f"deleted kind clusters {', '.join(names)}, left by the killed run "
                    f"{left.root}\n"
                )

    def _refuse_existing(self) -> None:
        there = Clusters.existing()
        taken = [name for name in (HOST_CLUSTER, *self._topology.wecs) if name in there]
        if taken:
            mine = kept.find() is not None
            do = (
                "an earlier run left them up, so use them with --ks-reuse, or delete them "
                "with 'make platform-stop'"
                if mine
                else f"delete them with 'kind delete clusters {' '.join(taken)}' if they "
                "are not needed"
            )
            raise UserError(
                f"kind clusters {', '.join(taken)} already exist and are not touched: {do}"
            )

    def _stages(self, workbench: Workbench, pool: ThreadPoolExecutor) -> None:
        run = self.stages.run
        # The slow part of each WEC's cluster does not depend on the others.
        wecs: list[Future[None]] = []

        def prepare() -> None:
            workbench.clusters.claim(
                [workbench.cluster(space) for space in workbench.cluster_spaces]
            )
            making.node_image(workbench)
            wecs.extend(
                pool.submit(making.cluster, workbench, wec) for wec in workbench.topology.wecs
            )

        run(1, "software prerequisites, images", 300, prepare)
        run(2, "hosting cluster", 240, lambda: _hosting_cluster(workbench))
        run(3, "initialise it as KubeFlex hosting cluster", 180, lambda: _kubeflex(workbench))
        run(4, f"ITS {workbench.its}", 240, lambda: _its(workbench, self._folder))
        run(5, f"WDS {workbench.wds}", 300, lambda: _wds(workbench))
        run(6, f"WECs {', '.join(workbench.topology.wecs)}", 300, lambda: _all(wecs))
        run(7, "register the WECs in the ITS", 240, lambda: _register_all(workbench, pool))


def _all(futures: Iterable[Future[None]]) -> None:
    for future in list(futures):
        future.result()


def _hosting_cluster(workbench: Workbench) -> None:
    making.cluster(workbench, workbench.topology.host)
    workbench.address = workbench.clusters.address(workbench.cluster(workbench.topology.host))


def _kubeflex(workbench: Workbench) -> None:
    """Start KubeFlex, and beside it the control planes' pods, which do not depend on it."""
    host = workbench.kubectl(workbench.topology.host)
    certificates.create(workbench.pki.folder)
    for name in (workbench.its, workbench.wds):
        if name not in workbench.topology.k8s:
            control_planes.start(workbench, name)
    host.apply([namespace(KUBEFLEX)])
    if workbench.topology.k8s:
        k8s_type.start_database(workbench)
    host.apply_files(workbench.images.built.crd_files("kubeflex"))
    rendered = charts.Charts(workbench.images.built, workbench.folder.temporary)
    host.apply(rendered.kubeflex())
    host.available("kubeflex-controller-manager", KUBEFLEX, _WAIT)
    if workbench.topology.k8s:  # the hooks need the ITS, the API server does not
        k8s_type.wait_database(workbench, _WAIT)
        host.apply(
            k8s_type.without_hooks(rendered.core(workbench.topology, workbench.topology.k8s))
        )


def _its(workbench: Workbench, folder: RunFolder) -> None:
    """Start OCM's hub first: KubeStellar's manager looks for its APIs at its start, and then only
    every 15 s.
    """
    host = workbench.kubectl(workbench.topology.host)
    control_planes.finish(workbench, workbench.its, _WAIT)
    ocm.install_hub(workbench, workbench.its)
    control_planes.bootstrap_secret(workbench, workbench.its)
    if workbench.wds not in workbench.topology.k8s:
        control_planes.finish(workbench, workbench.wds, _WAIT)
        control_planes.bootstrap_secret(workbench, workbench.wds)
    core = charts.Charts(workbench.images.built, folder.temporary).core(
        workbench.topology, [workbench.its, workbench.wds]
    )
    host.apply([*objects("its_marker"), *core])
    control_planes.wait_registered(workbench, workbench.its, _WAIT)
    ocm.wait_hub(workbench, workbench.its, _WAIT)


def _wds(workbench: Workbench) -> None:
    control_planes.wait_registered(workbench, workbench.wds, _WAIT)
    if workbench.wds in workbench.topology.k8s:
        k8s_type.finish(workbench, workbench.wds, _WAIT)


def _register_all(workbench: Workbench, pool: ThreadPoolExecutor) -> None:
    _all(pool.submit(ocm.register, workbench, wec, _WAIT) for wec in workbench.topology.wecs)
    control_planes.wait_controllers(workbench, workbench.wds, _WAIT)
