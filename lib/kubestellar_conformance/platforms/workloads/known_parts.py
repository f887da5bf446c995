"""Where the parts of a documented install are, by the names that they have on every platform.

Sources: KubeStellar's core chart (PostCreateHooks), KubeFlex's chart and its reconcilers for
control planes of type k8s and vcluster, OCM's operators (cluster-manager and klusterlet),
KubeStellar's monitoring guide for the status add-on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kubestellar_conformance.platforms.common.names import (
    ADD_ONS,
    AGENT,
    HUB,
    KUBEFLEX,
    namespace_of,
)
from kubestellar_conformance.spaces.refs import DEPLOYMENT, Kind, Obj, Ref

STATEFUL_SET = Kind("apps", "v1", "StatefulSet")
_PRODUCT = ("kubestellar-controller-manager", "transport-controller")


@dataclass(frozen=True)
class KnownPart:
    """``space`` is where its workload object lives; ``refs`` are the objects that it may be, the
    usual one first.
    """

    name: str
    space: str
    refs: tuple[Ref, ...]
    container: str = ""
    """The container that does the work, if the pod has several."""
    serves: str = ""
    """The space whose API server it is."""
    stoppable: bool = False
    """Whether the documentation's resiliency scenario stops it."""

    @property
    def product(self) -> bool:
        return self.name.rpartition("/")[2] in _PRODUCT


def _deployment(namespace: str, name: str) -> Ref:
    return Ref(DEPLOYMENT, namespace, name)


def known_parts(host: str, its: str, wds: str, wecs: Iterable[str]) -> dict[str, KnownPart]:
    """The parts of an ITS, a WDS and these WECs, by name. The arguments are names of spaces."""
    parts = [
        _in_host(host, f"{host}/kubeflex-controller-manager", KUBEFLEX, container="manager"),
        _in_host(
            host, f"{wds}/kubestellar-controller-manager", namespace_of(wds), container="manager"
        ),
        _in_host(host, f"{wds}/transport-controller", namespace_of(wds)),
        _api_server(host, wds),
        _api_server(host, its),
        KnownPart(
            f"{its}/ocm-registration",
            its,
            (_deployment(HUB, "cluster-manager-registration-controller"),),
        ),
    ]
    for wec in wecs:
        names = (
            "klusterlet-agent",
            "klusterlet-work-agent",
        )  # the first when it joined with --singleton
        refs = tuple(_deployment(AGENT, name) for name in names)
        parts.append(KnownPart(f"{wec}/klusterlet-agent", wec, refs))
        status = _deployment(ADD_ONS, "status-agent")
        parts.append(KnownPart(f"{wec}/status-agent", wec, (status,)))
    return {part.name: part for part in parts}


def _in_host(host: str, name: str, namespace: str, container: str = "") -> KnownPart:
    deployment = _deployment(namespace, name.rpartition("/")[2])
    return KnownPart(name, host, (deployment,), container=container, stoppable=True)


def _api_server(host: str, control_plane: str) -> KnownPart:
    namespace = namespace_of(control_plane)
    refs = (_deployment(namespace, "kube-apiserver"), Ref(STATEFUL_SET, namespace, "vcluster"))
    name = "kube-apiserver"  # beside kine, in a control plane of type k8s
    return KnownPart(
        f"{control_plane}/{name}", host, refs, container=name, serves=control_plane, stoppable=True
    )


def container_of(part: KnownPart, workload: Obj) -> Obj:
    """The container that does the part's work."""
    containers: list[Obj] = workload["spec"]["template"]["spec"]["containers"]
    return next((one for one in containers if one["name"] == part.container), containers[0])


def version_of(image: str) -> str:
    """The tag of an image, or the start of its digest if it has none."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or digest[:19] or "no tag"
