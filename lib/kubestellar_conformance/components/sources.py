"""Where a component comes from: a released version, the folder of a checkout, or a ready binary."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kubestellar_conformance import paths
from kubestellar_conformance.components.catalogue import Catalogue, Component, version_fields
from kubestellar_conformance.errors import UserError

_LOCAL_REPLACE = re.compile(
    r"^(?:replace[ \t])?[ \t]*(\S+)(?:[ \t]+v\S+)?[ \t]+=>[ \t]+(\.{0,2}/\S*)", re.MULTILINE
)


@dataclass(frozen=True)
class PublishedVersion:
    """A version of the component's module, as published."""

    version: str
    kind = "release"


@dataclass(frozen=True)
class Checkout:
    """A folder with the module's sources, built in place."""

    folder: Path
    kind = "checkout"


@dataclass(frozen=True)
class Binary:
    """An executable file, used as it is."""

    path: Path
    kind = "binary"


Source = PublishedVersion | Checkout | Binary


@dataclass(frozen=True)
class Override:
    """One ``--ks-component NAME=SOURCE`` of the user."""

    name: str
    source: Source


def parse_override(text: str) -> Override:
    """Parse ``NAME=SOURCE``. `UserError` if SOURCE is not a version, a folder with a go.mod or an
    executable.
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise UserError(
            f"--ks-component {text!r}: expected NAME=SOURCE, for example kubestellar=../kubestellar"
        )
    if version_fields(value):
        return Override(name, PublishedVersion(value))
    if version_fields(f"v{value}"):
        raise UserError(f"--ks-component {text!r}: a version starts with v: use {name}=v{value}")
    what = f"--ks-component {text!r}"
    path = paths.given(value, Path.cwd(), what)
    paths.demand_text(path, what)
    there = paths.kind(path, what)
    if there == "folder":
        if paths.kind(path / "go.mod", what) != "file":
            raise UserError(f"{what}: {path} is not a Go module (it has no go.mod)")
        return Override(name, Checkout(_real(path, what)))
    if there == "file":
        if not os.access(path, os.X_OK):
            raise UserError(f"{what}: {path} is a file but not executable (chmod +x?)")
        return Override(name, Binary(_real(path, what)))
    seen = "exists but is neither file nor folder" if there == "other" else "does not exist"
    wanted = "a version (v1.2.3), a checkout's folder or an executable file"
    raise UserError(f"{what}: {path} {seen}; expected {wanted}")


def _real(path: Path, what: str) -> Path:
    """The path without symbolic links, which the run's record names."""
    found = path.resolve()
    paths.demand_text(found, what)
    return found


def resolve(overrides: Iterable[Override], catalogue: Catalogue) -> dict[str, Source]:
    """The source of every component. A component's own override takes precedence over one for its
    whole module.
    """
    said: dict[str, Override] = {}
    for override in overrides:
        if override.name in said:
            raise UserError(f"--ks-component {override.name} is given twice")
        said[override.name] = override
    whole_modules = {
        name: override for name, override in said.items() if name not in catalogue.components
    }
    single = {name: override for name, override in said.items() if name in catalogue.components}
    found: dict[str, Source] = {
        component.name: PublishedVersion(component.version) for component in catalogue.everything
    }
    for override in (*whole_modules.values(), *single.values()):
        components = catalogue.replaced_by(override.name)
        if isinstance(override.source, Binary) and len(components) > 1:
            names = ", ".join(component.name for component in components)
            raise UserError(
                f"--ks-component {override.name}: a binary replaces one component, so name "
                f"one of {names}"
            )
        for component in components:
            # A component of another platform may not be needed in this run.
            if component.name == override.name or not component.only_for:
                _check(component, override.source)
            found[component.name] = override.source
    return found


def overridden(overrides: Iterable[Override], catalogue: Catalogue) -> frozenset[str]:
    """Names of the components that the user replaced."""
    return frozenset(c.name for override in overrides for c in catalogue.replaced_by(override.name))


def _check(component: Component, source: Source) -> None:
    if isinstance(source, Binary) and not component.package:
        raise UserError(
            f"--ks-component {component.name}: it has only files and no program, so no binary "
            "can replace it"
        )
    if not isinstance(source, Checkout):
        return
    path = module_path(source.folder / "go.mod")
    if path != component.module:
        inner = [
            file.parent
            for file in source.folder.glob("*/go.mod")
            if module_path(file) == component.module
        ]
        hint = f"; try {component.name}={inner[0]}" if inner else ""
        raise UserError(
            f"--ks-component {component.name}: {source.folder} is module {path}, expected "
            f"{component.module}{hint}"
        )
    if component.package and not any(package_dir(component, source.folder).glob("*.go")):
        raise UserError(
            f"--ks-component {component.name}: {source.folder} has no Go package "
            f"{component.package}"
        )


def package_dir(component: Component, folder: Path) -> Path:
    """The folder of the component's package in a checkout of its module."""
    return folder / component.package.removeprefix(component.module).lstrip("/")


def module_path(go_mod: Path) -> str:
    """The import path on a go.mod's ``module`` line; empty if it has none."""
    match = re.search(
        r'^module\s+"?([^\s"]+)', go_mod.read_text(encoding="utf-8", errors="replace"), re.MULTILINE
    )
    return match.group(1) if match else ""


def local_replacements(go_mod: Path) -> dict[str, str]:
    """The modules that a go.mod replaces by a local folder: import path -> folder as written."""
    text = go_mod.read_text(encoding="utf-8", errors="replace")
    return dict(_LOCAL_REPLACE.findall(text))


def as_known(overrides: Iterable[str | Override]) -> list[str]:
    """Overrides as typed, but with absolute paths, so that a run in another folder understands them
    too.
    """
    known = []
    for given in overrides:
        override = parse_override(given) if isinstance(given, str) else given
        source = override.source
        version = source.version if isinstance(source, PublishedVersion) else ""
        known.append(f"{override.name}={origin(source) or version}")
    return known


def origin(source: Source) -> str | None:
    """The path that the user gave, for the record; None for a release."""
    match source:
        case Checkout(folder):
            return str(folder)
        case Binary(path):
            return str(path)
        case _:
            return None
