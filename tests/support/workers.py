"""Workers of pytest-xdist that need not import the library again.

pytest-xdist starts each worker as a new Python. Here they are forked before the controller becomes
a pytest, so they are as empty as a new Python but have the library imported. Each then waits for
what a new one reads first from its standard input.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from execnet import gateway_io
from execnet.gateway_base import Popen2IO

_waiting: list[Forked] = []


class Forked:
    """A forked process in place of a `subprocess.Popen`."""

    def __init__(self, pid: int, stdin: io.BufferedWriter, stdout: io.BufferedReader) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self._status: int | None = None

    def wait(self) -> int:
        if self._status is None:
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._status

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Close this process's ends of its pipes."""
        self.stdin.close()
        self.stdout.close()


class _Io(gateway_io.Popen2IOMaster):
    """The connection to a worker: to one that waits, as long as there is one."""

    def __init__(self, args: Any, execmodel: Any) -> None:
        if not _waiting:  # each replacement of a worker that crashed
            super().__init__(args, execmodel)
            return
        forked = _waiting.pop(0)
        now = {"environment": dict(os.environ), "folder": str(Path.cwd())}
        forked.stdin.write(json.dumps(now).encode() + b"\n")
        forked.stdin.flush()
        self.popen = forked
        Popen2IO.__init__(self, forked.stdin, forked.stdout, execmodel=execmodel)


def wanted(arguments: Sequence[str]) -> int:
    """The number of workers that these arguments of pytest ask for."""
    found = re.search(r"(?:^| )-n[ =]?(\d+)(?: |$)", " ".join(arguments))
    return int(found[1]) if found else 0


def fork(count: int) -> None:
    """Fork so many workers, which this process will use before it starts others."""
    for _ in range(count):
        (reads, stdin), (stdout, writes) = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            for other in _waiting:
                other.close()
            os.close(stdin)
            os.close(stdout)
            _be_worker(reads, writes)
        os.close(reads)
        os.close(writes)
        _waiting.append(Forked(pid, os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb")))
    gateway_io.Popen2IOMaster = _Io  # type: ignore[misc]


def _be_worker(reads: int, writes: int) -> None:
    """Become a worker as ``python -u -c`` with execnet's first line would be one, and exit."""
    os.dup2(reads, 0)
    os.dup2(writes, 1)
    os.close(reads)
    os.close(writes)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    order = sys.stdin.readline()
    if not order:  # the controller needed fewer workers, or exited before it needed them
        os._exit(0)
    now = json.loads(order)
    os.environ.clear()
    os.environ.update(now["environment"])
    os.chdir(now["folder"])
    sys.argv = ["-c"]
    exec(eval(sys.stdin.readline()), {"__name__": "__main__"})
    sys.exit()
