"""The prerequisites of a machine for three clusters, checked before anything is created.

A missing one is a one-line error that says what to do.
"""

from __future__ import annotations

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psutil

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.kind.docker import demand_engine

INSTANCES = 512
"""inotify instances that three nodes need: each kubelet and each systemd takes dozens."""
MEMORY_GIB = 3.0
"""Free memory that three clusters with the product take (measured: 0.4 GiB per cluster, and the
pods).
"""
FURTHER_GIB = 0.8
"""Free memory that a further cluster needs (measured: 0.55 GiB with its agents)."""
CONTROL_PLANE_GIB = 0.6
"""Free memory that the pods of a further ITS or WDS need (measured: 0.5 GiB)."""
FURTHER_INSTANCES = 64
"""inotify instances that each node needs (measured: 30 of an idle one, 10 more of a control plane's
pods).
"""
OLDEST_KIND = (0, 20)
_INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")


def check(inotify: Path = _INOTIFY) -> str:
    """The engine's version if all is in order, else `UserError`."""
    if find_spec("pytest_kind") is None:
        raise UserError(
            "--ks-platform kind needs pytest-kind: pip install 'kubestellar-conformance[kind]'"
        )
    version = demand_engine()
    _demand(inotify, INSTANCES, "three kind nodes need", MEMORY_GIB, "three clusters need")
    return version


def check_further(nodes: int, inotify: Path = _INOTIFY) -> None:
    """`UserError` if the machine cannot run one more kind cluster, which makes ``nodes`` in all."""
    needed = nodes * FURTHER_INSTANCES
    _demand(inotify, needed, f"{nodes} kind nodes need", FURTHER_GIB, "a further cluster needs")


def check_further_control_plane() -> None:
    """`UserError` if the memory does not suffice for the pods of one more ITS or WDS."""
    _demand_memory(CONTROL_PLANE_GIB, "a further control plane needs")


def _demand(inotify: Path, wanted: int, who_wants: str, gib: float, who_takes: str) -> None:
    instances = int(inotify.read_text()) if inotify.exists() else wanted
    if instances < wanted:
        raise UserError(
            f"fs.inotify.max_user_instances is {instances}, and {who_wants} {wanted}: "
            "sysctl fs.inotify.max_user_instances=2048 (as root)"
        )
    _demand_memory(gib, who_takes)


def _demand_memory(gib: float, who_takes: str) -> None:
    free = psutil.virtual_memory().available / 2**30
    if free < gib:
        raise UserError(
            f"{free:.1f} GiB of memory are free, {who_takes} {gib:g}: stop another program first"
        )


def check_kind(program: Path) -> str:
    """kind's version. `UserError` if the program is not kind or is too old."""
    try:
        said = subprocess.run(
            [program, "version"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"{program} cannot be run as kind: {error}") from None
    match = re.search(r"kind v?((\d+)\.(\d+)\.\S+)", said)
    if match is None:
        raise UserError(f"{program} is not kind: it calls itself {said.strip()[:60]!r}")
    if (int(match[2]), int(match[3])) < OLDEST_KIND:
        wanted = ".".join(map(str, OLDEST_KIND))
        raise UserError(
            f"kind {match[1]} is too old, it must be {wanted} or later: leave out "
            "--ks-component kind=..."
        )
    return match[1]
