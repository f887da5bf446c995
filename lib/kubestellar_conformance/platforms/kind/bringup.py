"""Bringing the platform up, by the stages of the user guide ("The Full Story", 1 to 7)."""

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
from kubestellar_conformance.platforms.kind.site import HOST_CLUSTER, Site
from kubestellar_conformance.platforms.kind.stages import Stages
from kubestellar_conformance.waiting import contracts

_WAIT = 120.0  # seconds for one thing within a stage, whose own deadline comes first


class BringUp:
    """One start. ``site`` is there once the images are; ``stages`` says how long each stage
    took.
    """

    def __init__(self, settings: PlatformSettings, folder: RunFolder, topology: Topology) -> None:
        self._settings, self._folder, self._topology = settings, folder, topology
        self.engine = self.kind = ""
        self.stages = Stages(lambda: self.site.reachable() if self._site else [], contracts.factor)
        self._site: Site | None = None

    @property
    def site(self) -> Site:
        if self._site is None:
            raise LookupError("the images are not there yet")
        return self._site

    def run(self, take_folder: Callable[[], None]) -> Site:
        """Everything; ``take_folder`` is called when nothing stands in the way and the first thing
        is to be made.
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
        site = Site(self._folder, self._topology, images, clusters)
        take_folder()
        self._site = site
        with ThreadPoolExecutor(thread_name_prefix="ks-kind") as pool:
            try:
                self._stages(site, pool)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                end_children()
                Clusters.delete(
                    self._folder.state, forget=False
                )  # which ends what is at work on them
                raise
        return site

    def _end_abandoned(self) -> None:
        """Delete the clusters that a killed run has left, and only those."""
        if (left := kept.abandoned()) is not None:
            names = Clusters.delete(left.state)
            if not runs.is_owned(left):  # else another run has taken the folder since
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
                f"there are kind clusters {', '.join(taken)} already, which are not touched: {do}"
            )

    def _stages(self, site: Site, pool: ThreadPoolExecutor) -> None:
        run = self.stages.run
        # The slow part of each WEC's cluster needs nothing of the others.
        wecs: list[Future[None]] = []

        def prepare() -> None:
            site.clusters.claim([site.cluster(space) for space in site.cluster_spaces])
            making.node_image(site)
            wecs.extend(pool.submit(making.cluster, site, wec) for wec in site.topology.wecs)

        run(1, "software prerequisites, images", 300, prepare)
        run(2, "hosting cluster", 240, lambda: _hosting_cluster(site))
        run(3, "initialise it as KubeFlex hosting cluster", 180, lambda: _kubeflex(site))
        run(4, f"ITS {site.its}", 240, lambda: _its(site, self._folder))
        run(5, f"WDS {site.wds}", 300, lambda: _wds(site))
        run(6, f"WECs {', '.join(site.topology.wecs)}", 300, lambda: _all(wecs))
        run(7, "register the WECs in the ITS", 240, lambda: _register_all(site, pool))


def _all(futures: Iterable[Future[None]]) -> None:
    for future in list(futures):
        future.result()


def _hosting_cluster(site: Site) -> None:
    making.cluster(site, site.topology.host)
    site.address = site.clusters.address(site.cluster(site.topology.host))


def _kubeflex(site: Site) -> None:
    """KubeFlex; and the control planes' pods meanwhile, which need nothing of it."""
    host = site.kubectl(site.topology.host)
    certificates.create(site.pki.folder)
    for name in (site.its, site.wds):
        if name not in site.topology.k8s:
            control_planes.start(site, name)
    host.apply([namespace(KUBEFLEX)])
    if site.topology.k8s:
        k8s_type.start_database(site)
    host.apply_files(site.images.built.crd_files("kubeflex"))
    rendered = charts.Charts(site.images.built, site.folder.temporary)
    host.apply(rendered.kubeflex())
    host.available("kubeflex-controller-manager", KUBEFLEX, _WAIT)
    if site.topology.k8s:  # its hooks need the ITS, its API server does not
        k8s_type.wait_database(site, _WAIT)
        host.apply(k8s_type.without_hooks(rendered.core(site.topology, site.topology.k8s)))


def _its(site: Site, folder: RunFolder) -> None:
    """OCM's hub first: KubeStellar's manager looks for its APIs when it starts, and then only every
    15 s.
    """
    host = site.kubectl(site.topology.host)
    control_planes.finish(site, site.its, _WAIT)
    ocm.install_hub(site, site.its)
    control_planes.bootstrap_secret(site, site.its)
    if site.wds not in site.topology.k8s:
        control_planes.finish(site, site.wds, _WAIT)
        control_planes.bootstrap_secret(site, site.wds)
    core = charts.Charts(site.images.built, folder.temporary).core(
        site.topology, [site.its, site.wds]
    )
    host.apply([*objects("its_marker"), *core])
    control_planes.wait_registered(site, site.its, _WAIT)
    ocm.wait_hub(site, site.its, _WAIT)


def _wds(site: Site) -> None:
    control_planes.wait_registered(site, site.wds, _WAIT)
    if site.wds in site.topology.k8s:
        k8s_type.finish(site, site.wds, _WAIT)


def _register_all(site: Site, pool: ThreadPoolExecutor) -> None:
    _all(pool.submit(ocm.register, site, wec, _WAIT) for wec in site.topology.wecs)
    control_planes.wait_controllers(site, site.wds, _WAIT)
