"""The catalogue: the components, and how to get each. The data is in ``catalogue.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.safe_yaml import LOADER

HERE = Path(__file__).parent
OWN_CRDS = HERE / "crds"
"""The folder of the harness's own CRDs, one file per group."""
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)((?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)")


def version_fields(version: str) -> dict[str, str] | None:
    """``major``, ``minor`` and ``patch`` (with any pre-release) of a Go module version; None if the
    text is not one.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    major, minor, patch, rest = match.groups()
    return {"version": version, "major": major, "minor": minor, "patch": patch + rest}


@dataclass(frozen=True)
class Component:
    """One piece of the system under test, as released.

    ``pin`` says what fixes the dependencies: ``own-go-sum``, ``lock:FOLDER`` or
    ``required-by:MODULE NAME`` (see the head of ``catalogue.yaml``). ``package`` is empty if only
    files of the module are needed. ``files`` maps a group (a set of CRDs, KWOK's stages) to
    patterns inside the module. ``stand_in`` names the substitute for an ``optional`` component that
    is not available. ``only_for`` is the one platform that needs it, or the fixture that asks
    for it by name (``reader``, ``helm``, ``checker``, ``kflex``, ``argo-cd``,
    ``contexts``); empty: every platform.
    """

    name: str
    group: str
    module: str
    version: str
    package: str
    pin: str
    parts: str
    stamps: tuple[str, ...]
    files: Mapping[str, tuple[str, ...]]
    optional: bool
    stand_in: str
    only_for: str = ""

    @property
    def crds(self) -> tuple[str, ...]:
        """The groups of files that come with this component."""
        return tuple(self.files)

    @property
    def lock_dir(self) -> Path | None:
        """The folder with our own go.mod and go.sum for this component, if it is built from
        them.
        """
        kind, _, folder = self.pin.partition(":")
        return HERE / "modules" / folder if kind == "lock" else None

    @property
    def required_by(self) -> str | None:
        """Name of the catalogue's module whose go.sum vouches for this component, if any."""
        kind, _, name = self.pin.partition(":")
        return name if kind == "required-by" else None

    def ldflags(self, release: str | None) -> str:
        """The linker flags. ``release`` is the version to stamp; None for a checkout, which gets no
        stamp.
        """
        fields = version_fields(release) if release else None
        stamps = [f"-X {stamp.format(**fields)}" for stamp in self.stamps] if fields else []
        return " ".join(["-s -w", *stamps])


@dataclass(frozen=True)
class GoRequirement:
    """The oldest suitable Go (``minimum``), and the PyPI package that brings one if PATH has
    none.
    """

    minimum: str
    wheel: str
    wheel_version: str
    disk_gib: float


@dataclass(frozen=True)
class ModuleRef:
    """A Go module of the catalogue: import path and released version."""

    name: str
    path: str
    version: str


@dataclass(frozen=True)
class Catalogue:
    """All components, in the order in which they are built. Iteration, `names` and `len` cover the
    components that every platform needs; `everything` adds those that a single platform needs.
    """

    components: Mapping[str, Component]
    modules: Mapping[str, ModuleRef]
    go: GoRequirement

    @property
    def names(self) -> tuple[str, ...]:
        """The components' names in build order."""
        return tuple(component.name for component in self)

    @property
    def everything(self) -> tuple[Component, ...]:
        """Every component, including those that only one platform needs."""
        return tuple(self.components.values())

    def only_for(self, platform: str) -> tuple[Component, ...]:
        """The components that only that platform needs."""
        return tuple(component for component in self.everything if component.only_for == platform)

    def __getitem__(self, name: str) -> Component:
        try:
            return self.components[name]
        except KeyError:
            raise UserError(
                f"unknown component {name!r}: use one of {', '.join(self.components)}"
            ) from None

    def __iter__(self) -> Iterator[Component]:
        return iter(component for component in self.everything if not component.only_for)

    def __len__(self) -> int:
        return len(self.names)

    def replaced_by(self, name: str) -> tuple[Component, ...]:
        """The components that ``--ks-component NAME=...`` replaces: one, or all of a module.
        `UserError` if none.
        """
        if name in self.components:
            return (self.components[name],)
        group = tuple(component for component in self.everything if component.group == name)
        if not group:
            groups = sorted(
                {component.group for component in self.everything} - set(self.components)
            )
            names = ", ".join(self.components)
            raise UserError(
                f"unknown component {name!r}: use one of {names}; or, for a whole module, one of "
                f"{', '.join(groups)}"
            )
        return group


def _component(
    name: str, data: Mapping[str, Any], modules: Mapping[str, Mapping[str, Any]]
) -> Component:
    module = modules[data["module"]]
    return Component(
        name=name,
        group=data["module"],
        module=module["path"],
        version=module["version"],
        package=data.get("package", ""),
        pin=module["pin"],
        parts=module.get("parts", ""),
        stamps=tuple(module.get("stamps", ())),
        files={group: tuple(patterns) for group, patterns in data.get("files", {}).items()},
        optional=bool(data.get("optional", False)),
        stand_in=data.get("stand_in", ""),
        only_for=data.get("for", ""),
    )


@cache
def load_catalogue(path: Path = HERE / "catalogue.yaml") -> Catalogue:
    """Read a catalogue; by default the harness's own."""
    data = yaml.load(path.read_text(encoding="utf-8"), LOADER)
    modules: dict[str, dict[str, Any]] = data["modules"]
    return Catalogue(
        components={
            name: _component(name, entry, modules) for name, entry in data["components"].items()
        },
        modules={
            name: ModuleRef(name, entry["path"], entry["version"])
            for name, entry in modules.items()
        },
        go=GoRequirement(**data["go"]),
    )


def own_crd_files(group: str) -> list[Path]:
    """The harness's own CRD files for ``group`` (``workstatus``); empty if none exists."""
    return sorted(OWN_CRDS.glob(f"{group}.yaml"))
