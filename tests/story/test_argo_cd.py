"""``argo_cd``: how the CLI is called, what its failures mean, and what lies in the Git repository.
The CLI is a script here; the scenario runs the real one.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from kubestellar_conformance.errors import Broken, Deviation
from kubestellar_conformance.platforms import ArgoAddress
from kubestellar_conformance.spaces import Workload
from kubestellar_conformance.story import ArgoCd, Shown

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}}
OTHER = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b", "namespace": "n"}}
STATUS = {
    "sync": {"status": "Synced"},
    "health": {"status": "Progressing"},
    "operationState": {"phase": "Failed", "message": "one object is refused"},
    "resources": [
        {"kind": "Deployment", "health": {"status": "Progressing"}},
        {"kind": "ConfigMap"},
    ],
}
TIMES_OUT = (
    'echo \'level=fatal msg="timed out (9s) waiting for app \\"web\\" match desired state"\' >&2; '
    "exit 20"
)
"""The end of a script that has waited in vain."""


def _argo_cd(folder: Path, script: str = "") -> ArgoCd:
    program = folder / "argocd"
    program.write_text(
        f'#!/bin/sh\nenv > {folder}/environment\necho "$@" >> {folder}/argv\n{script}\n'
    )
    program.chmod(0o755)
    address = ArgoAddress(program, folder / "settings", "https://127.0.0.1:7")
    return ArgoCd(address, folder / "home")


def _said(folder: Path) -> list[str]:
    """The command lines so far, without the option that all have."""
    option = f"--config={folder / 'settings'} app "
    lines = (folder / "argv").read_text().splitlines()
    assert all(line.startswith(option) for line in lines)
    return [line.removeprefix(option) for line in lines]


def _getting(status: object) -> str:
    """A script that answers `app get`, and fails at `app sync`."""
    answer = json.dumps({"status": status})
    return (
        f"case $3 in get) echo '{answer}';; sync) echo 'level=fatal msg=\"Operation has completed "
        "with phase: Failed\"' >&2; exit 20;; esac"
    )


def test_the_commands_are_those_of_the_page(tmp_path: Path) -> None:
    argo_cd = _argo_cd(tmp_path)
    argo_cd.create("web", namespace="n")
    argo_cd.sync("web")
    argo_cd.sync("web", prune=True)
    argo_cd.delete("web")
    assert _said(tmp_path) == [
        f"create web --repo=file://{tmp_path}/home/repository --path=web "
        "--dest-server=https://127.0.0.1:7 --dest-namespace=n",
        "sync web --timeout=30",
        "sync web --timeout=30 --prune",
        "delete web --cascade --yes --wait",
    ]


def test_the_cli_has_nothing_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOCD_SERVER", "of-the-user")
    _argo_cd(tmp_path).sync("web")
    lines = dict(line.split("=", 1) for line in (tmp_path / "environment").read_text().splitlines())
    assert "ARGOCD_SERVER" not in lines
    assert lines["ARGOCD_BINARY_NAME"] == "argocd"
    assert lines["HOME"] == str(tmp_path / "home")


def test_a_push_replaces_what_was_in_the_application_s_folder(tmp_path: Path) -> None:
    argo_cd, repository = _argo_cd(tmp_path), tmp_path / "home" / "repository"

    def committed() -> dict[str, object]:
        git = ("git", "-C", str(repository))
        listed = subprocess.check_output([*git, "ls-tree", "-r", "--name-only", "main"], text=True)
        return {
            name: yaml.safe_load(subprocess.check_output([*git, "show", f"main:{name}"]))
            for name in listed.split()
        }

    argo_cd.push("web", Workload("web", (CONFIG, OTHER)))
    assert committed() == {"web/0-configmap.yaml": CONFIG, "web/1-secret.yaml": OTHER}
    argo_cd.push("web", Workload("web", (OTHER,)))
    argo_cd.push("more", Workload("more", (CONFIG,)))
    assert committed() == {"more/0-configmap.yaml": CONFIG, "web/0-secret.yaml": OTHER}


def test_a_failed_sync_has_argo_cd_s_reason(tmp_path: Path) -> None:
    argo_cd = _argo_cd(tmp_path, _getting(STATUS))
    with pytest.raises(Deviation, match=r"^argocd app sync web fails: one object is refused$"):
        argo_cd.sync("web")


def test_a_failed_sync_without_a_reason_has_the_cli_s_words(tmp_path: Path) -> None:
    argo_cd = _argo_cd(tmp_path, _getting({}))
    with pytest.raises(Deviation, match=r"fails: Operation has completed with phase: Failed$"):
        argo_cd.sync("web")


def test_an_argo_cd_that_does_not_answer_is_the_harness_s(tmp_path: Path) -> None:
    said = 'level=fatal msg="rpc error: code = Unavailable desc = \\"refused\\""'
    argo_cd = _argo_cd(tmp_path, f"echo '{said}' >&2; exit 20")
    with pytest.raises(Broken, match="argocd app create web fails: rpc error: code = Unavailable"):
        argo_cd.create("web", namespace="n")


def test_a_sync_that_does_not_end_is_the_harness_s(tmp_path: Path) -> None:
    argo_cd = _argo_cd(tmp_path, TIMES_OUT)
    with pytest.raises(Broken, match=r"argocd app sync web fails: timed out \(9s\)"):
        argo_cd.sync("web")
    assert [line.partition("=")[0] for line in _said(tmp_path)][:2] == [
        "sync web --timeout",
        "wait web --operation --timeout",
    ]


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_sync_whose_end_the_cli_has_missed_is_over(tmp_path: Path, phase: str) -> None:
    """Its watch begins after a quick sync has ended, and waits in vain."""
    answer = json.dumps({"status": {"operationState": {"phase": phase, "message": "no space"}}})
    argo_cd = _argo_cd(
        tmp_path, f"case $3 in get) echo '{answer}';; sync) {TIMES_OUT};; wait) exit 0;; esac"
    )
    if phase == "Succeeded":
        argo_cd.sync("web")
        assert "wait web --operation --timeout=90" in _said(tmp_path)
    else:
        with pytest.raises(Deviation, match=r"^argocd app sync web fails: no space$"):
            argo_cd.sync("web")


def test_what_is_shown_of_an_application(tmp_path: Path) -> None:
    shown = _argo_cd(tmp_path, _getting(STATUS)).shown("web")
    assert shown == Shown("Synced", "Progressing", {"Deployment": "Progressing"})
    assert _said(tmp_path) == [
        "wait web --sync --timeout=60",
        "wait web --health --timeout=3",
        "get web --output=json --refresh",
    ], "Argo CD's cache can lag behind its own sync"


def test_applications_that_are_left_are_deleted(tmp_path: Path) -> None:
    argo_cd = _argo_cd(tmp_path, 'case "$3 $4" in "get gone") exit 20;; esac')
    for app in ("left", "gone", "deleted"):
        argo_cd.create(app, namespace="n")
    argo_cd.delete("deleted")
    argo_cd.clean()
    assert _said(tmp_path)[4:] == ["get left", "delete left --cascade --yes --wait", "get gone"]
