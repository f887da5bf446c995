"""Gets all components: looks each up in the cache, builds the missing ones, and reports which are
available.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kubestellar_conformance.components import fingerprint
from kubestellar_conformance.components.builder import Builder, BuildPlan
from kubestellar_conformance.components.cache import BuildCache, CacheEntry
from kubestellar_conformance.components.catalogue import (
    Catalogue,
    Component,
    load_catalogue,
    own_crd_files,
)
from kubestellar_conformance.components.failures import ModuleRefused, NoSpace
from kubestellar_conformance.components.goenv import user_settings
from kubestellar_conformance.components.progress import Progress, Silent
from kubestellar_conformance.components.sources import (
    Override,
    Source,
    origin,
    overridden,
    parse_override,
    resolve,
)
from kubestellar_conformance.components.toolchain import Go, Toolchain
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.time_left import expected

_REFUSAL_HOLDS = (
    86400.0  # seconds; a proxy that refuses a module today is not asked again in each run
)
_FAILURE_HOLDS = 3600.0  # seconds, for reasons that may pass sooner, such as no network


@dataclass(frozen=True)
class Built:
    """An available component. ``folder`` is its cache entry; ``built``: whether this run built
    it.
    """

    component: Component
    source: Source
    folder: Path
    entry: CacheEntry
    built: bool

    @property
    def binary(self) -> Path:
        """The program. `LookupError` for a component of files only."""
        if not self.component.package:
            raise LookupError(f"component {self.component.name} has no program")
        return self.folder / self.component.name

    @property
    def module_dir(self) -> Path:
        """A folder with the module's files that the catalogue asks for, at their places in the
        module.
        """
        return self.folder / "module"

    @property
    def version(self) -> str:
        """The released version, git's description of the checkout, or ``binary``."""
        return self.entry.version

    @property
    def key(self) -> str:
        """Identity of the component's recipe."""
        return self.entry.key

    @property
    def digest(self) -> str:
        """sha256 of the program, or of the files of a component without one."""
        return self.entry.digest

    def crd_files(self, group: str) -> list[Path]:
        """The files of one group of this component (``component.crds`` names them), sorted by
        path.
        """
        return [self.module_dir / name for name in self.entry.files[group]]


@dataclass(frozen=True)
class Provisioned:
    """All components of a run. ``absent``: optional components that are not available, each with
    the reason.
    """

    components: Mapping[str, Built]
    absent: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Built:
        try:
            return self.components[name]
        except KeyError:
            reason = self.absent.get(name, "it was not requested")
            raise KeyError(f"component {name} is not available: {reason}") from None

    def __contains__(self, name: object) -> bool:
        return name in self.components

    def __iter__(self) -> Iterator[Built]:
        return iter(self.components.values())

    def crd_files(self, group: str) -> list[Path]:
        """The files of a group, whichever component brings it; ``workstatus`` is the
        harness's own.
        """
        for built in self:
            if group in built.entry.files:
                return built.crd_files(group)
        if own := own_crd_files(group):
            return own
        raise LookupError(f"no available component brings the files {group!r}")

    @property
    def set_key(self) -> str:
        """Identity of this set of components: equal for two runs exactly if all components are
        equal.
        """
        lines = sorted(f"{built.component.name} {built.key}\n" for built in self)
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:24]

    def describe(self) -> list[dict[str, Any]]:
        """The facts of each component for the run's record, ready for JSON."""
        there: list[dict[str, Any]] = [
            {
                "name": built.component.name,
                "module": built.component.module,
                "version": built.version,
                "source": built.source.kind,
                **({"origin": path} if (path := origin(built.source)) else {}),
                "go": built.entry.go,
                "digest": f"sha256:{built.digest}",
                "cache": "built" if built.built else "cached",
                "seconds": built.entry.seconds if built.built else 0.0,
            }
            for built in self
        ]
        return there + [{"name": name, "absent": reason} for name, reason in self.absent.items()]


def provision(
    names: Sequence[str] | None,
    overrides: Sequence[Override],
    cache: BuildCache,
    progress: Progress,
    *,
    catalogue: Catalogue | None = None,
) -> Provisioned:
    """Get the named components (None: all), from the cache or else by a build.

    Raises `UserError` for bad input, a full or unwritable disk, a missing Go, a refused module or a
    failed build. An optional component that was not overridden is reported as absent instead.
    """
    catalogue = catalogue or load_catalogue()
    sources = resolve(overrides, catalogue)
    chosen = [catalogue[name] for name in names] if names is not None else list(catalogue)
    run = _Run(catalogue, cache, progress, overridden(overrides, catalogue))
    try:
        return run.get(
            [
                BuildPlan(c, sources[c.name], fingerprint.recipe(c, sources[c.name], catalogue))
                for c in chosen
            ]
        )
    finally:
        progress.close()


def provision_all(
    overrides: Sequence[str] = (), cache_dir: Path | None = None, progress: Progress | None = None
) -> Provisioned:
    """Get every component of the catalogue. ``overrides``: NAME=SOURCE each; ``cache_dir`` None:
    the user's own.
    """
    parsed = [parse_override(text) for text in overrides]
    return provision(None, parsed, BuildCache(cache_dir), progress or Silent())


class _Run:
    def __init__(
        self, catalogue: Catalogue, cache: BuildCache, progress: Progress, replaced: frozenset[str]
    ) -> None:
        self._cache = cache
        self._progress = progress
        self._replaced = replaced
        self._toolchain = Toolchain(catalogue.go, cache)
        self._builder = Builder(catalogue, cache, self._go)
        self._found: Go | None = None
        self._absent: dict[str, str] = {}

    def get(self, plans: Sequence[BuildPlan]) -> Provisioned:
        entries = {plan.component.name: self._look_up(plan) for plan in plans}
        missing = [
            plan
            for plan in plans
            if entries[plan.component.name] is None and not self._known_absent(plan)
        ]
        needs_go = any(plan.needs_go and not self._may_be_absent(plan) for plan in missing)
        built: set[str] = set()
        names = [plan.component.name for plan in missing]
        past = {name: took for name in names if (took := self._cache.took(name)) is not None}
        for n, (name, plan) in enumerate(zip(names, missing, strict=True), start=1):
            try:
                if self._may_be_absent(plan) and not needs_go and self._toolchain.at_hand() is None:
                    raise UserError("no Go is available to build it")
                self._progress.start(name, n, len(names), expected(names[n - 1 :], past))
                entries[name], fresh = self._make(plan)
                built |= {name} if fresh else set()
            except NoSpace:
                raise
            except UserError as error:
                if not self._may_be_absent(plan):
                    raise
                self._note_absence(plan, error)
        found = {plan.component.name: (plan, entries[plan.component.name]) for plan in plans}
        return Provisioned(
            {
                name: Built(
                    plan.component,
                    plan.source,
                    self._cache.folder(name, entry.key),
                    entry,
                    name in built,
                )
                for name, (plan, entry) in found.items()
                if entry is not None
            },
            self._absent,
        )

    def _go(self) -> Go:
        if self._found is None:
            self._found = self._toolchain.get(self._progress.note)
        return self._found

    def _look_up(self, plan: BuildPlan) -> CacheEntry | None:
        if self._toolchain.on_path is None and plan.compiles:
            # It fits this recipe whichever Go built it, so no Go has to be installed for it.
            return self._cache.newest(plan.component.name, plan.recipe)
        return self._cache.find(plan.component.name, plan.key(self._toolchain.on_path))

    def _make(self, plan: BuildPlan) -> tuple[CacheEntry, bool]:
        name = plan.component.name
        began = time.monotonic()
        key = plan.key(self._go() if plan.compiles else None)
        made = self._cache.make(
            name,
            key,
            lambda into, temp: self._builder.build(plan, key, into, temp),
            self._progress.note,
        )
        self._progress.done(name, time.monotonic() - began)
        return made

    # -- optional components

    def _may_be_absent(self, plan: BuildPlan) -> bool:
        return plan.component.optional and plan.component.name not in self._replaced

    def _facts(self, plan: BuildPlan) -> dict[str, Any]:
        return {"recipe": plan.recipe, "proxy": user_settings().get("GOPROXY", "")}

    def _known_absent(self, plan: BuildPlan) -> bool:
        if not self._may_be_absent(plan):
            return False
        facts = self._cache.recall(plan.component.name, _REFUSAL_HOLDS)
        holds = facts and (
            facts.get("refused") or self._cache.recall(plan.component.name, _FAILURE_HOLDS)
        )
        if not holds or any(facts.get(name) != value for name, value in self._facts(plan).items()):
            return False
        self._absent[plan.component.name] = str(facts["reason"])
        return True

    def _note_absence(self, plan: BuildPlan, error: UserError) -> None:
        reason = str(error).removeprefix(f"{plan.component.name}: ")
        self._absent[plan.component.name] = reason
        self._progress.note(f"{plan.component.name} is left out: {reason.splitlines()[0]}")
        facts = {**self._facts(plan), "reason": reason, "refused": isinstance(error, ModuleRefused)}
        self._cache.remember(plan.component.name, facts)
