"""What makes a build another build."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from kubestellar_conformance.components import Binary, Checkout, PublishedVersion, load_catalogue
from kubestellar_conformance.components.fingerprint import recipe, tree_digest
from kubestellar_conformance.components.goenv import go_environment
from tests.support.components import TINY, write_tree

CATALOGUE = load_catalogue()


def test_a_checkout_is_its_content_not_its_place(tmp_path: Path) -> None:
    one, two = write_tree(tmp_path / "one", TINY), write_tree(tmp_path / "two", TINY)
    before = tree_digest(one)
    assert before == tree_digest(two)
    (two / "crds/a.yaml").write_text("kind: Other\n")
    assert tree_digest(two) != before
    (two / "crds/a.yaml").write_text(TINY["crds/a.yaml"])
    (two / "crds/a.yaml").rename(two / "crds/c.yaml")
    assert tree_digest(two) != before


def test_of_what_git_ignores_only_code_counts(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "src", {**TINY, ".gitignore": "bin/\ngenerated.go\n"})
    subprocess.run(["git", "init", "-q", folder], check=True)
    before = tree_digest(folder)
    write_tree(folder, {"bin/tool": "built"})
    assert tree_digest(folder) == before
    write_tree(folder, {"notes.txt": "not ignored, not tracked"})
    with_notes = tree_digest(folder)
    assert with_notes != before
    write_tree(folder, {"cmd/hello/generated.go": "package main\n"})
    assert tree_digest(folder) != with_notes


def test_git_s_own_variables_lead_to_no_other_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a git hook: GIT_DIR names the repository that the hook is of."""
    folder, other = write_tree(tmp_path / "src", TINY), write_tree(tmp_path / "other", {"a": "a"})
    for repository in (folder, other):
        subprocess.run(["git", "init", "-q", repository], check=True)
    before = tree_digest(folder)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert tree_digest(folder) == before
    write_tree(folder, {"crds/a.yaml": "kind: Edited\n"})
    assert tree_digest(folder) != before


@pytest.mark.parametrize("versioned", [True, False], ids=["with git", "without git"])
def test_a_name_that_is_not_utf_8_counts(tmp_path: Path, versioned: bool) -> None:
    folder = write_tree(tmp_path / "src", TINY)
    if versioned:
        subprocess.run(["git", "init", "-q", folder], check=True)
    before = tree_digest(folder)
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("x")
    assert tree_digest(folder) != before


def test_a_local_replacement_outside_counts(tmp_path: Path) -> None:
    go_mod = TINY["go.mod"] + "replace example.test/needed => ../needed\n"
    folder = write_tree(tmp_path / "src", {**TINY, "go.mod": go_mod})
    other = write_tree(
        tmp_path / "needed", {"go.mod": "module example.test/needed\n", "n.go": "package n\n"}
    )
    before = tree_digest(folder)
    (other / "n.go").write_text("package n // changed\n")
    assert tree_digest(folder) != before


def test_the_recipe_follows_all_that_decides_the_result(tmp_path: Path) -> None:
    etcd, flex = CATALOGUE["etcd"], CATALOGUE["kubeflex"]
    prog = tmp_path / "prog"
    prog.write_text("1")
    folder = write_tree(tmp_path / "src", TINY)
    seen = [
        recipe(etcd, PublishedVersion("v3.6.16"), CATALOGUE),
        recipe(etcd, PublishedVersion("v3.6.15"), CATALOGUE),
        recipe(replace(etcd, package="other"), PublishedVersion("v3.6.16"), CATALOGUE),
        recipe(replace(etcd, stamps=("a.b={version}",)), PublishedVersion("v3.6.16"), CATALOGUE),
        recipe(replace(etcd, pin="lock:kubernetes"), PublishedVersion("v3.6.16"), CATALOGUE),
        recipe(replace(etcd, pin="own-go-sum"), PublishedVersion("v3.6.16"), CATALOGUE),
        recipe(etcd, Binary(prog), CATALOGUE),
        recipe(etcd, Checkout(folder), CATALOGUE),
        recipe(flex, PublishedVersion("v0.9.3"), CATALOGUE),
        recipe(replace(flex, files={}), PublishedVersion("v0.9.3"), CATALOGUE),
    ]
    prog.write_text("2")
    seen.append(recipe(etcd, Binary(prog), CATALOGUE))
    assert len(set(seen)) == len(seen)
    assert recipe(etcd, PublishedVersion("v3.6.16"), CATALOGUE) == seen[0]


def test_the_user_s_go_settings_pass_only_where_they_cannot_change_a_binary(tmp_path: Path) -> None:
    settings = tmp_path / "env"
    settings.write_text("GOPROXY=https://from.file\nGOFLAGS=-race\nGOPRIVATE=x.y\n")
    user = {
        "GOENV": str(settings),
        "GOPROXY": "https://mine",
        "GOFLAGS": "-tags=odd",
        "GOEXPERIMENT": "x",
        "GOAMD64": "v3",
        "GOTOOLCHAIN": "auto",
        "GOWORK": "/w",
        "CGO_ENABLED": "1",
        "GOROOT": "/r",
        "HOME": "/h",
        "HTTPS_PROXY": "p",
    }
    got = go_environment(tmp_path, user)
    assert (got["GOPROXY"], got["GOPRIVATE"], got["HTTPS_PROXY"], got["HOME"]) == (
        "https://mine",
        "x.y",
        "p",
        "/h",
    )
    assert not {"GOFLAGS", "GOEXPERIMENT", "GOROOT"} & set(got)
    fixed = ("GOAMD64", "GOTOOLCHAIN", "GOWORK", "CGO_ENABLED", "GOENV")
    assert [got[name] for name in fixed] == ["v1", "local", "off", "0", "off"]


def test_the_settings_file_is_found_where_go_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, {"go/env": "GOPROXY=https://from.file\n"})
    monkeypatch.delenv("GOENV", raising=False)
    assert (
        go_environment(tmp_path, {"XDG_CONFIG_HOME": str(tmp_path)})["GOPROXY"]
        == "https://from.file"
    )
    assert "GOPROXY" not in go_environment(
        tmp_path, {"XDG_CONFIG_HOME": str(tmp_path), "GOENV": "off"}
    )


def test_a_settings_file_may_have_names_that_are_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "env").write_bytes(b"GOPATH=/home/jos\xe9/go\n")
    got = go_environment(tmp_path, {"GOENV": str(tmp_path / "env")})
    assert os.fsencode(got["GOPATH"]) == b"/home/jos\xe9/go"


@pytest.mark.parametrize("unset", [{}, {"HOME": ""}])
def test_go_finds_the_home_of_a_user_whose_environment_does_not_say_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unset: dict[str, str]
) -> None:
    write_tree(tmp_path, {".config/go/env": "GOPROXY=https://from.file\n"})
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    got = go_environment(tmp_path, unset)
    assert (got["HOME"], got["GOPROXY"]) == (str(tmp_path), "https://from.file")


def test_a_user_without_a_home_has_no_settings_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    write_tree(tmp_path, {".config/go/env": "GOPROXY=https://from.file\n"})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "home", none)
    got = go_environment(tmp_path, {})
    assert "HOME" not in got
    assert "GOPROXY" not in got
