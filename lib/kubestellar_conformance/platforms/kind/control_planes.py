"""ITS and WDS: API servers as pods of the hosting cluster, registered with KubeFlex as external control planes."""

from __future__ import annotations

from kubestellar_conformance.images import kubernetes
from kubestellar_conformance.platforms.embedded.layout import write_private
from kubestellar_conformance.platforms.embedded.pki import Pki
from kubestellar_conformance.platforms.kind import certificates
from kubestellar_conformance.platforms.kind.access import kubeconfig
from kubestellar_conformance.platforms.kind.charts import KEY, SYSTEM
from kubestellar_conformance.platforms.kind.manifests import namespace, objects, secret
from kubestellar_conformance.platforms.kind.site import PORTS, Site

_EVERYWHERE = ("namespace", "serviceaccount", "garbage-collector", "root-ca-certificate-publisher")
_SIGNING = ("certificatesigningrequest-signing", "certificatesigningrequest-cleaner", "serviceaccount-token")
_ITS = (*_SIGNING, "clusterrole-aggregation")
# As KubeFlex's own control plane of type k8s has it: no workload controllers.
_WDS = (
    *_SIGNING, "certificatesigningrequest-approving", "bootstrap-signer", "token-cleaner",
    "persistentvolume-protection", "persistentvolumeclaim-protection",
)  # fmt: skip


def credentials(site: Site) -> Pki:
    """Keys and certificates for both."""
    hosts = [f"kube-apiserver.{name}-system.svc" for name in (site.its, site.wds)]
    return certificates.create(site.folder.credentials / "control-planes", [site.its, site.wds], hosts, site.address)


def start(site: Site, name: str, pki: Pki) -> None:
    """Create the pods of a control plane, and its administrator's kubeconfig."""
    where = f"{name}-system"
    access = kubeconfig(name, site.url(name), pki.ca.read_text(), certificates.administrator(pki))
    write_private(site.folder.space_kubeconfig(name), access)
    content = {**certificates.files(pki, name), "kubeconfig": access}
    controllers = _ITS if name == site.its else _WDS
    built = site.images.built
    host = site.kubectl(site.topology.host)
    host.apply([namespace(where), secret("credentials", where, content)])
    host.apply(objects(
        "control_plane", namespace=where, port=PORTS[name], address=site.address,
        etcd_image=kubernetes.etcd_image(built), apiserver_image=kubernetes.server_image(built, "kube-apiserver"),
        controller_manager_image=kubernetes.server_image(built, "kube-controller-manager"),
        controllers=",".join(f"{one}-controller" for one in (*_EVERYWHERE, *controllers)),
    ))  # fmt: skip


def wait(site: Site, name: str, seconds: float) -> None:
    """Wait until a control plane's pods are available."""
    for deployment in ("etcd", "kube-apiserver", "kube-controller-manager"):
        site.kubectl(site.topology.host).available(deployment, f"{name}-system", seconds)


def bootstrap_secret(site: Site, name: str) -> None:
    """Hand a control plane's access to KubeFlex, as its users do for an external one."""
    access = site.folder.space_kubeconfig(name).read_text()
    site.kubectl(site.topology.host).apply([secret(f"{name}-bootstrap", SYSTEM, {KEY: access})])


def wait_registered(site: Site, name: str, seconds: float) -> None:
    """Wait until KubeFlex says that the control plane is ready, its hooks included."""
    site.kubectl(site.topology.host).wait(f"controlplane/{name}", "condition=Ready", seconds)
