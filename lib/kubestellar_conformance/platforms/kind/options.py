"""The options of ``--ks-platform kind``, for pytest's option parser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.platforms.kind import kept

NAME = "kind"
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--ks-reuse",
        {
            "action": "store_true",
            "help": "use the platform that was left up (make platform, --ks-keep)",
        },
    ),
    (
        "--ks-wds-type",
        {
            "metavar": "TYPE",
            "help": "type of the WDS's ControlPlane: k8s (made by KubeFlex; default) or external",
        },
    ),
)
WDS_TYPES = ("k8s", "external")
"""Types of the WDS that the platform starts with; the first is the default."""


def settings(option: object, platform: str) -> dict[str, str]:
    """The settings of the platform, for `PlatformSettings.options`, from pytest's parsed options.

    `UserError` for an option that makes no sense on kind, or on the platform that is asked for
    instead.
    """
    reuse, wds_type = getattr(option, "ks_reuse", False), getattr(option, "ks_wds_type", None)
    for flag, given, for_it in (
        ("--ks-reuse", reuse, ("embedded", NAME)),
        ("--ks-wds-type", wds_type, (NAME,)),
    ):
        if given and platform not in for_it:
            raise UserError(
                f"{flag} is for --ks-platform {' or '.join(for_it)}, but this run is on "
                f"{platform}: leave it out"
            )
    if wds_type not in (None, *WDS_TYPES):
        raise UserError(f"--ks-wds-type {wds_type!r}: use {' or '.join(WDS_TYPES)}")
    if wds_type and reuse:
        raise UserError(
            "--ks-wds-type applies to a new platform, but --ks-reuse uses an existing one: leave "
            "out one of them"
        )
    if getattr(option, "ks_component", None) and reuse:
        raise UserError(
            "--ks-component applies to a new platform, but --ks-reuse uses an existing one: leave "
            "out one of them"
        )
    return {**({"reuse": "1"} if reuse else {}), **({"wds_type": wds_type} if wds_type else {})}


def reused(given: Mapping[str, str]) -> dict[str, Any]:
    """The facts of the kept platform that a run with these `settings` uses; empty when it makes a
    new one.
    """
    folder = kept.find() if given.get("reuse") else None
    facts: dict[str, Any] = json.loads(folder.platform_file.read_text())["facts"] if folder else {}
    return facts
