"""The OCM hub on the ITS, and the WECs' agents that join it by the real CSR flow; status
reporters.
"""

from __future__ import annotations

import json

from kubestellar_conformance.images import product
from kubestellar_conformance.platforms.common import manifests
from kubestellar_conformance.platforms.common.kubeconfigs import single
from kubestellar_conformance.platforms.common.manifests import namespace, secret
from kubestellar_conformance.platforms.common.names import (
    ADD_ONS,
    ADMIN_SECRET,
    AGENT,
    BOOTSTRAP_ACCOUNT,
    IN_CLUSTER_KEY,
    OCM,
    namespace_of,
)
from kubestellar_conformance.platforms.kind.manifests import objects
from kubestellar_conformance.platforms.kind.workbench import Workbench
from kubestellar_conformance.spaces.refs import JOINED


def install_hub(workbench: Workbench, its: str) -> None:
    """Install OCM's and the status add-on's APIs in the ITS, the bootstrap account, and the
    registration controller.
    """
    hub, built = workbench.kubectl(its), workbench.images.built
    hub.apply_files([*built.crd_files("ocm-hub"), *built.crd_files("workstatus")])
    hub.apply(manifests.objects("bootstrap"))
    hosted = its in workbench.topology.hosted
    secret_name, key = (ADMIN_SECRET, IN_CLUSTER_KEY) if hosted else ("credentials", "kubeconfig")
    image = product.reference(built, "ocm-registration")
    workbench.kubectl(workbench.topology.host).apply(
        objects("ocm_hub", namespace=namespace_of(its), image=image, secret=secret_name, key=key)
    )


def wait_hub(workbench: Workbench, its: str, seconds: float) -> None:
    workbench.kubectl(workbench.topology.host).available(
        "ocm-registration", namespace_of(its), seconds
    )


def register(workbench: Workbench, wec: str, seconds: float) -> None:
    """Let a WEC join its ITS and report status. Each wait has ``seconds``."""
    join(workbench, wec, seconds)
    start_reporter(workbench, wec, seconds)


def join(workbench: Workbench, wec: str, seconds: float) -> None:
    """Let a WEC ask to join, accept it with Getting Started's labels, and wait until it is joined
    and available.
    """
    hub, built = workbench.topology.wecs[wec], workbench.images.built
    here, its = workbench.kubectl(wec), workbench.kubectl(hub)
    here.apply_files(built.crd_files("ocm-wec"))
    bootstrap = _hub_kubeconfig(workbench, hub, its.token(BOOTSTRAP_ACCOUNT, OCM))
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
        "metadata": {"labels": workbench.topology.labels(wec)},
        "spec": {"hubAcceptsClient": True},
    }
    its.run("patch", cluster, "--type=merge", "--patch", json.dumps(accepted))
    for condition in JOINED:
        its.wait(cluster, f"condition={condition}", seconds)


def start_reporter(workbench: Workbench, wec: str, seconds: float) -> None:
    """Start a WEC's status reporter, with access to that WEC's mailbox namespace in the ITS
    alone.
    """
    hub = workbench.topology.wecs[wec]
    here, its = workbench.kubectl(wec), workbench.kubectl(hub)
    its.apply(objects("hub_access", cluster=wec))
    access = _hub_kubeconfig(workbench, hub, its.token("status-agent", wec))
    here.apply([secret("status-agent-hub-kubeconfig", ADD_ONS, {"kubeconfig": access})])
    here.apply(objects("status_agent", image=workbench.images.reporter.reference, cluster=wec))
    here.available("status-agent", ADD_ONS, seconds)


def _hub_kubeconfig(workbench: Workbench, its: str, token: str) -> str:
    server, authority = workbench.inside(its)
    return single(its, server, authority, {"token": token})
