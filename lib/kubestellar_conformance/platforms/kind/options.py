"""The options of ``--ks-platform kind``: what each is called, for pytest's option parser."""

from __future__ import annotations

from typing import Any

from kubestellar_conformance.errors import UserError

NAME = "kind"
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--ks-reuse", {"action": "store_true", "help": "use the kind clusters that an earlier run left up (--ks-keep)"}),
    ("--ks-images", {"metavar": "FROM", "help": "where images come from: local (made here), which is the default"}),
)
_LOCAL = "local"


def settings(option: object, platform: str) -> dict[str, str]:
    """What the platform has to know, for `PlatformSettings.options`, from pytest's parsed options.

    `UserError` for what makes no sense, on kind or on the platform that is asked for instead.
    """
    reuse, images = getattr(option, "ks_reuse", False), getattr(option, "ks_images", None)
    for flag, given in (("--ks-reuse", reuse), ("--ks-images", images)):
        if given and platform != NAME:
            raise UserError(f"{flag} is for --ks-platform {NAME}, and this run is on {platform}: leave it out")
    if images not in (None, _LOCAL):
        raise UserError(f"--ks-images {images!r}: use {_LOCAL}; images of a registry are not taken yet")
    return {"reuse": "1"} if reuse else {}
