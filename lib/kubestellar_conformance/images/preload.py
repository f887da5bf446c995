"""Puts images into a node's containerd before the node exists, by a containerd of our own with its
root in the node's tree.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from kubestellar_conformance.components.process import launcher
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.images.commands import output, program

_START_SECONDS = 20.0
_CONFIG = """version = 2
root = "{root}"
state = "{state}"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
[grpc]
  address = "{socket}"
"""


def into(tree: Path, archives: Sequence[Path]) -> None:
    """Import image archives, pinned so that the kubelet does not remove them, without unpacking
    them yet.
    """
    with tempfile.TemporaryDirectory(prefix="ks-") as state:  # a socket's path must be short
        _into(tree, archives, Path(state))


def _into(tree: Path, archives: Sequence[Path], state: Path) -> None:
    socket, config = state / "socket", state / "config.toml"
    root = tree / "var" / "lib" / "containerd"
    root.mkdir(parents=True, exist_ok=True)
    config.write_text(
        _CONFIG.format(root=root, state=state / "state", socket=socket), encoding="utf-8"
    )
    with (state / "log").open("wb") as log:
        argv = [*launcher(), program("containerd", "containerd"), "-c", str(config)]
        server = subprocess.Popen(argv, stdout=log, stderr=log, process_group=0)
    try:
        _wait(server, socket, state / "log")
        ctr = [program("ctr", "containerd"), "-a", str(socket), "-n", "k8s.io", "images", "import"]
        how = [
            "--label=io.cri-containerd.pinned=pinned",
            "--all-platforms",
            "--no-unpack",
            "--digests",
        ]
        for archive in archives:
            output([*ctr, *how, str(archive)], doing=f"importing {archive.name} for the node")
    finally:
        server.terminate()
        server.wait()
    shutil.rmtree(root / "tmpmounts", ignore_errors=True)


def _wait(server: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    """Wait until the server's socket exists, which is the only sign that it is ready."""
    deadline = time.monotonic() + _START_SECONDS
    while not socket.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            last = log.read_text(errors="replace").splitlines()[-1:] or ["it logged nothing"]
            raise UserError(f"containerd did not start for the node image: {last[0]}")
        time.sleep(0.05)
