"""The run folder: where its files are, and that its folders are private."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestellar_conformance.platforms.common.layout import RunFolder


@pytest.fixture
def _no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_no_umask")
def test_a_run_s_folders_are_its_owner_s_alone(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "deep" / "run")
    folder.make()
    folder.make()
    for part in (folder.logs, folder.credentials, folder.data, folder.state, folder.temporary):
        assert stat.S_IMODE(part.stat().st_mode) == 0o700


def test_every_place_is_in_the_run_s_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert folder.kubeconfig == tmp_path / "kubeconfig"
    assert folder.space_kubeconfig("wds1") == tmp_path / "credentials" / "wds1.kubeconfig"
    assert folder.platform_file.parent == folder.state
