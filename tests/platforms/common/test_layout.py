"""The run folder: private files, each written whole or not at all."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestellar_conformance.platforms.common.layout import RunFolder, write_json, write_private
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


@pytest.mark.usefixtures("_no_umask")
def test_a_run_s_folders_are_its_owner_s_alone(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "deep" / "run")
    folder.make()
    folder.make()
    for part in (folder.logs, folder.credentials, folder.data, folder.state, folder.temporary):
        assert mode(part) == 0o700


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


def test_a_write_that_fails_leaves_the_old(tmp_path: Path) -> None:
    file = write_json(tmp_path / "state.json", {"pid": 1})
    with no_file_over(100), pytest.raises(OSError, match="File too large"):
        write_json(file, {"pid": "2" * 1000})
    assert json.loads(file.read_text()) == {"pid": 1}
    assert list(tmp_path.iterdir()) == [file]


def test_every_place_is_in_the_run_s_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert folder.kubeconfig == tmp_path / "kubeconfig"
    assert folder.space_kubeconfig("wds1") == tmp_path / "credentials" / "wds1.kubeconfig"
    assert folder.platform_file.parent == folder.state
