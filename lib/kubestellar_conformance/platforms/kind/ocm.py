"""The OCM hub on the ITS, and the WECs' agents that join it by the real CSR flow; status reporters."""

from __future__ import annotations

import json

from kubestellar_conformance.images import product
from kubestellar_conformance.platforms.kind.access import kubeconfig
from kubestellar_conformance.platforms.kind.manifests import namespace, objects, secret
from kubestellar_conformance.platforms.kind.site import Site

AGENT, ADD_ONS = "open-cluster-management-agent", "open-cluster-management-agent-addon"
_JOINED = ("HubAcceptedManagedCluster", "ManagedClusterJoined", "ManagedClusterConditionAvailable")


def install_hub(site: Site) -> None:
    """OCM's and the status add-on's APIs in the ITS, the bootstrap account, the registration controller."""
    its, built = site.kubectl(site.its), site.images.built
    its.apply_files([*built.crd_files("ocm-hub"), *built.crd_files("workstatus")])
    its.apply(objects("bootstrap"))
    image = product.reference(built, "ocm-registration")
    site.kubectl(site.topology.host).apply(objects("ocm_hub", namespace=f"{site.its}-system", image=image))


def wait_hub(site: Site, seconds: float) -> None:
    site.kubectl(site.topology.host).available("ocm-registration", f"{site.its}-system", seconds)


def join(site: Site, wec: str, seconds: float) -> None:
    """Let a WEC ask to join, accept it with Getting Started's labels, and wait until it is joined and available."""
    here, its, built = site.kubectl(wec), site.kubectl(site.its), site.images.built
    here.apply_files(built.crd_files("ocm-wec"))
    bootstrap = _hub_kubeconfig(site, its.token("agent-registration-bootstrap", "open-cluster-management"))
    here.apply([namespace(AGENT), namespace(ADD_ONS)])
    here.apply([secret("bootstrap-hub-kubeconfig", AGENT, {"kubeconfig": bootstrap})])
    here.apply(objects("klusterlet", image=product.reference(built, "ocm-registration-operator"), cluster=wec))
    cluster = f"managedcluster/{wec}"
    its.run("wait", cluster, "--for=create", f"--timeout={seconds:g}s", seconds=seconds + 10)
    accepted = {"metadata": {"labels": site.topology.labels(wec)}, "spec": {"hubAcceptsClient": True}}
    its.run("patch", cluster, "--type=merge", "--patch", json.dumps(accepted))
    for condition in _JOINED:
        its.wait(cluster, f"condition={condition}", seconds)


def start_reporter(site: Site, wec: str, seconds: float) -> None:
    """A WEC's status reporter, with access to that WEC's mailbox namespace in the ITS alone."""
    here, its = site.kubectl(wec), site.kubectl(site.its)
    its.apply(objects("hub_access", cluster=wec))
    hub = _hub_kubeconfig(site, its.token("status-agent", wec))
    here.apply([secret("status-agent-hub-kubeconfig", ADD_ONS, {"kubeconfig": hub})])
    here.apply(objects("status_agent", image=site.images.reporter.reference, cluster=wec))
    here.available("status-agent", ADD_ONS, seconds)


def _hub_kubeconfig(site: Site, token: str) -> str:
    ca = (site.folder.credentials / "control-planes" / "ca.crt").read_text()
    return kubeconfig(site.its, site.url(site.its), ca, {"token": token})
