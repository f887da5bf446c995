"""Runs of pytest that need not import the library again.

A run of a small suite spends most of its time on imports. A server imports once and then forks:
each run is a process of its own, with its own folder, environment and output.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from tests.support import workers

_PRELOADED = ("pytest", "kubernetes", "kubestellar_conformance")


class Warm:
    """The client of a server, which exits with the process that started it."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        atexit.register(self.close)

    def run(self, arguments: list[str], folder: Path, seconds: float) -> tuple[int, str]:
        """Run pytest in ``folder`` with the environment of now: its exit status, and its output and
        then its errors. Raises `TimeoutError` when it takes longer than ``seconds``.
        """
        output, errors = folder / "stdout", folder / "stderr"
        order = {
            "arguments": arguments,
            "folder": str(folder),
            "environment": dict(os.environ),
            "output": str(output),
            "errors": str(errors),
            "seconds": seconds,
        }
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        answer = self._server.stdout.readline()
        assert answer, f"the server exited with {self._server.wait()}"
        said = output.read_text(encoding="utf-8") + "\n" + errors.read_text(encoding="utf-8")
        status: int | None = json.loads(answer)
        if status is None:
            raise TimeoutError(f"pytest took more than {seconds:g} s; its output:\n{said}")
        return status, said

    def close(self) -> None:
        """End the server."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()


@functools.cache
def warm() -> Warm:
    """The server of this process."""
    return Warm()


def _import_all() -> None:
    for name in _PRELOADED:
        importlib.import_module(name)
    library = sys.modules["kubestellar_conformance"]
    for module in pkgutil.walk_packages(library.__path__, f"{library.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    # pytest warns of plugins that were imported before it could rewrite their assertions.
    library.__doc__ = f"{library.__doc__}\nPYTEST_DONT_REWRITE"


def _serve() -> None:
    with warnings.catch_warnings():  # whatever the imports change in the filters
        _import_all()
    gc.freeze()  # no collection of a child walks, and so copies, what it shares with this process
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            answers.close()
            _be_pytest(order)
        answers.write(json.dumps(_wait(child, order["seconds"])) + "\n")
        answers.flush()


def _wait(child: int, seconds: float) -> int | None:
    """The exit status; None after ``seconds``, when it was ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return None


def _be_pytest(order: dict[str, Any]) -> None:
    """Become a pytest as a new process would be one, and exit."""
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    time.tzset()
    tempfile.tempdir = None
    files = (os.devnull, order["output"], order["errors"])
    for number, name in enumerate(files):
        file = os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    sys.stdin = os.fdopen(0, closefd=False)
    workers.fork(workers.wanted(order["arguments"]))
    sys.argv = ["pytest", *order["arguments"]]
    sys.path.insert(0, order["folder"])
    sys.exit(importlib.import_module("pytest").main())


if __name__ == "__main__":
    _serve()
