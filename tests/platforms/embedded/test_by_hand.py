"""Commands on the parts of a kept platform, as a user calls them."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestellar_conformance import cli
from kubestellar_conformance.files import write_private_json
from kubestellar_conformance.platforms.common import runs
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.embedded import by_hand
from kubestellar_conformance.platforms.embedded.process import Process
from kubestellar_conformance.platforms.embedded.spec import ProcessSpec, Ready
from tests.support.embedded import IDLE, a_run, started

MANAGER = "kubestellar-controller-manager"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    """A platform of two parts that was left up."""
    with a_run(tmp_path / "kept") as made:
        program = tmp_path / "old" / MANAGER
        _program(program, "echo ready; exec sleep 120")
        spec = ProcessSpec(f"wds1/{MANAGER}", (str(program), "--v=2"), ready=Ready(log=("^ready",)))
        Process(made, spec).start()
        started(made, IDLE, "wds1/kube-apiserver")
        started(made, IDLE, "cluster1/kube-apiserver")
        names = [f"wds1/{MANAGER}", "wds1/kube-apiserver", "cluster1/kube-apiserver"]
        facts = {"components": [{"name": MANAGER, "version": "v0.30.0"}, {"name": "etcd"}]}
        write_private_json(made.platform_file, {"facts": facts, "processes": names})
        runs.own(made, os.getpid(), kept=True)
        yield made


def _program(path: Path, script: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _says(capsys: pytest.CaptureFixture[str], folder: RunFolder, *args: str) -> list[str]:
    assert cli.main([*args, "--run", str(folder.root)]) == 0
    return capsys.readouterr().out.splitlines()


def _refuses(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert cli.main(args) == 4
    lines = capsys.readouterr().err.splitlines()
    [line] = [line for line in lines if line.startswith("ks-conformance: ")]
    return line


def test_parts_are_stopped_started_and_paused_by_their_documented_names(
    folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    part = Process.named(folder, f"wds1/{MANAGER}")

    def state() -> str:
        return part.state

    assert _says(capsys, folder, "stop", f"wds1-system/{MANAGER}") == [f"wds1/{MANAGER} is stopped"]
    assert state() == "stopped"
    assert f"wds1/{MANAGER:39} stopped" in _says(capsys, folder, "parts")
    assert _says(capsys, folder, "start", MANAGER) == [f"wds1/{MANAGER} is ready"]
    assert state() == "running"
    _says(capsys, folder, "pause", MANAGER)
    assert state() == "paused"
    _says(capsys, folder, "resume", MANAGER)
    assert state() == "running"
    assert _says(capsys, folder, "logs", MANAGER, "-n", "1") == [f"# {part.log}", "ready"]


def test_a_restart_takes_flags(folder: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert _says(capsys, folder, "restart", MANAGER, "v=5")[0].endswith("is ready, with v=5")
    assert list(Process.named(folder, f"wds1/{MANAGER}").arguments) == ["--v=5"]
    _says(capsys, folder, "restart", MANAGER)
    assert list(Process.named(folder, f"wds1/{MANAGER}").arguments) == ["--v=2"]
    assert "write a flag as NAME=VALUE" in _refuses(
        capsys, "restart", MANAGER, "v5", "--run", str(folder.root)
    )


def test_a_component_is_replaced_in_place(
    folder: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new"
    _program(new, "echo ready; echo 'the new one'; exec sleep 120")
    cache = ("--ks-cache-dir", str(tmp_path / "cache"))
    told = _says(capsys, folder, "replace", f"{MANAGER}={new}", *cache)
    assert told[-1].startswith(f"wds1/{MANAGER} is ready, ")
    part = Process.named(folder, f"wds1/{MANAGER}")
    assert part.state == "running"
    assert part.log_tail(1) == ["the new one"]
    facts = json.loads(folder.platform_file.read_text())["facts"]
    assert facts["overrides"] == [f"{MANAGER}={new}"]
    assert [one.get("source") for one in facts["components"]] == ["binary", None]
    assert (
        "runs this build already"
        in _says(capsys, folder, "replace", f"{MANAGER}={new}", *cache)[-1]
    )

    _program(new, "echo 'unknown flag'; exit 3")
    line = _refuses(capsys, "replace", f"{MANAGER}={new}", *cache, "--run", str(folder.root))
    assert "exited with status 3" in line
    assert line.endswith(f"; check {MANAGER}={new}, and replace it again")


def test_what_cannot_be_is_one_line(folder: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    run = ("--run", str(folder.root))
    assert "several parts are called 'kube-apiserver'" in _refuses(
        capsys, "stop", "kube-apiserver", *run
    )
    assert "no embedded platform called nobody was left up" in _refuses(
        capsys, "parts", "--run", "nobody"
    )
    assert "no part of the platform runs etcd: use one of" in _refuses(
        capsys, "replace", "etcd=v3.6.5", *run
    )


def test_the_shell_s_platform_is_meant(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(folder.kubeconfig))
    assert by_hand.kept() == folder
