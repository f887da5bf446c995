"""Writes a go.mod for another version of a module that is built from our own lock.

Such a module replaces parts of itself by folders that its published form lacks (``k8s.io/api =>
./staging/...``). For a version that the user asks for, these replaces are read from upstream's
go.mod and pointed at the published versions of the parts. The hashes are then checked against Go's
checksum database instead of our lock.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from kubestellar_conformance.components.catalogue import Component, version_fields
from kubestellar_conformance.components.sources import local_replacements, module_path


def relocked(component: Component, version: str, upstream: Path, lock: Path, into: Path) -> None:
    """Write a go.mod that builds ``component`` at ``version`` into the new folder ``into``;
    ``upstream`` is its own.
    """
    into.mkdir()
    for file in (lock / "go.sum", *lock.glob("*.go")):
        shutil.copyfile(file, into / file.name)
    parts = component.parts.format(**(version_fields(version) or {}))
    lines = [
        f"module {module_path(lock / 'go.mod')}",
        f"go {go_line(upstream)}",
        *_godebug(upstream),
    ]
    lines.append(f"require {component.module} {version}")
    needed = _required(upstream)  # upstream also replaces modules that it forbids itself to use
    lines += [
        f"replace {name} => {name} {parts}"
        for name in local_replacements(upstream)
        if name in needed
    ]
    (into / "go.mod").write_text("\n".join(lines) + "\n", encoding="utf-8")


def go_line(go_mod: Path) -> str:
    """The Go version that a go.mod asks for."""
    match = re.search(r"^go (\S+)", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
    return match.group(1) if match else "1.24.0"


def _required(go_mod: Path) -> set[str]:
    return set(
        re.findall(
            r"^(?:require)?[ \t]+(\S+) v\d", go_mod.read_text(encoding="utf-8"), re.MULTILINE
        )
    )


def _godebug(go_mod: Path) -> list[str]:
    return re.findall(r"^godebug \w+=\S+$", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
