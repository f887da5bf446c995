"""A machine that cannot carry a platform is one line that says what is missing, before anything
starts.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.common import machine, runs
from tests.support import refuse
from tests.support.child import environment

SANDBOX = (
    "this machine refuses {call} ({why}), with which components are watched and ended: "
    "use Linux 5.3 or later, and a sandbox that allows pidfd_open and pidfd_send_signal"
)
NAMESPACES = pytest.mark.skipif(
    subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0,
    reason="makes a mount namespace, which needs root",
)


def _mounted(script: str) -> list[str]:
    return ["unshare", "-m", "bash", "-ec", f'{script}; exec "$@"', "bash"]


def _platform(under: Sequence[str], folder: Path, *options: str) -> str:
    """The one line of ``ks-conformance platform`` under that command, which starts nothing."""
    folder.mkdir(exist_ok=True)
    command = [*under, sys.executable, "-m", "kubestellar_conformance", "platform", *options]
    done = subprocess.run(
        command, cwd=folder, env=environment(), text=True, capture_output=True, timeout=240
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert [run for run in runs.marked_processes() if folder in run.parents] == []
    assert list(folder.glob("run/*/logs/*")) == []
    [line] = [line for line in done.stderr.splitlines() if line.startswith("ks-conformance:")]
    assert "Traceback" not in done.stderr
    return line.removeprefix("ks-conformance: ")


def _demanded(*under: str) -> str:
    """What `machine.demand_processes` says under that command."""
    text = (
        "from kubestellar_conformance.errors import UserError\n"
        "from kubestellar_conformance.platforms.common import machine\n"
        "try:\n    machine.demand_processes()\nexcept UserError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [*under, sys.executable, "-c", text], env=environment(), text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    return line


@pytest.mark.parametrize(
    ("error", "calls", "why"),
    [
        ("EPERM", ["pidfd_open", "pidfd_send_signal"], "Operation not permitted"),
        ("ENOSYS", ["pidfd_open"], "Function not implemented"),
        ("EPERM", ["pidfd_send_signal"], "Operation not permitted"),
    ],
)
def test_a_sandbox_in_which_processes_cannot_be_ended(
    error: str, calls: list[str], why: str
) -> None:
    line = _demanded(*refuse.under(error, *calls))
    assert line.startswith(SANDBOX.format(call=calls[0], why=why))


def test_nothing_starts_in_such_a_sandbox(tmp_path: Path) -> None:
    line = _platform(refuse.under("EPERM", "pidfd_open", "pidfd_send_signal"), tmp_path)
    assert line.startswith("this machine refuses pidfd_open (Operation not permitted)")


def test_a_run_folder_without_locks(tmp_path: Path) -> None:
    line = _platform(refuse.under("ENOLCK", "flock"), tmp_path)
    assert re.match(rf"{tmp_path}/run/\S+ is on a file system without locks \(", line)
    assert "choose a local folder (--ks-run-dir for a run's folder" in line


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (
            "n 256",
            "256 open files per process (ulimit -Hn) is too low for the components: raise it",
        ),
        ("v 9000000", "9000000 KiB of address space (ulimit -Hv) is too low"),
        ("f 60000", "60000 KiB per file (ulimit -Hf) is too low"),
    ],
)
def test_a_resource_limit_that_is_too_low(limit: str, said: str) -> None:
    assert said in _demanded("bash", "-c", f'ulimit -{limit} && exec "$@"', "bash")


@NAMESPACES
def test_a_machine_without_loopback() -> None:
    line = _demanded("unshare", "-n")
    assert line.startswith("127.0.0.1 cannot be reached (Network is unreachable), but all ")
    assert "ip link set lo up" in line


@NAMESPACES
def test_a_cache_on_a_file_system_that_runs_no_programs(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    mount = f"mount -t tmpfs -o noexec none {cache}"
    line = _platform(_mounted(mount), tmp_path / "here", f"--ks-cache-dir={cache}/new")
    assert line.startswith(
        f"the cache folder {cache}/new is on a file system that is mounted noexec"
    )
    assert "--ks-cache-dir" in line


@NAMESPACES
def test_a_run_folder_without_room_for_etcd(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    (folder / "run").mkdir(parents=True)
    line = _platform(_mounted(f"mount -t tmpfs -o size=60m none {folder}/run"), folder)
    assert re.match(
        rf"the run folder {folder}/run/\S+ has (59|60) MiB free, and a platform takes 160 MiB", line
    )


def test_this_machine_will_do(tmp_path: Path) -> None:
    machine.demand_processes()
    machine.demand_locks(tmp_path)
    machine.demand_room(tmp_path, 1)
    machine.demand_executable(tmp_path / "not" / "there")
    assert os.listdir(tmp_path) == []


def test_room_is_counted_where_the_folder_is(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has \d+ MiB free, and a platform takes \d+ MiB"):
        machine.demand_room(tmp_path, 2**60)
