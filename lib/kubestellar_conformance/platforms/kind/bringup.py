"""Bringing the platform up, by the stages of the user guide ("The Full Story", 1 to 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from kubestellar_conformance.components import BuildCache, parse_override, progress_on
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.images import Image, kubernetes, make_images, node
from kubestellar_conformance.platforms.api import PlatformSettings
from kubestellar_conformance.platforms.embedded.layout import RunFolder
from kubestellar_conformance.platforms.embedded.topology import Topology
from kubestellar_conformance.platforms.kind import charts, control_planes, docker, ocm, preflight
from kubestellar_conformance.platforms.kind.clusters import Clusters
from kubestellar_conformance.platforms.kind.manifests import namespace, objects
from kubestellar_conformance.platforms.kind.site import HOST_CLUSTER, Site
from kubestellar_conformance.platforms.kind.stages import Stages
from kubestellar_conformance.waiting import contracts

_WAIT = 120.0  # seconds for one thing within a stage, whose own deadline comes first


class BringUp:
    """One start. ``site`` is there once the images are; ``stages`` says how long each stage took."""

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
        """Everything; ``take_folder`` is called when nothing stands in the way and the first thing is to be made."""
        self.engine = preflight.check()
        self._refuse_existing()
        images = make_images(
            BuildCache(self._settings.cache_dir), progress_on(), [parse_override(t) for t in self._settings.components]
        )
        kind = images.built["kind"].binary
        self.kind = preflight.check_kind(kind)
        clusters = Clusters(kind, images.built["kubectl"].binary, self._folder.state, self._folder.logs)
        site = Site(self._folder, self._topology, images, clusters)
        take_folder()
        self._site = site
        with ThreadPoolExecutor(thread_name_prefix="ks-kind") as pool:
            try:
                self._stages(site, pool)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                Clusters.delete(self._folder.state, forget=False)  # which ends what is at work on them
                raise
        return site

    def _refuse_existing(self) -> None:
        taken = [name for name in Clusters.existing() if name in (HOST_CLUSTER, *self._topology.wecs)]
        if taken:
            raise UserError(
                f"there are kind clusters {', '.join(taken)} already, which are not touched: delete them with "
                f"'kind delete clusters {' '.join(taken)}', or use a platform that was kept with --ks-reuse"
            )

    def _stages(self, site: Site, pool: ThreadPoolExecutor) -> None:
        run = self.stages.run
        # The slow part of each WEC's cluster needs nothing of the others.
        wecs: list[Future[None]] = []

        def prepare() -> None:
            site.clusters.claim([site.cluster(space) for space in site.cluster_spaces])
            _node_image(site.images.node)
            wecs.extend(pool.submit(_cluster, site, wec) for wec in site.topology.wecs)

        run(1, "software prerequisites, images", 300, prepare)
        run(2, "hosting cluster", 240, lambda: _hosting_cluster(site))
        run(3, "initialise it as KubeFlex hosting cluster", 180, lambda: _kubeflex(site))
        run(4, f"ITS {site.its}", 240, lambda: _its(site, self._folder))
        run(5, f"WDS {site.wds}", 300, lambda: control_planes.wait_registered(site, site.wds, _WAIT))
        run(6, f"WECs {', '.join(site.topology.wecs)}", 300, lambda: _all(wecs))
        run(7, "register the WECs in the ITS", 240, lambda: _register_all(site, pool))


def _all(futures: Iterable[Future[None]]) -> None:
    for future in list(futures):
        future.result()


def _node_image(image: Image) -> None:
    """The node's image in the engine, unless it is there already in this very content."""
    loaded = f"{node.NAME}:{image.key}"
    if not docker.has_image(loaded):
        docker.load(image.archive)
        docker.docker("tag", image.reference, loaded)


def _cluster(site: Site, space: str) -> None:
    """Make a cluster and put the images into it that its part needs."""
    images, cluster = site.images, site.cluster(space)
    site.clusters.create(
        cluster, f"{node.NAME}:{images.node.key}", kubernetes.etcd_tag(images.built),
        site.folder.space_kubeconfig(space), space,
    )  # fmt: skip
    if space == site.topology.host:
        agent = "registration-operator"
        site.clusters.load(cluster, [image for image in images.product if agent not in image.reference])
        return
    agents = [image for image in images.product if "registration-operator" in image.reference]
    site.clusters.load(cluster, [*agents, images.reporter, *images.workloads])
    site.kubectl(space).apply(objects("no_pull"))


def _hosting_cluster(site: Site) -> None:
    _cluster(site, site.topology.host)
    site.address = site.clusters.address(site.cluster(site.topology.host))


def _kubeflex(site: Site) -> None:
    """KubeFlex; and the control planes' pods meanwhile, which need nothing of it."""
    host = site.kubectl(site.topology.host)
    pki = control_planes.credentials(site)
    for name in (site.its, site.wds):
        control_planes.start(site, name, pki)
    host.apply_files(site.images.built.crd_files("kubeflex"))
    host.apply([namespace(charts.SYSTEM)])
    host.apply(charts.Charts(site.images.built, site.folder.temporary).kubeflex())
    host.available("kubeflex-controller-manager", charts.SYSTEM, _WAIT)


def _its(site: Site, folder: RunFolder) -> None:
    """OCM's hub first: KubeStellar's manager looks for its APIs when it starts, and then only every 15 s."""
    host = site.kubectl(site.topology.host)
    control_planes.wait(site, site.its, _WAIT)
    ocm.install_hub(site)
    control_planes.wait(site, site.wds, _WAIT)
    for name in (site.its, site.wds):
        control_planes.bootstrap_secret(site, name)
    host.apply([*objects("its_marker"), *charts.Charts(site.images.built, folder.temporary).core(site.its, site.wds)])
    control_planes.wait_registered(site, site.its, _WAIT)
    ocm.wait_hub(site, _WAIT)


def _register_all(site: Site, pool: ThreadPoolExecutor) -> None:
    _all(pool.submit(_register, site, wec) for wec in site.topology.wecs)
    for part in ("kubestellar-controller-manager", "transport-controller"):
        site.kubectl(site.topology.host).available(part, f"{site.wds}-system", _WAIT)


def _register(site: Site, wec: str) -> None:
    ocm.join(site, wec, _WAIT)
    ocm.start_reporter(site, wec, _WAIT)
