"""Files that several processes share: private where they have to be, whole or not at all, locked."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kubestellar_conformance.files import (
    claimed,
    locked,
    write_json,
    write_private,
    write_private_json,
)
from tests.support.embedded import in_thread, no_file_over


@pytest.fixture
def _no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("_no_umask")
def test_a_private_file_is_its_owner_s_alone_whatever_the_umask(tmp_path: Path) -> None:
    file = write_private(tmp_path / "credentials" / "admin.key", "secret")
    assert (file.read_text(), mode(file), mode(file.parent)) == ("secret", 0o600, 0o700)
    file.chmod(0o644)
    assert mode(write_private(file, b"\x00\xff")) == 0o600
    assert file.read_bytes() == b"\x00\xff"
    assert mode(write_private_json(tmp_path / "state.json", {})) == 0o600


@pytest.mark.usefixtures("_no_umask")
def test_any_other_file_is_for_whoever_may_read_the_folder(tmp_path: Path) -> None:
    file = write_json(tmp_path / "report" / "run.json", {"a": "ä"})
    assert (file.read_text(), mode(file)) == ('{\n  "a": "ä"\n}\n', 0o666)


def test_a_reader_sees_the_old_or_the_new_and_never_a_half(tmp_path: Path) -> None:
    file, done, seen = tmp_path / "state.json", threading.Event(), set[str]()
    texts = ["a" * 300_000, "b" * 300_000]
    write_private(file, texts[0])

    def read() -> None:
        while not done.is_set():
            seen.add(file.read_text())

    reader = in_thread(read)
    for number in range(50):
        write_private(file, texts[number % 2])
    done.set()
    reader.join(5)
    assert seen
    assert seen <= set(texts)


@pytest.mark.parametrize("write", [write_json, write_private_json])
def test_a_write_that_fails_leaves_the_old(
    tmp_path: Path, write: Callable[[Path, Any], Path]
) -> None:
    file = tmp_path / "state.json"
    write(file, {"pid": 1})
    with no_file_over(100), pytest.raises(OSError, match="File too large"):
        write(file, {"pid": "2" * 1000})
    with pytest.raises(TypeError):
        write(file, {"pid": object()})
    assert json.loads(file.read_text()) == {"pid": 1}
    assert list(tmp_path.iterdir()) == [file]


@contextmanager
def held(file: Path, *, shared: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """The lock of a file, held by another process while it lives."""
    code = (
        "import sys; from pathlib import Path; from kubestellar_conformance.files import locked\n"
        f"with locked(Path(sys.argv[1]), shared={shared}):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def test_a_lock_is_one_process_s_until_that_is_killed(tmp_path: Path) -> None:
    file, waited, got = tmp_path / "clusters.json", threading.Event(), threading.Event()

    def get() -> None:
        with locked(file, waiting=waited.set):
            got.set()

    with held(file) as holder:
        assert claimed(file) is None
        thread = in_thread(get)
        assert waited.wait(10)
        assert not got.is_set()
        holder.kill()
        assert got.wait(10)
        thread.join(10)
    assert not file.exists()


def test_a_shared_lock_is_everybody_s_who_wants_it_shared(tmp_path: Path) -> None:
    file = tmp_path / "turns"
    with held(file, shared=True), locked(file, shared=True, waiting=lambda: pytest.fail("waits")):
        assert claimed(file) is None


def test_a_claimed_lock_lasts_until_it_is_closed(tmp_path: Path) -> None:
    lock = claimed(tmp_path / "run")
    assert lock is not None
    assert claimed(tmp_path / "run") is None
    lock.close()
    with locked(tmp_path / "run", waiting=lambda: pytest.fail("waits")):
        pass
