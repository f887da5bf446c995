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
from kubestellar_conformance.waiting.contracts import contracts

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}}
OTHER = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b", "namespace": "n"}}
STATUS = {
    "sync": {"status": "Synced"},
    "health": {"status": "Progressing"},
    "resources": [
        {"kind": "Deployment", "health": {"status": "Progressing"}},
        {"kind": "ConfigMap"},
    ],
}


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
    """A script that answers `app get`."""
    return f"case $3 in get) echo '{json.dumps({'status': status})}';; esac"


def _operating(folder: Path, *states: object) -> str:
    """A script that answers one `app get` after the other with these states of the last operation,
    and all further ones with the last state.
    """
    for number, state in enumerate(states, 1):
        (folder / f"{number}.json").write_text(json.dumps({"status": {"operationState": state}}))
    nth = f"n=$(grep -c ' app get ' {folder}/argv)"
    return f"{nth}; case $3 in get) cat {folder}/$((n < {len(states)} ? n : {len(states)})).json;; esac"


def test_the_commands_are_those_of_the_page(tmp_path: Path) -> None:
    first, second = ({"phase": "Succeeded", "startedAt": at} for at in "12")
    argo_cd = _argo_cd(tmp_path, _operating(tmp_path, {}, first, first, second))
    argo_cd.create("web", namespace="n")
    argo_cd.sync("web")
    argo_cd.sync("web", prune=True)
    argo_cd.delete("web")
    assert [line for line in _said(tmp_path) if not line.startswith("get ")] == [
        f"create web --repo=file://{tmp_path}/home/repository --path=web "
        "--dest-server=https://127.0.0.1:7 --dest-namespace=n",
        "sync web --async",
        "sync web --async --prune",
        "delete web --cascade --yes --wait",
    ]


def test_the_cli_has_nothing_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOCD_SERVER", "of-the-user")
    _argo_cd(tmp_path, _operating(tmp_path, {}, {"phase": "Succeeded"})).sync("web")
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


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"phase": "Failed", "message": "one object is refused"}, "one object is refused"),
        ({"phase": "Error"}, "it ends with phase Error"),
    ],
)
def test_a_failed_sync_has_argo_cd_s_reason(
    tmp_path: Path, state: dict[str, str], told: str
) -> None:
    argo_cd = _argo_cd(tmp_path, _operating(tmp_path, {}, {"phase": "Running"}, state))
    with pytest.raises(Deviation, match=f"^argocd app sync web fails: {told}$"):
        argo_cd.sync("web")


def test_a_sync_that_argo_cd_refuses_has_the_cli_s_words(tmp_path: Path) -> None:
    refused = "case $3 in get) echo '{\"status\": {}}';; sync) echo 'level=fatal msg=\"no such "
    argo_cd = _argo_cd(tmp_path, refused + "revision\"' >&2; exit 20;; esac")
    with pytest.raises(Deviation, match=r"^argocd app sync web fails: no such revision$"):
        argo_cd.sync("web")


def test_an_argo_cd_that_does_not_answer_is_the_harness_s(tmp_path: Path) -> None:
    said = 'level=fatal msg="rpc error: code = Unavailable desc = \\"refused\\""'
    argo_cd = _argo_cd(tmp_path, f"echo '{said}' >&2; exit 20")
    with pytest.raises(Broken, match="argocd app create web fails: rpc error: code = Unavailable"):
        argo_cd.create("web", namespace="n")


@pytest.mark.parametrize(
    ("states", "seen"),
    [([{"phase": "Running"}], "phase Running"), ([{}], "no new operation")],
)
def test_a_sync_that_does_not_end_is_the_harness_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, states: list[object], seen: str
) -> None:
    monkeypatch.setattr(contracts, "seconds", lambda _: 3.0)
    argo_cd = _argo_cd(tmp_path, _operating(tmp_path, {}, *states))
    with pytest.raises(Broken, match=f"^argocd app sync web did not end within .* s: {seen}$"):
        argo_cd.sync("web")


def test_a_sync_is_over_when_its_own_operation_is(tmp_path: Path) -> None:
    """That of an earlier sync says nothing."""
    old = {"phase": "Failed", "message": "of before", "startedAt": "1"}
    new = {"phase": "Succeeded", "startedAt": "2"}
    argo_cd = _argo_cd(tmp_path, _operating(tmp_path, old, old, {"phase": "Running"}, new))
    argo_cd.sync("web")
    assert [line.split()[0] for line in _said(tmp_path)] == ["get", "sync", "get", "get", "get"]


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
