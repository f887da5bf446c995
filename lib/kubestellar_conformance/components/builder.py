"""Makes one cache entry: the program, and the files of its module that the catalogue asks for."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kubestellar_conformance.components import fingerprint
from kubestellar_conformance.components.cache import BuildCache, CacheEntry
from kubestellar_conformance.components.catalogue import Catalogue, Component, ModuleRef
from kubestellar_conformance.components.failures import explain
from kubestellar_conformance.components.goenv import FLAGS, go_environment
from kubestellar_conformance.components.process import Finished, run
from kubestellar_conformance.components.relock import relocked
from kubestellar_conformance.components.sources import Binary, Checkout, PublishedVersion, Source
from kubestellar_conformance.components.toolchain import Go
from kubestellar_conformance.errors import Broken, UserError

_ELF = b"\x7fELF"


@dataclass(frozen=True)
class BuildPlan:
    """One component, its source, and the key of its future cache entry."""

    component: Component
    source: Source
    recipe: str

    @property
    def needs_go(self) -> bool:
        """Whether Go has to run for the component: not for a binary, which is used unchanged."""
        return not isinstance(self.source, Binary) or bool(self.component.files)

    @property
    def compiles(self) -> bool:
        """Whether the version of Go decides the result."""
        return bool(self.component.package) and not isinstance(self.source, Binary)

    def key(self, go: Go | None) -> str:
        """The key in the cache of a build with that Go."""
        return f"{self.recipe}-go{go.version}" if self.compiles and go else self.recipe

    @property
    def what(self) -> str:
        """The source, in words."""
        match self.source:
            case PublishedVersion(version):
                return f"{self.component.module} {version}"
            case Checkout(folder):
                return str(folder)
            case Binary(path):
                return str(path)


class Builder:
    """Runs Go for plans. ``go`` gives the toolchain, and is called only if one is needed."""

    def __init__(self, catalogue: Catalogue, cache: BuildCache, go: Callable[[], Go]) -> None:
        self._catalogue = catalogue
        self._cache = cache
        self._go = go

    def build(self, plan: BuildPlan, key: str, into: Path, temp: Path) -> CacheEntry:
        """Fill the empty folder ``into``; `UserError` if it cannot be done."""
        began = time.monotonic()
        component, source = plan.component, plan.source
        release = PublishedVersion(component.version) if isinstance(source, Binary) else source
        files = (
            self._files(plan, self.module_dir(plan, release, temp), into) if component.files else {}
        )
        program = into / component.name
        if component.package:
            if isinstance(source, Binary):
                shutil.copyfile(source.path, program)
                program.chmod(0o755)
            else:
                self._compile(plan, source, program, temp)
        if fingerprint.recipe(component, source, self._catalogue) != plan.recipe:
            raise UserError(
                f"{component.name}: {plan.what} was changed while it was being built; run again"
            )
        return CacheEntry(
            name=component.name,
            key=key,
            version=_version(source),
            go=self._go().version if plan.compiles else "",
            digest=fingerprint.file_digest(program) if component.package else _digest(into, files),
            size=program.stat().st_size if component.package else 0,
            seconds=round(time.monotonic() - began, 3),
            files=files,
        )

    def _compile(
        self, plan: BuildPlan, source: PublishedVersion | Checkout, program: Path, temp: Path
    ) -> None:
        component = plan.component
        flags = list(FLAGS)
        if isinstance(source, Checkout):
            folder = source.folder
        elif (lock := component.lock_dir) is None:
            folder = self.module_dir(plan, source, temp)
        elif source.version == component.version:
            folder = lock
        else:
            folder = temp / "lock"
            upstream = self._download(plan, f"{component.module}@{source.version}", temp, temp)[
                "GoMod"
            ]
            relocked(component, source.version, Path(upstream), lock, folder)
            flags[flags.index("-mod=readonly")] = "-mod=mod"
        ldflags = component.ldflags(
            source.version if isinstance(source, PublishedVersion) else None
        )
        done = self._run(
            ["build", "-C", folder, *flags, "-ldflags", ldflags, "-o", program, component.package],
            temp,
        )
        if done.status != 0:
            raise self._failure(plan, done.output)
        with program.open("rb") as file:
            if file.read(4) == _ELF:  # for a library Go silently makes an archive
                return
        raise UserError(
            f"{component.name}: {component.package} in {plan.what} is not a program (package main)"
        )

    def module_dir(self, plan: BuildPlan, source: PublishedVersion | Checkout, temp: Path) -> Path:
        """The folder of the module's sources: the checkout, or Go's module cache (filled if need
        be).
        """
        if isinstance(source, Checkout):
            return source.folder
        component = plan.component
        name = component.required_by
        if name is None or source.version != component.version:
            return Path(
                self._download(plan, f"{component.module}@{source.version}", temp, temp)["Dir"]
            )
        by: ModuleRef = self._catalogue.modules[name]
        requiring = Path(self._download(plan, f"{by.path}@{by.version}", temp, temp)["Dir"])
        found = self._download(plan, component.module, requiring, temp)
        if found["Version"] != component.version:
            raise Broken(
                f"{by.path} {by.version} requires {component.module} {found['Version']}, "
                f"not {source.version}"
            )
        return Path(found["Dir"])

    def _download(self, plan: BuildPlan, what: str, folder: Path, temp: Path) -> dict[str, str]:
        done = self._run(["mod", "download", "-C", folder, "-json", what], temp)
        try:
            found: dict[str, str] = json.loads(done.stdout)
        except ValueError:  # it failed before any download
            raise self._failure(plan, done.output) from None
        if done.status != 0 or "Error" in found:
            raise self._failure(plan, f"{found.get('Error', '')}\n{done.stderr}")
        return found

    def _run(self, arguments: list[str | Path], temp: Path) -> Finished:
        # `-C` must come first among a command's flags.
        return run([self._go().executable, *arguments], env=go_environment(temp), cwd=temp)

    def _failure(self, plan: BuildPlan, output: str) -> UserError:
        disk_gib = self._catalogue.go.disk_gib
        return explain(
            plan.component, plan.what, output, folder=self._cache.root, disk_gib=disk_gib
        )

    @staticmethod
    def _files(plan: BuildPlan, module: Path, into: Path) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for group, patterns in plan.component.files.items():
            paths = sorted(
                {path for pattern in patterns for path in module.glob(pattern) if path.is_file()}
            )
            if not paths:
                raise UserError(
                    f"{plan.component.name}: {plan.what} has no files {', '.join(patterns)}"
                )
            found[group] = [path.relative_to(module).as_posix() for path in paths]
            for path, name in zip(paths, found[group], strict=True):
                target = into / "module" / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        return found


def _version(source: Source) -> str:
    match source:
        case PublishedVersion(version):
            return version
        case Checkout(folder):
            return fingerprint.describe(folder)
        case Binary():
            return "binary"


def _digest(into: Path, files: dict[str, list[str]]) -> str:
    names = sorted({name for group in files.values() for name in group})
    text = "".join(f"{name}\0{fingerprint.file_digest(into / 'module' / name)}\0" for name in names)
    return hashlib.sha256(text.encode()).hexdigest()
