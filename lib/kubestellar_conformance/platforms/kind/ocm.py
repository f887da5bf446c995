"""The OCM hub on the ITS, and the WECs' agents that join it by the real CSR flow; status
reporters.
"""

from __future__ import annotations

import json

from kubestellar_conformance.images import product
from kubestellar_conformance.platforms.common import manifests
from kubestellar_conformance.platforms.common.manifests import namespace, secret
from kubestellar_conformance.platforms.common.names import (
    ADD_ONS,
    ADMIN_SECRET,
    AGENT,
    BOOTSTRAP_ACCOUNT,
    IN_CLUSTER_KEY,
    JOINED,
    OCM,
    namespace_of,
)
from kubestellar_conformance.platforms.kind.access import kubeconfig
from kubestellar_conformance.platforms.kind.manifests import objects
from kubestellar_conformance.platforms.kind.site import Site


def install_hub(site: Site, its: str) -> None:
    """OCM's and the status add-on's APIs in the ITS, the bootstrap account, the registration
    controller.
    """
    hub, built = site.kubectl(its), site.images.built
    hub.apply_files([*built.crd_files("ocm-hub"), *built.crd_files("workstatus")])
    hub.apply(manifests.objects("bootstrap"))
    hosted = its in site.topology.hosted
    secret_name, key = (ADMIN_SECRET, IN_CLUSTER_KEY) if hosted else ("credentials", "kubeconfig")
    image = product.reference(built, "ocm-registration")
    site.kubectl(site.topology.host).apply(
        objects("ocm_hub", namespace=namespace_of(its), image=image, secret=secret_name, key=key)
    )


def wait_hub(site: Site, its: str, seconds: float) -> None:
    site.kubectl(site.topology.host).available("ocm-registration", namespace_of(its), seconds)


def register(site: Site, wec: str, seconds: float) -> None:
    """Let a WEC join its ITS and report status; ``seconds`` for each thing waited for."""
    join(site, wec, seconds)
    start_reporter(site, wec, seconds)


def join(site: Site, wec: str, seconds: float) -> None:
    """Let a WEC ask to join, accept it with Getting Started's labels, and wait until it is joined
    and available.
    """
    hub, built = site.topology.wecs[wec], site.images.built
    here, its = site.kubectl(wec), site.kubectl(hub)
    here.apply_files(built.crd_files("ocm-wec"))
    bootstrap = _hub_kubeconfig(site, hub, its.token(BOOTSTRAP_ACCOUNT, OCM))
    here.apply([namespace(AGENT), namespace(ADD_ONS)])
    here.apply([secret("bootstrap-hub-kubeconfig", AGENT, {"kubeconfig": bootstrap})])
    here.apply(
        objects(
            "klusterlet", image=product.reference(built, "ocm-registration-operator"), cluster=wec
        )
    )
    cluster = f"managedcluster/{wec}"
    its.run("wait", cluster, "--for=create", f"--timeout={seconds:g}s", seconds=seconds + 10)
    accepted = {
        "metadata": {"labels": site.topology.labels(wec)},
        "spec": {"hubAcceptsClient": True},
    }
    its.run("patch", cluster, "--type=merge", "--patch", json.dumps(accepted))
    for condition in JOINED:
        its.wait(cluster, f"condition={condition}", seconds)


def start_reporter(site: Site, wec: str, seconds: float) -> None:
    """A WEC's status reporter, with access to that WEC's mailbox namespace in the ITS alone."""
    hub = site.topology.wecs[wec]
    here, its = site.kubectl(wec), site.kubectl(hub)
    its.apply(objects("hub_access", cluster=wec))
    access = _hub_kubeconfig(site, hub, its.token("status-agent", wec))
    here.apply([secret("status-agent-hub-kubeconfig", ADD_ONS, {"kubeconfig": access})])
    here.apply(objects("status_agent", image=site.images.reporter.reference, cluster=wec))
    here.available("status-agent", ADD_ONS, seconds)


def _hub_kubeconfig(site: Site, its: str, token: str) -> str:
    server, authority = site.inside(its)
    return kubeconfig(its, server, authority, {"token": token})
