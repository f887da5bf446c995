"""Gets components that only some tests ask for, and folders for them to write to.

A fixture gets them when the first test asks for it. Argo CD and helm take minutes to build, so they
are got before the first test: no test's timeout applies to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from tempfile import TemporaryDirectory

import pytest

from kubestellar_conformance.components import (
    BuildCache,
    Progress,
    Provisioned,
    Silent,
    parse_override,
    progress_on,
    provision,
)
from kubestellar_conformance.errors import HarnessError, NotSupported, UserError
from kubestellar_conformance.platforms import Capability, Platform, PlatformSettings
from kubestellar_conformance.platforms.common.layout import RunFolder


def scratch(settings: PlatformSettings, prefix: str) -> TemporaryDirectory[str]:
    """A folder for a program's files, below the run's own."""
    parent = RunFolder(settings.run_dir).temporary
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # with --ks-reuse no platform makes it
    return TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True)


def provided(
    settings: PlatformSettings, *names: str, without: str, progress: Progress | None = None
) -> Provisioned:
    """The components of these names, built or from the cache. `NotSupported` if this machine or the
    user's override has not all of them; ``without`` says what is not possible then.
    """
    overrides = [parse_override(text) for text in settings.components]
    try:
        return provision(names, overrides, BuildCache(settings.cache_dir), progress or Silent())
    except UserError as error:
        raise NotSupported(f"{without}: {str(error).splitlines()[0]}") from error


@dataclass(frozen=True)
class Program:
    """A program that takes minutes to build: the ``fixture`` by which tests ask for it, the
    capability that it needs, its components.
    """

    fixture: str
    needs: Capability
    components: tuple[str, ...]
    called: str

    def get(self, settings: PlatformSettings, progress: Progress | None = None) -> Provisioned:
        """Its components. `NotSupported` if they cannot be had."""
        without = f"{self.called} cannot be had"
        return provided(settings, *self.components, without=without, progress=progress)


ARGO_CD = Program("argo_cd", Capability.ARGO_CD, ("argo-cd", "miniredis"), "Argo CD")
HELM = Program("helm", Capability.HELM, ("helm",), "helm")
PROGRAMS = (HELM, ARGO_CD)


def build_ahead(
    settings: PlatformSettings, platform: Platform, items: Iterable[pytest.Item]
) -> None:
    """Build what takes minutes, if one of these tests asks for it and the platform can use it. A
    failure is left to the fixture, which asks again.
    """
    asked = {name for item in items for name in getattr(item, "fixturenames", ())}
    for program in PROGRAMS:
        if program.fixture in asked and program.needs in platform.capabilities:
            with suppress(HarnessError):
                program.get(settings, progress_on())
