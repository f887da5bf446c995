"""Runs of this user: their folders, who owns them, and what a killed run left behind."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import psutil

from kubestellar_conformance.components import BuildCache
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.common.layout import RunFolder

RUN_MARKER = "KS_CONFORMANCE_RUN"
"""In the environment of every process that a run starts: the run's folder."""


def cache_root(given: Path | None = None) -> Path:
    """The harness's folder in the user's cache folder, unless another was given."""
    return BuildCache(given).root


def new_run_folder(parent: Path) -> Path:
    """A new run folder below ``parent``, with a name that sorts by time."""
    folder = parent / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    folder.mkdir(parents=True, mode=0o700)
    return folder


def own(folder: RunFolder, pid: int, *, kept: bool = False) -> None:
    """Say whose run it is: that process's, or (kept) the user's until it is stopped."""
    write_private_json(
        folder.state / "owner.json", {"pid": pid, "created": pidfd.start_ticks(pid), "kept": kept}
    )


def _owner(folder: RunFolder) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder.state / "owner.json").read_text())
    except (OSError, ValueError):
        return {"kept": False, "pid": 0, "created": 0}
    return found


def is_kept(folder: RunFolder) -> bool:
    """Whether the user asked for the run's platform to be left up."""
    return bool(_owner(folder)["kept"])


def is_owned(folder: RunFolder) -> bool:
    """Whether the run's owner lives or the user keeps it."""
    owner = _owner(folder)
    return bool(owner["kept"]) or pidfd.alive(owner["pid"], owner["created"])


def is_anothers(folder: RunFolder, pid: int) -> bool:
    """Whether the folder holds a run that goes on, or is kept, and that process does not own it."""
    return is_owned(folder) and not owns(folder, pid)


def owns(folder: RunFolder, pid: int) -> bool:
    """Whether that process has made the folder its own, or has left the platform in it up."""
    owner = _owner(folder)
    return (owner["pid"], owner["created"]) == (pid, pidfd.start_ticks(pid))


def demand_free(folder: RunFolder) -> None:
    """`UserError` when the folder holds a platform that was left up, of whatever kind."""
    if is_kept(folder) or folder.root in marked_processes():
        raise UserError(
            f"the run folder {folder.root} holds a platform that was left up: stop it with "
            f"'{folder.stop_command}', or choose another folder with --ks-run-dir"
        )


def _namespace(pid: int | str) -> str:
    """The PID namespace that a process is in."""
    return os.readlink(f"/proc/{pid}/ns/pid")


def marked_processes() -> dict[Path, list[tuple[int, int]]]:
    """Every process of this user that a run started, as (pid, start), by run folder.

    Those of a container (another PID namespace) are not the user's here: their folder is in the
    container, and the pid of its owner is one of the container's.
    """
    found: dict[Path, list[tuple[int, int]]] = {}
    me, here = os.getuid(), _namespace("self")
    for process in psutil.process_iter():
        try:
            if process.uids().real != me:
                continue
            # In this order: should the pid pass on meanwhile, the start that was read is not its
            # new owner's.
            created = pidfd.start_ticks(process.pid)
            run = _mark(process)
            mine = run and _namespace(process.pid) == here
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, OSError):
            continue
        if run and mine and process.pid != os.getpid():
            found.setdefault(Path(run), []).append((process.pid, created))
    return found


def _mark(process: psutil.Process) -> str | None:
    """The run that started it. While a program takes over a process, its environment reads as empty
    for a moment.
    """
    for _ in range(10):
        environment: dict[str, str] = process.environ()
        if environment or pidfd.is_kernel_thread(process.pid):
            break
        time.sleep(0.001)
    return environment.get(RUN_MARKER)


def end_leftovers() -> list[Path]:
    """End what runs without an owner left running, and remove their credentials and data; their
    folders.
    """
    ended = []
    for path, processes in marked_processes().items():
        folder = RunFolder(path)
        if is_owned(folder) or not any(pidfd.alive(*process) for process in processes):
            # The latter: its owner has ended and forgotten it since its processes were looked for.
            continue
        pidfd.end(processes, grace=0)
        forget(folder)
        ended.append(path)
    return ended


def forget(folder: RunFolder) -> None:
    """Remove all of a run but its logs and reports."""
    for path in (
        folder.credentials,
        folder.data,
        folder.state,
        folder.temporary,
        folder.root / "bin",
    ):
        shutil.rmtree(path, ignore_errors=True)
    for file in (folder.kubeconfig, folder.root / "env.sh"):
        file.unlink(missing_ok=True)


def running() -> list[RunFolder]:
    """Runs that have processes now, oldest first."""
    return [RunFolder(path) for path in sorted(marked_processes())]
