"""Running programs (Go, pip, kind, kubectl, ...) so that no interruption leaves them behind.

The child gets a process group of its own, which Ctrl-C here ends at once; and should this process
be killed outright, the kernel interrupts the child (``PR_SET_PDEATHSIG``). That is set by a tiny
launcher and not by ``preexec_fn``, which is unsafe in a process with threads. The kernel does so
already when the thread ends that started the child: whoever starts one stays until it has ended.
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
    # PR_SET_PDEATHSIG, SIGINT: on which go removes its temporary files.
    "ctypes.CDLL(None).prctl(1,2);"
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


_at_work: set[subprocess.Popen[str]] = set()
"""What `run` waits for now, in whichever thread."""


def launcher() -> list[str]:
    """What goes before a command (an absolute path first) that this process, and this thread, is to
    outlive.
    """
    return [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid())]


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    given: str | None = None,
    seconds: float | None = None,
) -> Finished:
    """Run a command (an absolute path first) to its end, with ``given`` as its input.

    Whatever ends the wait early ends its whole group first; so does `subprocess.TimeoutExpired`
    after ``seconds``.
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
