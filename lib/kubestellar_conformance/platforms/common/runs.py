"""Runs of this user: their folders, their owners, and the leftovers of a killed run."""

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
    """Note the owner of a run: that process, or (kept) the user until the platform is stopped."""
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
    """Whether the user asked to leave the run's platform up."""
    return bool(_owner(folder)["kept"])


def is_owned(folder: RunFolder) -> bool:
    """Whether the run's owner lives or the user keeps the platform."""
    owner = _owner(folder)
    return bool(owner["kept"]) or pidfd.alive(owner["pid"], owner["created"])


def is_anothers(folder: RunFolder, pid: int) -> bool:
    """Whether the folder holds a run that is under way or kept, and that process does not own
    it.
    """
    return is_owned(folder) and not owns(folder, pid)


def owns(folder: RunFolder, pid: int) -> bool:
    """Whether that process owns the run in the folder, or has left its platform up."""
    owner = _owner(folder)
    return (owner["pid"], owner["created"]) == (pid, pidfd.start_ticks(pid))


def demand_free(folder: RunFolder) -> None:
    """`UserError` if the folder holds a platform that was left up, of whatever kind."""
    if is_kept(folder) or folder.root in marked_processes():
        raise UserError(
            f"the run folder {folder.root} holds a platform that was left up: stop it with "
            f"'{folder.stop_command}', or choose another folder with --ks-run-dir"
        )


def _namespaces(pid: int | str) -> tuple[str, str]:
    """The PID and the mount namespace of a process."""
    return os.readlink(f"/proc/{pid}/ns/pid"), os.readlink(f"/proc/{pid}/ns/mnt")


def marked_processes() -> dict[Path, list[tuple[int, int]]]:
    """Every process of this user that a run started, as (pid, start), by run folder.

    Processes of a container (another PID or mount namespace) are not included: their folder may be
    in the container, and their owner's pid is valid only there.
    """
    found: dict[Path, list[tuple[int, int]]] = {}
    me, here = os.getuid(), _namespaces("self")
    for process in psutil.process_iter():
        try:
            if process.uids().real != me:
                continue
            # In this order: if the pid is reused meanwhile, the start that was read does not fit
            # the new process.
            created = pidfd.start_ticks(process.pid)
            run = _mark(process)
            mine = run and _namespaces(process.pid) == here
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, OSError):
            continue
        if run and mine and process.pid != os.getpid():
            found.setdefault(Path(run), []).append((process.pid, created))
    return found


def _mark(process: psutil.Process) -> str | None:
    """The run that started a process. While a program replaces a process, its environment is empty
    for a moment, and its arguments are: for as long as a busy machine does not let it go on.
    """
    for look in range(500):
        environment: dict[str, str] = process.environ()
        if environment or pidfd.is_kernel_thread(process.pid):
            break
        if look >= 10 and process.cmdline():
            break
        time.sleep(0.001)
    return environment.get(RUN_MARKER)


def end_leftovers() -> list[Path]:
    """End the processes of runs without an owner, and remove the credentials and data of those
    runs. Returns their folders.
    """
    ended = []
    for path, processes in marked_processes().items():
        folder = RunFolder(path)
        if is_owned(folder) or not any(pidfd.alive(*process) for process in processes):
            # The latter: its owner has ended and forgotten it since the processes were listed.
            continue
        pidfd.end(processes, grace=0)
        forget(folder)
        ended.append(path)
    return ended


def forget(folder: RunFolder) -> None:
    """Remove everything of a run except its logs and reports."""
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
    """Runs that have processes now, by name (which is by age)."""
    return [RunFolder(path) for path in sorted(marked_processes())]
