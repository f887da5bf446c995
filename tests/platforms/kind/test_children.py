"""Programs that a run on kind, or the making of images, has at work: none outlives the run, however
that ends.

Each program is a script that tells its pid and then never ends by itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kubestellar_conformance.components.process import end_children
from kubestellar_conformance.errors import Broken
from kubestellar_conformance.platforms.common import pidfd
from kubestellar_conformance.platforms.kind.kubectl import Kubectl
from tests.support.embedded import in_thread

PATIENCE = 20.0
DRIVER = """
import os, sys
from pathlib import Path
from kubestellar_conformance.images import Image, preload
from kubestellar_conformance.platforms.kind.clusters import Clusters
from kubestellar_conformance.platforms.kind.docker import docker
from kubestellar_conformance.platforms.kind.kubectl import Kubectl
from kubestellar_conformance.platforms.kind.stages import in_time
here = Path.cwd()
kubectl, clusters = Kubectl(here / "slow", "wds1", here / "config"), Clusters(here / "slow", here / "slow", here, here)
try:
    {what}
except KeyboardInterrupt:
    sys.stdin.read()  # it goes on, with its children ended
"""
WAIT = "in_time('stage', 100, lambda: kubectl.run('wait', seconds=100), list)"
WORK = {
    "kubectl": WAIT,
    "docker": "docker('load')",
    "kind load": "clusters.load('one', [])",
    "kind create": "clusters.create('one', 'node:1', '3', here / 'config', 'one')",
    "containerd": "preload.into(here / 'tree', [])",
}
Start = Callable[[str], "tuple[subprocess.Popen[str], tuple[int, int]]"]


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A program that tells its pid by a pipe."""
    os.mkfifo(tmp_path / "fifo")
    for name in ("slow", "docker", "containerd"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho $$ >{tmp_path}/fifo\nexec sleep 120\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path / "slow"


def told(slow: Path) -> tuple[int, int]:
    """Wait until the program runs; its pid and start."""
    pid = int(slow.with_name("fifo").read_text())
    return pid, pidfd.start_ticks(pid)


@pytest.fixture
def start(slow: Path) -> Iterator[Start]:
    """Start a process that has a program at work; it, and the program's identity."""
    runs: list[subprocess.Popen[str]] = []
    programs: list[tuple[int, int]] = []

    def begin(what: str) -> tuple[subprocess.Popen[str], tuple[int, int]]:
        env = {**os.environ, "PATH": f"{slow.parent}:{os.environ['PATH']}"}
        argv = [sys.executable, "-c", DRIVER.format(what=what)]
        runs.append(
            subprocess.Popen(argv, cwd=slow.parent, env=env, stdin=subprocess.PIPE, text=True)
        )
        programs.append(told(slow))
        return runs[-1], programs[-1]

    yield begin
    for run in runs:
        run.kill()
        run.communicate()
    pidfd.end(programs, grace=0)


@pytest.mark.parametrize("what", WORK)
def test_a_run_that_is_killed_leaves_no_program_at_work(start: Start, what: str) -> None:
    if what == "kind create":
        pytest.importorskip("pykube", reason="pytest-kind, an optional extra, is not installed")
    run, program = start(WORK[what])
    run.kill()
    assert pidfd.wait_ended([program], PATIENCE) == []


def test_an_interrupted_stage_ends_what_its_thread_waits_for(start: Start) -> None:
    run, program = start(WAIT)
    run.send_signal(signal.SIGINT)
    assert pidfd.wait_ended([program], PATIENCE) == []
    assert run.poll() is None, "it is ended by the run, not with it"


def test_what_other_threads_wait_for_can_be_ended(slow: Path) -> None:
    said: list[str] = []

    def wait() -> None:
        try:
            Kubectl(slow, "wds1", slow.parent / "config").run("wait", seconds=100)
        except Broken as problem:
            said.append(str(problem))

    thread = in_thread(wait)
    program = told(slow)
    end_children()
    assert pidfd.wait_ended([program], PATIENCE) == []
    thread.join(PATIENCE)
    assert said == ["kubectl wait at wds1: "]
