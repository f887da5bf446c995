"""Running Go and pip so that no interruption leaves them behind.

The child gets a process group of its own, which Ctrl-C here ends at once; and should this process be killed outright,
the kernel interrupts the child (``PR_SET_PDEATHSIG``). That is set by a tiny launcher and not by ``preexec_fn``, which
is unsafe in a process with threads.
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
    "signal.signal(2,signal.SIG_DFL);"  # a background job of a shell ignores SIGINT, and would hand that on
    "ctypes.CDLL(None).prctl(1,2);"  # PR_SET_PDEATHSIG, SIGINT: on which go removes its temporary files
    "os.getppid()==int(sys.argv[1]) or sys.exit(130);"
    "os.execv(sys.argv[2],sys.argv[2:])"
)
_PATIENCE = 3.0  # seconds that go gets to clean up after SIGINT


@dataclass(frozen=True)
class Finished:
    """How a command ended: exit status, and what it printed."""

    status: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams, for reading what went wrong."""
        return f"{self.stdout}\n{self.stderr}".strip()


def run(argv: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path) -> Finished:
    """Run a command (an absolute path first) to its end. Whatever ends the wait early ends its whole group first."""
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid())]
    with subprocess.Popen(
        [*launcher, *map(str, argv)],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        process_group=0,
    ) as child:
        try:
            stdout, stderr = child.communicate()
        except BaseException:
            _end_group(child)
            raise
    return Finished(child.returncode, stdout, stderr)


def _end_group(child: subprocess.Popen[str]) -> None:
    for signum in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_PATIENCE)
