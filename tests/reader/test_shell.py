"""One bash for several blocks: variables go on, each failure counts, nothing outlives it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from kubestellar_conformance.reader.shell import Shell

LONG = 60.0
"""Seconds: far more than any of these blocks takes."""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with Shell({"PATH": os.environ["PATH"], "given": "value"}, tmp_path) as made:
        yield made


def test_variables_go_on_from_block_to_block(shell: Shell) -> None:
    assert shell.run('list=("a b" c)', seconds=LONG).status == 0
    ran = shell.run('for one in "${list[@]}"; do echo "<$one> $given"; done', seconds=LONG)
    assert (ran.status, ran.output) == (0, "<a b> value\n<c> value\n")


def test_a_here_document_with_a_substitution_is_read_as_it_stands(shell: Shell) -> None:
    block = """cat <<EOF
labels: {$(echo "a=b,c=d" | tr , $'\\n' | while IFS="=" read k v; do echo -n ", $k: $v"; done)}
EOF
"""
    assert shell.run(block, seconds=LONG).output == "labels: {, a: b, c: d}\n"


@pytest.mark.parametrize(
    ("block", "status"),
    [
        ("false\necho on", 1),
        ("for n in 1 2; do sh -c 'exit 3'; done; true", 3),
        ("if false; then echo; fi", 0),
        ("echo ( unfinished", 2),
        ("no-such-program", 127),
        ("true", 0),
    ],
)
def test_any_command_that_fails_shows(shell: Shell, block: str, status: int) -> None:
    assert shell.run(block, seconds=LONG).status == status
    assert shell.run("true", seconds=LONG).status == 0


def test_a_block_cannot_swallow_the_next_one(shell: Shell) -> None:
    assert shell.run("cat", seconds=LONG).status == 0
    assert shell.run("echo next", seconds=LONG).output == "next\n"


def test_both_streams_are_kept_in_order(shell: Shell) -> None:
    assert shell.run("echo one; echo two >&2; echo three", seconds=LONG).output == (
        "one\ntwo\nthree\n"
    )


def test_a_variable_that_is_not_set_ends_the_shell(shell: Shell) -> None:
    ran = shell.run("echo $never_set; echo on", seconds=LONG)
    assert ran.status not in (0, None)
    assert "never_set: unbound variable" in ran.output
    assert not shell.alive


def test_a_block_that_hangs_is_ended_with_its_children(shell: Shell, tmp_path: Path) -> None:
    assert shell.run("sleep 600 & echo $! >child", seconds=LONG).status == 0
    ran = shell.run("sleep 600", seconds=0.2)
    assert (ran.status, shell.alive) == (None, False)
    child = int((tmp_path / "child").read_text())
    wait_for(lambda: not _runs(child) or None)


@pytest.mark.parametrize("words", ["bye", "0"])
def test_a_block_that_ends_the_shell_with_words_of_its_own(shell: Shell, words: str) -> None:
    ran = shell.run(f"trap 'echo {words}' EXIT\nset -e\nsh -c 'exit 3'", seconds=LONG)
    assert (ran.status, shell.alive) == (3, False)


def test_a_shell_ends_with_a_harness_that_is_killed_in_the_middle_of_a_loop(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", LOOPING, str(tmp_path)])
    pid = wait_for(lambda: int((tmp_path / "pid").read_text()))
    child.kill()
    child.wait()
    wait_for(lambda: not _runs(pid) or None)


LOOPING = """
import os, sys
from pathlib import Path
from kubestellar_conformance.reader.shell import Shell
Shell({"PATH": os.environ["PATH"]}, Path(sys.argv[1])).run(
    "echo $$ >pid; while true; do sleep 0.1; done", seconds=600
)
"""
"""A harness whose block never ends."""


def wait_for(look: Callable[[], int | None]) -> int:
    """What ``look`` finds, which may take a while."""
    until = time.monotonic() + LONG
    while True:
        with contextlib.suppress(OSError, ValueError):
            if (found := look()) is not None:
                return found
        assert time.monotonic() < until
        time.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
