"""What may stand after --ks-component, and what bad input gets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kubestellar_conformance.components import (
    Binary,
    Checkout,
    Override,
    PublishedVersion,
    load_catalogue,
    parse_override,
)
from kubestellar_conformance.components.sources import local_replacements, overridden, resolve
from kubestellar_conformance.errors import UserError
from tests.support.components import TINY, write_tree

CATALOGUE = load_catalogue()


def executable(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def kubestellar(folder: Path) -> Path:
    return write_tree(
        folder,
        {
            "go.mod": "module github.com/kubestellar/kubestellar\n",
            "cmd/controller-manager/main.go": "package main\n",
            "pkg/transport/ocm-transport-controller/main.go": "package main\n",
        },
    )


@pytest.mark.parametrize(
    "version", ["v0.30.0", "v0.31.0-rc1", "v0.0.0-20250101000000-0123456789ab", "v2.0.0+inc"]
)
def test_a_version(version: str) -> None:
    assert parse_override(f"kwok={version}") == Override("kwok", PublishedVersion(version))


def test_a_folder_and_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path / "src", TINY)
    executable(tmp_path / "prog")
    monkeypatch.chdir(tmp_path)
    assert parse_override("kwok=src") == Override("kwok", Checkout(tmp_path / "src"))
    assert parse_override("kwok=./prog") == Override("kwok", Binary(tmp_path / "prog"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kwok", "expected NAME=SOURCE"),
        ("=v1.0.0", "expected NAME=SOURCE"),
        ("kwok=1.2.3", "use kwok=v1.2.3"),
        ("kwok=nowhere", "does not exist; expected a version"),
        ("kwok=plain", "not executable"),
        ("kwok=empty", "is not a Go module"),
    ],
)
def test_a_bad_source_is_one_line(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain").write_text("")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message) as caught:
        parse_override(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("linked", [False, True])
def test_a_path_that_no_record_can_name_is_one_line(tmp_path: Path, linked: bool) -> None:
    folder = write_tree(tmp_path / os.fsdecode(b"src\xff"), TINY)
    program = executable(folder / "prog")
    for path in (folder, program):
        given = path
        if linked:
            given = tmp_path / f"to-{path is program}"
            given.symlink_to(path)
        with pytest.raises(
            UserError, match=r"^--ks-component .*src.udcff.* is not UTF-8"
        ) as caught:
            parse_override(f"kwok={given}")
        assert str(caught.value).isascii()


def test_a_module_s_name_replaces_all_its_components_and_a_component_s_own_name_wins(
    tmp_path: Path,
) -> None:
    folder = Checkout(kubestellar(tmp_path / "ks"))
    binary = Binary(executable(tmp_path / "tc"))
    overrides = [
        Override("kubestellar-transport-controller", binary),
        Override("kubestellar", folder),
    ]
    sources = resolve(overrides, CATALOGUE)
    assert sources["kubestellar-controller-manager"] == folder
    assert sources["kubestellar-transport-controller"] == binary
    assert sources["etcd"] == PublishedVersion(CATALOGUE["etcd"].version)
    assert overridden(overrides, CATALOGUE) == {
        "kubestellar-controller-manager",
        "kubestellar-transport-controller",
        "kflex-get-kubeconfig",
        "example-scenarios",
        "core-chart",
        "core-chart-page",
        "scripts",
    }


def refusal(*overrides: Override) -> str:
    with pytest.raises(UserError) as caught:
        resolve(overrides, CATALOGUE)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_sources_that_do_not_fit_their_component(tmp_path: Path) -> None:
    ks = kubestellar(tmp_path / "ks")
    binary = Binary(executable(tmp_path / "prog"))
    nested = write_tree(tmp_path / "etcd", {"go.mod": "module go.etcd.io/etcd/v3\n"})
    write_tree(
        nested / "server",
        {"go.mod": "module go.etcd.io/etcd/server/v3\n", "main.go": "package main\n"},
    )

    wrong = refusal(Override("kwok", Checkout(ks)))
    assert "is module github.com/kubestellar/kubestellar, expected sigs.k8s.io/kwok" in wrong
    assert refusal(Override("etcd", Checkout(nested))).endswith(f"; try etcd={nested}/server")
    assert "name one of kube-apiserver, " in refusal(Override("kubernetes", binary))
    assert "only files" in refusal(Override("ocm-api", binary))
    assert "given twice" in refusal(Override("kwok", binary), Override("kwok", binary))
    assert "unknown component 'nginx'" in refusal(Override("nginx", binary))
    (ks / "cmd/controller-manager/main.go").unlink()
    assert "has no Go package ./cmd/controller-manager" in refusal(
        Override("kubestellar", Checkout(ks))
    )


def test_local_replacements_of_a_go_mod(tmp_path: Path) -> None:
    text = (
        "module m\nreplace a.b/c => ../c\nreplace (\n\td.e/f v1.0.0 => "
        "./staging/f\n\tg.h/i => j.k/l v1.0.0\n)\n"
    )
    (tmp_path / "go.mod").write_text(text)
    assert local_replacements(tmp_path / "go.mod") == {"a.b/c": "../c", "d.e/f": "./staging/f"}
