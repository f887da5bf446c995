"""The image of a kind node: a small Debian with systemd and containerd, kind's own files, and
Kubernetes.

The parts that kind's build downloads come from Debian here: containerd, runc, and CNI plug-ins
(``ptp`` instead of kindnet, so a cluster has one node). The image lacks crictl, which neither
creating a cluster nor loading an image archive needs.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from kubestellar_conformance.components import Built, Provisioned
from kubestellar_conformance.images import debian, preload
from kubestellar_conformance.images.archive import Config
from kubestellar_conformance.images.commands import output, program
from kubestellar_conformance.images.kubernetes import PAUSE
from kubestellar_conformance.images.recipe import Recipe, place

NAME = "kubestellar-conformance.invalid/kind-node"
PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "containerd",
    "runc",
    "containernetworking-plugins",
    "iptables",
    "nftables",
    "conntrack",
    "iproute2",
    "ethtool",
    "socat",
    "util-linux",
    "mount",
    "kmod",
    "procps",
    "jq",
    "ca-certificates",
    "bash",
    "hostname",
    "tar",
    "gzip",
    "curl",
    "libseccomp2",
    "ebtables",
)
_FILES = Path(__file__).parent / "node_files"
_WANTS = (
    "etc/systemd/system/*.wants/*",
    "lib/systemd/system/multi-user.target.wants/*",
    "lib/systemd/system/timers.target.wants/*",
    "lib/systemd/system/basic.target.wants/*",
    "lib/systemd/system/local-fs.target.wants/*",
    "lib/systemd/system/sockets.target.wants/*udev*",
    "lib/systemd/system/sockets.target.wants/*initctl*",
    "lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service",
)
_DROPPED = (
    "var/cache/apt",
    "var/lib/apt/lists",
    *(f"usr/share/{name}" for name in ("doc", "man", "locale", "info")),
)
_PLUGINS = ("bridge", "host-local", "loopback", "ptp", "portmap")
_PROGRAMS = ("kubeadm", "kubelet", "kubectl")


def rootfs_inputs() -> dict[str, str]:
    """The inputs of the Debian part, which is cached by itself."""
    return {"suite": debian.suite(), **debian.candidates(PACKAGES)}


def recipe(
    built: Provisioned, rootfs: Path, rootfs_key: str, preloaded: Sequence[tuple[Path, str]]
) -> Recipe:
    """``rootfs`` is the Debian part as a tar file; ``preloaded`` are image archives with their
    keys.
    """
    kind, version = built["kind"], built["kubelet"].version

    def fill(tree: Path, _temp: Path) -> None:
        unpack = [program("tar", "tar"), "-C", str(tree), "--numeric-owner", "-xpf", str(rootfs)]
        output(unpack, doing="unpacking the node's files")
        _slim(tree)
        _kind_files(kind, tree)
        _containerd(tree)
        for name in _PROGRAMS:
            place(built[name].binary, tree, f"/usr/bin/{name}")
        (tree / "kind" / "version").write_text(version, encoding="utf-8")
        (tree / "etc" / "kubernetes" / "manifests").mkdir(parents=True, exist_ok=True)
        preload.into(tree, [archive for archive, _ in preloaded])

    inputs = {
        "rootfs": rootfs_key,
        "kind": kind.key,
        "own": _own_digest(),
        "images": ",".join(k for _, k in preloaded),
    }
    inputs |= {name: built[name].digest for name in _PROGRAMS}
    config = Config(
        ("/usr/local/bin/entrypoint", "/sbin/init"),
        Env=(*Config().Env, "container=docker"),
        StopSignal="SIGRTMIN+3",
    )
    facts = {"version": version}
    stands_for = (
        "kind's node image: Debian's containerd and runc, CNI ptp in place of "
        "kindnet, no storage provisioner"
    )
    return Recipe("kind-node", f"{NAME}:{version}", config, fill, inputs, True, stands_for, facts)


def _slim(tree: Path) -> None:
    for name in _DROPPED:
        for path in (tree / name).glob("*"):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for pattern in _WANTS:
        for path in tree.glob(pattern):
            path.unlink()


def _kind_files(kind: Built, tree: Path) -> None:
    base = kind.module_dir / "images" / "base" / "files"
    for file in (
        *kind.crd_files("kind-node"),
        *(path for path in _FILES.rglob("*") if path.is_file()),
    ):
        inside = file.relative_to(_FILES if file.is_relative_to(_FILES) else base)
        target = tree / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(0o755 if inside.parts[0] == "kind" or "bin" in inside.parts else 0o644)
    with (tree / "etc" / "systemd" / "journald.conf").open("a", encoding="utf-8") as file_:
        file_.write("ReadKMsg=no\n")
    wants = tree / "etc" / "systemd" / "system" / "multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    for unit in ("kubelet", "containerd", "undo-mount-hacks"):
        (wants / f"{unit}.service").symlink_to(f"/etc/systemd/system/{unit}.service")
    (tree / "etc" / "systemd" / "system" / "systemd-binfmt.service").symlink_to("/dev/null")


def _containerd(tree: Path) -> None:
    """Put Debian's containerd where kind's unit looks for it, with its settings and the CNI
    plug-ins.
    """
    for name in ("containerd", "ctr", "containerd-shim-runc-v2"):
        (tree / "usr" / "local" / "bin" / name).symlink_to(f"/usr/bin/{name}")
    spec = json.loads(
        output(
            [program("ctr", "containerd"), "oci", "spec"],
            doing="asking containerd for its defaults",
        )
    )
    hooks = spec.setdefault("hooks", {}).setdefault("createContainer", [])
    hooks.append({"path": "/kind/bin/mount-product-files.sh"})
    spec["process"].pop("rlimits", None)
    folder = tree / "etc" / "containerd"
    (folder / "cri-base.json").write_text(json.dumps(spec), encoding="utf-8")
    settings = (folder / "config.toml").read_text(encoding="utf-8").splitlines()
    # A node is a container itself, and cannot set a score below its own.
    changed = {"sandbox_image": f'"{PAUSE}"', "restrict_oom_score_adj": "true"}
    for number, line in enumerate(settings):
        name = line.partition("=")[0].strip()
        if name in changed:
            settings[number] = f"{line.partition('=')[0]}= {changed[name]}"
    (folder / "config.toml").write_text("\n".join(settings) + "\n", encoding="utf-8")
    plugins = tree / "opt" / "cni" / "bin"
    plugins.mkdir(parents=True)
    (tree / "etc" / "cni" / "net.d").mkdir(parents=True, exist_ok=True)
    for name in _PLUGINS:
        place(tree / "usr" / "lib" / "cni" / name, plugins, name)
    shutil.rmtree(tree / "usr" / "lib" / "cni")


def _own_digest() -> str:
    files = sorted(path for path in (*_FILES.rglob("*"), Path(__file__)) if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
