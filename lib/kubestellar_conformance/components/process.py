"""Runs programs (Go, pip, kind, kubectl, ...) so that no interruption leaves them behind.

The child gets a process group of its own, which Ctrl-C here ends at once. If this process is killed
outright, the kernel ends the child (``PR_SET_PDEATHSIG``). A tiny launcher sets that option, not
``preexec_fn``, which is unsafe in a process with threads. The kernel does so already when the
thread that started it ends, so that thread waits until the child has exited.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = (
    "import ctypes,os,signal,sys;"
    # A background job of a shell ignores SIGINT, and its children would inherit that.
    "signal.signal(2,signal.SIG_DFL);"
    "ctypes.CDLL(None).prctl(1,int(sys.argv[2]));"  # PR_SET_PDEATHSIG
    "os.getppid()==int(sys.argv[1]) or sys.exit(130);"
    "os.execv(sys.argv[3],sys.argv[3:])"
)
_PATIENCE = 3.0  # seconds that go gets to clean up after SIGINT


@dataclass(frozen=True)
class Finished:
    """The result of a command: its exit status and its output."""

    status: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams, to read the cause of a failure."""
        return f"{self.stdout}\n{self.stderr}".strip()


_at_work: set[subprocess.Popen[str]] = set()
"""The commands that `run` waits for now, in all threads."""


def launcher(end: signal.Signals = signal.SIGINT) -> list[str]:
    """The prefix of a command (an absolute path first) that must not outlive this process, nor this
    thread. ``end`` is the signal that it gets then: on SIGINT go removes its temporary files.
    """
    return [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), str(int(end))]


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    given: str | None = None,
    seconds: float | None = None,
) -> Finished:
    """Run a command (an absolute path first) to its end, with ``given`` as its input.

    An exception that ends the wait early first ends the command's whole process group; so does
    `subprocess.TimeoutExpired` after ``seconds``.
    """
    with subprocess.Popen(
        [*launcher(), *map(str, argv)],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        process_group=0,
    ) as child:
        _at_work.add(child)
        try:
            stdout, stderr = child.communicate(given, timeout=seconds)
        except BaseException:
            _end_group(child)
            raise
        finally:
            _at_work.discard(child)
    return Finished(child.returncode, stdout, stderr)


def end_children() -> None:
    """End all commands that other threads of this process wait for."""
    for child in list(_at_work):
        _end_group(child)


def _end_group(child: subprocess.Popen[str]) -> None:
    for signum in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_PATIENCE)
