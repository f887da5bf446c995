"""A run folder that holds a platform which was left up: every platform refuses it, and a refused
run spares it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kubestellar_conformance.cli import main
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms import Platform, PlatformSettings, create
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.kind import kept, preflight
from kubestellar_conformance.platforms.kind.clusters import Clusters
from kubestellar_conformance.platforms.kind.platform import KindPlatform
from tests.support.embedded import IDLE, a_run, child, ended_process, started
from tests.support.existing import installation

CLUSTERS = ["kubeflex", "cluster1", "cluster2"]
OPTIONS: dict[str, dict[str, str]] = {
    "kind": {},
    "kind, reused": {"reuse": "1"},
    "embedded": {},
    "existing": {"run": "second"},
}


@pytest.fixture
def left_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """The folder of an earlier run (this process's) with --ks-keep on kind, whose kind writes down
    how it is called.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-s"))
    monkeypatch.setattr(
        "kubestellar_conformance.platforms.embedded.platform.get_components", lambda _settings: None
    )
    folder = RunFolder(tmp_path / "run" / "x")
    folder.make()
    folder.space_kubeconfig("wds1").write_text("{}")
    write_private_json(folder.platform_file, {"facts": {"platform": "kind", "overrides": []}})
    kind = tmp_path / "kind"
    kind.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\n')
    kind.chmod(0o755)
    write_private_json(
        folder.state / "clusters.json", {"names": CLUSTERS, "network": False, "kind": str(kind)}
    )
    KindPlatform(PlatformSettings(run_dir=folder.root)).keep()
    return folder


def second(platform: str, run_dir: Path, owner: int) -> Platform:
    """The platform of a later run, which another process owns."""
    options = {
        "owner": str(owner),
        "installation": installation(run_dir / "none").to_json(),
        **OPTIONS[platform],
    }
    return create(platform.partition(",")[0], PlatformSettings(run_dir=run_dir, options=options))


@pytest.mark.parametrize("name", OPTIONS)
def test_a_run_that_is_given_the_folder_of_a_kept_platform_is_refused_and_spares_it(
    left_up: RunFolder, tmp_path: Path, name: str
) -> None:
    with child("sh", "-c", IDLE) as (_, (owner, _)):
        platform = second(name, left_up.root, owner)
        with pytest.raises(UserError) as refused:
            platform.up()
        platform.down()
        assert str(refused.value) == (
            f"the run folder {left_up.root} holds a platform that was left up: stop it with "
            "'make platform-stop RUN=x', or choose another folder with --ks-run-dir"
        )
    assert not (tmp_path / "calls").exists(), "its clusters stay"
    assert left_up.space_kubeconfig("wds1").exists()
    assert kept.find(CLUSTERS) == left_up


def test_platform_stop_deletes_it(left_up: RunFolder, tmp_path: Path) -> None:
    assert main(["platform-stop", "x"]) == 0
    asked = (tmp_path / "calls").read_text().splitlines()
    assert [line.split("--name ")[1].split()[0] for line in asked] == CLUSTERS
    assert not left_up.credentials.exists()
    assert kept.find() is None


def test_a_kind_run_spares_a_kept_platform_of_processes(tmp_path: Path) -> None:
    with a_run(tmp_path / "run") as folder, child("sh", "-c", IDLE) as (_, (owner, _)):
        part = started(folder)
        runs.own(folder, os.getpid(), kept=True)
        platform = second("kind", folder.root, owner)
        with pytest.raises(UserError, match="holds a platform that was left up"):
            platform.up()
        platform.down()
        assert part.state == "running"
        assert folder.credentials.is_dir()


def test_a_start_that_came_to_nothing_ends_no_more_than_it_began(
    left_up: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that lacks something is found out before the folder is the run's own."""
    monkeypatch.setattr(
        preflight, "check", lambda: (_ for _ in ()).throw(UserError("Docker does not run"))
    )
    runs.own(left_up, ended_process()[0])  # as if it had not been kept but killed
    platform = second("kind", left_up.root, os.getpid())
    with pytest.raises(UserError, match="Docker does not run"):
        platform.up()
    platform.down()
    assert not (tmp_path / "calls").exists()
    assert Clusters.made(left_up.state), "the next start deletes them"


def test_a_folder_that_another_run_has_taken_since_keeps_that_run_s_credentials(
    left_up: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that made the clusters was killed, and the folder holds something else by now."""
    monkeypatch.setattr(preflight, "check", lambda: "20.10")
    monkeypatch.setattr(Clusters, "existing", staticmethod(lambda: ["cluster2"]))
    kept.claim(left_up, CLUSTERS, ended_process()[0])
    with pytest.raises(UserError, match="kind clusters cluster2 already exist"):
        second("kind", tmp_path / "run" / "y", os.getpid()).up()
    assert len((tmp_path / "calls").read_text().splitlines()) == len(CLUSTERS)
    assert left_up.space_kubeconfig("wds1").exists()


def test_what_is_said_of_it_can_be_typed_whatever_the_folder_is_called(tmp_path: Path) -> None:
    said = KindPlatform(PlatformSettings(run_dir=tmp_path / "my run")).usage()
    assert f"source '{tmp_path}/my run/env.sh'" in said
    assert "make platform-stop RUN='my run'" in said
