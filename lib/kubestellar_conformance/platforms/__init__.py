"""Platforms, which provide the spaces of a run. `create` picks one by its name."""

from __future__ import annotations

from collections.abc import Callable

from kubestellar_conformance.capabilities import Capability, CapabilityName
from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.api import (
    ArgoAddress,
    ComponentHandle,
    Extent,
    PlatformSettings,
)
from kubestellar_conformance.platforms.base import Platform

__all__ = [
    "PLATFORMS",
    "ArgoAddress",
    "Capability",
    "CapabilityName",
    "ComponentHandle",
    "Extent",
    "Platform",
    "PlatformSettings",
    "create",
]


def _embedded(settings: PlatformSettings) -> Platform:
    from kubestellar_conformance.platforms.embedded.platform import EmbeddedPlatform

    return EmbeddedPlatform(settings)


def _existing(settings: PlatformSettings) -> Platform:
    from kubestellar_conformance.platforms.existing.platform import ExistingPlatform

    return ExistingPlatform(settings)


def _kind(settings: PlatformSettings) -> Platform:
    from kubestellar_conformance.platforms.kind.platform import KindPlatform

    return KindPlatform(settings)


PLATFORMS: dict[str, Callable[[PlatformSettings], Platform]] = {
    "embedded": _embedded,
    "existing": _existing,
    "kind": _kind,
}


def create(name: str, settings: PlatformSettings) -> Platform:
    """Make the platform of that name, without starting anything. `UserError` if there is no such
    platform.
    """
    if name not in PLATFORMS:
        raise UserError(f"unknown platform {name!r}: use one of {', '.join(sorted(PLATFORMS))}")
    return PLATFORMS[name](settings)
