"""How a person goes on with a kept platform: a file for the shell, and what is said."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kubestellar_conformance.platforms.common import usage
from kubestellar_conformance.platforms.common.layout import RunFolder
from kubestellar_conformance.platforms.common.topology import Topology
from tests.support.existing import DOCUMENTED

ODD = ["plain", "with space", 'it\'s "quoted"', "$HOME `id` \\ ; & #", "über*?[x]"]


def platform_in(tmp_path: Path, name: str) -> tuple[RunFolder, Path]:
    """A run folder of that name with its shell file, and a kubectl that says where it was told to
    look.
    """
    kubectl = tmp_path / "programs" / "kubectl-of-the-cache"
    kubectl.parent.mkdir()
    kubectl.write_text('#!/bin/sh\necho "kubectl uses $KUBECONFIG"\n')
    kubectl.chmod(0o755)
    folder = RunFolder(tmp_path / name)
    folder.make()
    return folder, usage.write_environment(folder, Topology(), kubectl)


def shell(script: str, *arguments: str) -> str:
    return subprocess.run(
        ["sh", "-euc", script, "sh", *arguments], text=True, capture_output=True, check=True
    ).stdout


@pytest.mark.parametrize("name", ODD)
def test_a_shell_that_sources_the_file_has_what_the_documentation_assumes(
    tmp_path: Path, name: str
) -> None:
    folder, file = platform_in(tmp_path, name)
    found = dict(
        line.split("=", 1)
        for line in shell('. "$1"; env; kubectl', str(file)).splitlines()
        if "=" in line
    )
    assert {variable: found[variable] for variable in DOCUMENTED} == DOCUMENTED
    assert found["KUBECONFIG"] == str(folder.kubeconfig)
    assert shell('. "$1"; kubectl', str(file)) == f"kubectl uses {folder.kubeconfig}\n"
    assert usage.variables(Topology()) == DOCUMENTED


@pytest.mark.parametrize("name", ODD)
def test_the_line_that_is_shown_can_be_pasted(tmp_path: Path, name: str) -> None:
    folder, _ = platform_in(tmp_path, name)
    told = usage.text(folder, Topology(), what="processes", ending=[folder.stop_command])
    [line] = [line.strip() for line in told.splitlines() if line.strip().startswith("source ")]
    assert shell(f'. {line.removeprefix("source ")}\necho "$wds_context"') == "wds1\n"
    stop = told[told.index("RUN=") :]
    assert shell(f'{stop}; printf %s "$RUN"') == name


def test_the_file_is_private_and_can_be_written_again(tmp_path: Path) -> None:
    folder, file = platform_in(tmp_path, "run")
    assert file.stat().st_mode & 0o777 == 0o600
    usage.write_environment(folder, Topology(), tmp_path / "programs" / "kubectl-of-the-cache")
    assert shell('. "$1"; kubectl', str(file)) == f"kubectl uses {folder.kubeconfig}\n"


def test_other_names_of_spaces_show(tmp_path: Path) -> None:
    topology = Topology(itses=("i",), wdses={"w": "i"}, wecs={"a": "i", "b": "i", "c": "i"})
    found = usage.variables(topology)
    assert (found["its_cp"], found["wds_cp"], found["wec3_name"], found["label_query_one"]) == (
        "i",
        "w",
        "c",
        "name=a",
    )
    told = usage.text(RunFolder(tmp_path), topology, what="processes", ending=[])
    assert "contexts: kind-kubeflex, i, w, a, b, c" in told


def test_kubectl_says_why_nobody_answers_for_a_pod(tmp_path: Path) -> None:
    kubectl = tmp_path / "kubectl-of-the-cache"
    kubectl.write_text('#!/bin/sh\necho "$@"; exit 7\n')
    kubectl.chmod(0o755)
    folder = RunFolder(tmp_path / "run")
    folder.make()
    usage.write_environment(folder, Topology(), kubectl, without_kubelet="it's KWOK")
    for arguments, said in ((["logs", "a b"], "kubectl: it's KWOK\n"), (["get", "x"], "")):
        done = subprocess.run(
            [folder.root / "bin" / "kubectl", *arguments], text=True, capture_output=True
        )
        assert (done.returncode, done.stdout) == (7, " ".join(arguments) + "\n")
        assert done.stderr == said
