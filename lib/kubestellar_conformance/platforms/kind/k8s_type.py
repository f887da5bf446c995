"""A WDS of KubeFlex's type k8s: KubeFlex makes its API server with kine, and PostgreSQL keeps its
objects.

This module makes only those objects of PostgreSQL that KubeFlex looks for; the rest is KubeFlex's
own doing.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import yaml

from kubestellar_conformance.files import write_private
from kubestellar_conformance.images import postgres
from kubestellar_conformance.platforms.common.authority import accepting
from kubestellar_conformance.platforms.common.names import ADMIN_SECRET, KUBEFLEX, namespace_of
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.kind.clusters import node
from kubestellar_conformance.platforms.kind.kubectl import Kubectl
from kubestellar_conformance.platforms.kind.manifests import objects
from kubestellar_conformance.platforms.kind.workbench import HOST_CLUSTER, Workbench
from kubestellar_conformance.platforms.workloads.known_parts import STATEFUL_SET, KnownPart
from kubestellar_conformance.spaces.refs import DEPLOYMENT, Obj, Ref

DATABASE = "postgres-postgresql"
"""The StatefulSet, the Service and the Secret of PostgreSQL (KubeFlex: release ``postgres``, chart
``postgresql``).
"""
_CONTROLLERS = "kube-controller-manager"


def topology(wds_type: str) -> Topology:
    """The topology of Getting Started, with a WDS of type ``k8s`` or ``external``."""
    whole = Topology()
    return replace(whole, k8s=tuple(whole.wdses) if wds_type == "k8s" else ())


def type_of(made: Topology) -> str:
    """The type of the WDS that the platform started with."""
    return "k8s" if made.k8s else "external"


def start_database(workbench: Workbench) -> None:
    """Install PostgreSQL in KubeFlex's namespace, which exists by then."""
    image = next(
        image.reference
        for image in workbench.images.product
        if image.reference.startswith(postgres.NAME)
    )
    password = secrets.token_hex(16)
    things = objects(
        "postgres", namespace=KUBEFLEX, image=image, user=postgres.USER, password=password
    )
    workbench.kubectl(workbench.topology.host).apply(things)


def wait_database(workbench: Workbench, seconds: float) -> None:
    """Wait until PostgreSQL takes connections. KubeFlex's own manager waits for that before it
    starts.
    """
    workbench.kubectl(workbench.topology.host).wait(
        f"pod/{DATABASE}-0", "condition=Ready", seconds, KUBEFLEX
    )


def without_hooks(things: Iterable[Obj]) -> list[Obj]:
    """The ControlPlanes of the core chart without their hooks, for the time before the hooks'
    prerequisites exist. Applied again, they get the hooks.
    """
    return [
        {
            **thing,
            "spec": {
                name: value for name, value in thing["spec"].items() if name != "postCreateHooks"
            },
        }
        for thing in things
        if thing["kind"] == "ControlPlane"
    ]


def finish(workbench: Workbench, name: str, seconds: float) -> None:
    """Wait until KubeFlex has made the API server and the controllers, and write the
    administrator's kubeconfig.
    """
    host, where = workbench.kubectl(workbench.topology.host), namespace_of(name)
    for part in ("kube-apiserver", _CONTROLLERS):
        host.available(part, where, seconds)
    port = host.run(
        "get",
        f"service/{name}",
        f"--namespace={where}",
        "--output=jsonpath={.spec.ports[0].nodePort}",
    )
    access = _secret(host, ADMIN_SECRET, where)["kubeconfig"].decode()
    write_private(
        workbench.folder.space_kubeconfig(name),
        reached_at(access, name, f"https://{workbench.address}:{port}"),
    )


def reached_at(access: str, name: str, server: str) -> str:
    """KubeFlex's external kubeconfig, which goes through an ingress, changed for a server that is
    reached at its node port.

    The server's certificate has the node's name and not its address (KubeFlex, user guide: a
    control plane is ``https://kubeflex-control-plane:<nodeport>`` for other clusters).
    """
    known: dict[str, Any] = yaml.safe_load(access)
    authority = known["clusters"][0]["cluster"]["certificate-authority-data"]
    known["clusters"][0]["cluster"] = accepting(
        {
            "server": server,
            "tls-server-name": node(HOST_CLUSTER),
            "certificate-authority-data": authority,
        }
    )
    known["contexts"][0]["name"] = known["current-context"] = name
    return yaml.safe_dump(known, sort_keys=False)


def _secret(host: Kubectl, name: str, namespace: str) -> dict[str, bytes]:
    found = json.loads(
        host.run("get", f"secret/{name}", f"--namespace={namespace}", "--output=json")
    )["data"]
    return {key: base64.b64decode(value) for key, value in found.items()}


def parts(host: str, wds: str) -> dict[str, KnownPart]:
    """The parts of such a WDS beside its API server: its controllers, and the database that all
    such WDSes share.
    """
    found = (
        KnownPart(
            f"{wds}/{_CONTROLLERS}", host, (Ref(DEPLOYMENT, namespace_of(wds), _CONTROLLERS),)
        ),
        KnownPart(f"{host}/postgresql", host, (Ref(STATEFUL_SET, KUBEFLEX, DATABASE),)),
    )
    return {part.name: part for part in found}


def watched(known: Mapping[str, KnownPart], made: Topology) -> dict[str, KnownPart]:
    """The parts that should not exit by themselves.

    The controllers of such a WDS do so by design: KubeFlex starts them with leader election, and a
    controller that cannot renew its lease for 10 s exits. The cluster restarts it.
    """
    return {
        name: part
        for name, part in known.items()
        if name not in {f"{wds}/{_CONTROLLERS}" for wds in made.k8s}
    }
