"""Kubernetes' own images, as kubeadm asks for them."""

from __future__ import annotations

from pathlib import Path

from kubestellar_conformance.components import Provisioned
from kubestellar_conformance.images import debian
from kubestellar_conformance.images.archive import Config
from kubestellar_conformance.images.recipe import Recipe, of_program, place

REGISTRY = "registry.k8s.io"
PAUSE = f"{REGISTRY}/pause:3.10.1"
_SERVERS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
_BIN = "/usr/local/bin"
_PROXY_PACKAGES = ("iptables", "conntrack", "nftables")
_MULTI = "xtables-nft-multi"


def etcd_tag(built: Provisioned) -> str:
    """The tag of etcd's image, a required setting of kubeadm."""
    return f"{built['etcd'].version.lstrip('v')}-0"


def server_image(built: Provisioned, name: str) -> str:
    """The reference of one of the control plane's images."""
    return f"{REGISTRY}/{name}:{built[name].version}"


def etcd_image(built: Provisioned) -> str:
    return f"{REGISTRY}/etcd:{etcd_tag(built)}"


def recipes(built: Provisioned) -> list[Recipe]:
    """All images of a cluster's control plane."""
    found = [
        of_program(
            built[name], server_image(built, name), f"{_BIN}/{name}", Config((f"{_BIN}/{name}",))
        )
        for name in _SERVERS
    ]
    found.append(of_program(built["etcd"], etcd_image(built), f"{_BIN}/etcd", Config()))
    dns = f"{REGISTRY}/coredns/coredns:{built['coredns'].version}"
    return [
        *found,
        of_program(built["coredns"], dns, "/coredns", Config(("/coredns",))),
        _proxy(built),
        _pause(),
    ]


def _proxy(built: Provisioned) -> Recipe:
    """kube-proxy calls iptables, and that loads plug-ins with libraries of their own: packages
    bring all of them.
    """
    packages, program = debian.closure(_PROXY_PACKAGES), built["kube-proxy"]

    def fill(tree: Path, temp: Path) -> None:
        debian.extract(packages, tree, temp)
        place(program.binary, tree, f"{_BIN}/kube-proxy")
        (tree / "run").mkdir(exist_ok=True)  # iptables' lock
        for family in ("iptables", "ip6tables"):
            for name in (family, f"{family}-save", f"{family}-restore"):
                link = tree / "usr" / "sbin" / name
                link.unlink(missing_ok=True)
                link.symlink_to(_MULTI)

    inputs = {"program": program.digest, **debian.candidates(packages)}
    config = Config((f"{_BIN}/kube-proxy",))
    return Recipe("kube-proxy", f"{REGISTRY}/kube-proxy:{program.version}", config, fill, inputs)


def _pause() -> Recipe:
    """Debian has a static program that waits and reaps dead processes, as upstream's pause does."""

    def fill(tree: Path, temp: Path) -> None:
        debian.extract(["catatonit"], temp / "unpacked", temp)
        place(temp / "unpacked" / "usr" / "bin" / "catatonit", tree, "/pause")

    config = Config(("/pause", "-P"), User="65535:65535")
    inputs = debian.candidates(["catatonit"])
    return Recipe(
        "pause",
        PAUSE,
        config,
        fill,
        inputs,
        stands_for="Kubernetes' pause program: Debian's catatonit",
    )
