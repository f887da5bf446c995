"""``kflex`` and ``kubeconfig_of``: the kubeconfig that is handed on, and the program's failures. It
is a script here; the scenario runs the real one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kubestellar_conformance.errors import Deviation
from kubestellar_conformance.spaces import Space
from kubestellar_conformance.story import Kflex, kubeconfig_of


def _entries(kind: str, names: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": name, kind: content} for name, content in names.items()]


@pytest.fixture
def space(tmp_path: Path) -> Space:
    """The second of two contexts of a file."""
    kubeconfig = tmp_path / "kubeconfig"
    servers = {"c1": {"server": "https://127.0.0.1:1"}, "c2": {"server": "https://127.0.0.1:2"}}
    contexts = {"one": {"cluster": "c1", "user": "u1"}, "two": {"cluster": "c2", "user": "u2"}}
    settings = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "one",
        "clusters": _entries("cluster", servers),
        "users": _entries("user", {"u1": {}, "u2": {}}),
        "contexts": _entries("context", contexts),
    }
    kubeconfig.write_text(yaml.safe_dump(settings))
    return Space("host", "host", kubeconfig, "two")


def _kflex(folder: Path, space: Space, script: str) -> Kflex:
    program, home = folder / "kflex", folder / "home"
    program.write_text(f"#!/bin/sh\n{script}")
    program.chmod(0o755)
    home.mkdir()
    return Kflex(program, home, space)


def test_a_kubeconfig_of_a_space_has_its_context_alone(space: Space) -> None:
    found = yaml.safe_load(kubeconfig_of(space))
    names = {part: [one["name"] for one in found[part]] for part in ("clusters", "users")}
    assert names == {"clusters": ["c2"], "users": ["u2"]}
    assert found["current-context"] == "two"
    assert [one["name"] for one in found["contexts"]] == ["two"]


def test_kflex_finds_the_kubeconfig_in_its_home(tmp_path: Path, space: Space) -> None:
    kflex = _kflex(tmp_path, space, 'echo "$@" > $HOME/said; ls -l $HOME/.kube > $HOME/mode')
    kflex.remember("hosting-cluster-ctx-name", "none")
    kflex.ctx("--flag", "name")
    assert (tmp_path / "home" / "said").read_text() == "ctx --flag name\n"
    assert "-rw------- " in (tmp_path / "home" / "mode").read_text()
    assert kflex.current == ("two", "https://127.0.0.1:2")
    kept = yaml.safe_load((tmp_path / "home" / ".kube" / "config").read_text())
    [extension] = kept["preferences"]["extensions"]
    assert extension["extension"]["data"] == {"hosting-cluster-ctx-name": "none"}


def test_a_failure_of_kflex_is_a_deviation_with_its_last_line(tmp_path: Path, space: Space) -> None:
    kflex = _kflex(tmp_path, space, "echo first >&2; echo 'Error: last' >&2; exit 1")
    with pytest.raises(Deviation, match=r"^kflex ctx a fails: Error: last$"):
        kflex.ctx("a")
