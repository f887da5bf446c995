"""One bash for a whole scenario, as a reader has it: variables go on from block to block."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from kubestellar_conformance.components.process import launcher
from kubestellar_conformance.errors import NotSupported

_LONGEST: Final = 20_000
"""Bytes of an output that are kept, its end."""
_REPORT: Final = "__ks_failed=0; trap '__ks_failed=$?' ERR; . {block} </dev/null >{output} 2>&1; "
"""A block's status is that of the last of its commands that failed: a reader sees each of them."""
_ANSWER: Final = re.compile(rb"^__ks_failed=(\d+)\n\Z", re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """How a block ran. ``status``: 0, or the exit status of its last command that failed; None if
    it was ended for its time. ``output``: both streams, as on a terminal.
    """

    status: int | None
    output: str
    seconds: float


def bash() -> list[str]:
    """The command of a bash that reads no profile. `NotSupported` if this machine has none."""
    found = shutil.which("bash")
    if found is None:
        raise NotSupported("bash is not on PATH: install it to run the page's blocks")
    return [found, "--noprofile", "--norc"]


class Shell:
    """A bash that reads no profile. ``environment`` is the whole of its environment; ``folder`` is
    its working folder, in which it keeps the blocks and their outputs.

    Blocks run with ``set -u``: a variable that the page uses and never sets is an error, where a
    reader's shell would quietly go on with an empty word.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self._ended = False
        self._bash = subprocess.Popen(
            # Between two commands of a loop bash does not end by SIGINT.
            [*launcher(signal.SIGKILL), *bash(), "-u"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=dict(environment),
            process_group=0,
            bufsize=0,
        )

    def __enter__(self) -> Shell:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    @property
    def alive(self) -> bool:
        """Whether further blocks can run."""
        return self._bash.poll() is None

    def run(self, text: str, *, seconds: float) -> Ran:
        """Run a block and wait for its end. After ``seconds`` the shell and its children are
        killed.
        """
        self._number += 1
        block = self._folder / f"block-{self._number}.sh"
        output = self._folder / f"block-{self._number}.out"
        block.write_text(text, encoding="utf-8")
        line = _REPORT.format(block=shlex.quote(str(block)), output=shlex.quote(str(output)))
        begun = time.monotonic()
        status = self._ask(f'{line} trap - ERR; echo "__ks_failed=$__ks_failed"\n', begun + seconds)
        return Ran(status, _end_of(output), time.monotonic() - begun)

    def end(self) -> None:
        """Kill the shell and its children."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.wait()
        for stream in (self._bash.stdin, self._bash.stdout):
            if stream is not None:
                stream.close()

    def _ask(self, line: str, until: float) -> int | None:
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._bash.stdin.write(line.encode())
        answer = b""
        while (found := _ANSWER.search(answer)) is None:
            left = max(0.0, until - time.monotonic())
            if not select.select([self._bash.stdout], [], [], left)[0]:
                self.end()
                return None
            more = os.read(self._bash.stdout.fileno(), 4096)
            if not more:  # the block ended the shell: `exit`, or a variable that is not set
                return self._bash.wait() or 1
            answer += more
        return int(found[1])


def _end_of(output: Path) -> str:
    try:
        with output.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _LONGEST))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
