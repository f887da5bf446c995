"""Checks the machine's prerequisites for a platform of processes, before anything starts.

A sandbox, a resource limit or a mount option otherwise shows late, as the crash of a component that
blames something else.
"""

from __future__ import annotations

import resource
import shutil
import socket
from pathlib import Path

from kubestellar_conformance import paths
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import locked
from kubestellar_conformance.platforms.common import pidfd

MIB = 2**20
LIMITS = (
    (resource.RLIMIT_NOFILE, "n", "open files per process", 1, 1024),
    (resource.RLIMIT_AS, "v", "KiB of address space", 1024, 16 * 2**30),
    (resource.RLIMIT_FSIZE, "f", "KiB per file", 1024, 128 * MIB),
)
"""Per limit: its number, the option of ``ulimit``, its meaning, its unit, and the required minimum.

etcd keeps 350 files open for a platform of two WECs, maps its database's largest size (10 GiB), and
preallocates its log in files of 61 MiB.
"""
DISK = 160 * MIB
"""Bytes that a run folder takes while its platform runs: two of etcd's log files, data, logs."""
LOOPBACK = "127.0.0.1"
_SECONDS = 2.0


def demand_processes() -> None:
    """`UserError` if a process here cannot be watched and stopped, cannot get the resources that a
    component needs, or is not reached over loopback.
    """
    pidfd.demand()
    for number, option, meaning, unit, needed in LIMITS:
        _soft, hard = resource.getrlimit(number)  # Go raises its own soft limits
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise UserError(
                f"the limit of {hard // unit} {meaning} (ulimit -H{option}) is too low for the "
                f"components: raise it to {needed // unit} or more"
            )
    _demand_loopback()


def _demand_loopback() -> None:
    try:
        with (
            socket.create_server((LOOPBACK, 0)) as server,
            socket.create_connection(server.getsockname(), _SECONDS),
        ):
            return
    except OSError as error:
        raise UserError(
            f"{LOOPBACK} cannot be reached ({error.strerror or error}), but all components listen "
            "there: bring the loopback interface up (ip link set lo up)"
        ) from None


def demand_locks(folder: Path) -> None:
    """`UserError` if the run folder, which exists, is on a file system without locks, which the
    processes of a run and etcd need.
    """
    with locked(folder / "probe"):
        pass
    (folder / "probe.lock").unlink(missing_ok=True)


def demand_room(folder: Path, needed: int) -> None:
    """`UserError` if fewer than that many bytes are free where the folder is."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise UserError(
            f"the run folder {folder} has {free // MIB} MiB free, and a platform takes "
            f"{needed // MIB} MiB: free some, or choose another with --ks-run-dir"
        )


def demand_executable(cache: Path) -> None:
    """`UserError` if no program can run from the folder of built components, or from the nearest
    one above it that exists.
    """
    there = next(one for one in (cache, *cache.parents) if one.exists())
    if paths.mounted_noexec(there):
        raise UserError(
            f"the cache folder {cache} is on a file system that is mounted noexec, so no component "
            "can run: choose another with --ks-cache-dir or XDG_CACHE_HOME"
        )
