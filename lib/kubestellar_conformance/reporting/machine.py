"""The machine that a run used, for its record: figures of different machines do not compare."""

from __future__ import annotations

import os
import platform
from typing import Any

import psutil

_MIB = 1024 * 1024


def machine() -> dict[str, Any]:
    """Cores that this process may use, memory in MiB, operating system, kernel, architecture. No
    name of the host and none of the user.
    """
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": psutil.virtual_memory().total // _MIB,
        "system": _system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
    }


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        return platform.system()
