"""Whose kind clusters are: left up for the user, left by a killed run, or a living run's."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from kubestellar_conformance.cli import main
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.api import PlatformSettings
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.topology import Topology
from kubestellar_conformance.platforms.kind import kept, preflight
from kubestellar_conformance.platforms.kind.bringup import BringUp
from kubestellar_conformance.platforms.kind.clusters import Clusters
from kubestellar_conformance.platforms.kind.platform import KindPlatform

NAMES = ["kubeflex", "cluster1"]


@pytest.fixture(autouse=True)
def _user_s_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-s"))


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run's folder that says of a platform."""
    made = RunFolder(tmp_path / "run")
    made.state.mkdir(parents=True)
    made.platform_file.write_text(json.dumps({"facts": {}}))
    return made


def test_what_is_kept_is_found_again_only_whole(tmp_path: Path, folder: RunFolder) -> None:
    assert kept.find(NAMES) is None
    kept.remember(folder, NAMES)
    assert kept.find(list(reversed(NAMES))) == kept.find() == folder
    assert kept.find(["kubeflex"]) is None
    kept.forget(RunFolder(tmp_path / "another"))
    assert kept.find(NAMES) == folder
    folder.platform_file.unlink()
    assert kept.find(NAMES) is None, "what the folder knew is gone"
    kept.forget(folder)
    assert kept.find(NAMES) is None


def test_each_engine_has_its_own(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.remember(folder, NAMES)
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/another.sock")
    assert kept.find() is None


def killed_owner(folder: RunFolder) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        kept.claim(folder, NAMES, process.pid)
        assert kept.abandoned() is None, "its owner lives"
        process.kill()


def test_a_run_s_clusters_are_nobody_s_when_it_was_killed(folder: RunFolder) -> None:
    assert kept.abandoned() is None
    killed_owner(folder)
    assert kept.abandoned() == folder
    assert kept.find() is None
    kept.remember(folder, NAMES)
    assert kept.abandoned() is None


def refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: list[str]) -> str:
    """What a start says where these clusters are."""
    monkeypatch.setattr(preflight, "check", lambda: "20.10")
    monkeypatch.setattr(Clusters, "existing", staticmethod(lambda: there))
    settings = PlatformSettings(run_dir=tmp_path / "new", cache_dir=tmp_path)
    with pytest.raises(UserError) as caught:
        BringUp(settings, RunFolder(settings.run_dir), Topology()).run(
            lambda: pytest.fail("it was begun")
        )
    return str(caught.value)


def test_a_start_deletes_what_a_killed_run_left_and_nothing_else(
    tmp_path: Path,
    folder: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deleted: list[Path] = []

    def delete(state: Path) -> list[str]:
        deleted.append(state)
        return NAMES

    monkeypatch.setattr(Clusters, "delete", staticmethod(delete))
    killed_owner(folder)
    said = refusal(tmp_path, monkeypatch, ["cluster2", "somebody-s"])
    assert said == (
        "kind clusters cluster2 already exist and are not touched: "
        "delete them with 'kind delete clusters cluster2' if they are not needed"
    )
    assert deleted == [folder.state]
    assert (
        f"deleted kind clusters kubeflex, cluster1, left by the killed run {folder.root}"
        in capsys.readouterr().err
    )
    refusal(tmp_path, monkeypatch, ["cluster2"])
    assert deleted == [folder.state], "once"


def test_what_a_run_left_up_is_not_deleted_and_the_user_told_how_to(
    tmp_path: Path, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Clusters, "delete", staticmethod(lambda _state: pytest.fail("it was deleted"))
    )
    kept.remember(folder, NAMES)
    said = refusal(tmp_path, monkeypatch, ["cluster2", "cluster1", "kubeflex"])
    assert said.startswith(
        "kind clusters kubeflex, cluster1, cluster2 already exist and are not touched: "
    )
    assert said.endswith("use them with --ks-reuse, or delete them with 'make platform-stop'")
    kept.claim(folder, NAMES, os.getpid())
    assert "kind delete clusters" in refusal(tmp_path, monkeypatch, ["cluster1"])


def with_a_cache_of_its_own(tmp_path: Path, folder: RunFolder, owner: int) -> KindPlatform:
    options = {"owner": str(owner)}
    return KindPlatform(
        PlatformSettings(run_dir=folder.root, cache_dir=tmp_path / "elsewhere", options=options)
    )


def test_platform_stop_finds_what_a_run_with_another_cache_left_up(
    tmp_path: Path, folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    with_a_cache_of_its_own(tmp_path, folder, os.getpid()).keep()
    assert main(["platform-stop", str(folder.root)]) == 0
    assert f"stopped {folder.root}" in capsys.readouterr().out
    assert kept.find() is None


def test_a_start_deletes_what_a_killed_run_with_another_cache_left(
    tmp_path: Path,
    folder: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Clusters, "delete", staticmethod(lambda _state: NAMES))
    with subprocess.Popen(["sleep", "60"]) as process:
        with_a_cache_of_its_own(tmp_path, folder, process.pid)._claim()
        process.kill()
    refusal(tmp_path, monkeypatch, ["cluster2"])
    assert f"left by the killed run {folder.root}" in capsys.readouterr().err
