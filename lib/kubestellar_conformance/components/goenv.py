"""The environment in which Go runs: it keeps the user's settings for getting modules, and drops
those that would change a binary.

Of the variables that Go reads (and of the file of ``go env -w``) only those that locate modules and
caches pass. Everything else is fixed here, so that it need not be part of a build's key.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path

# The source of modules, their verification, their storage: none of these shows in a binary.
_PASSED = (
    "GOPROXY",
    "GONOPROXY",
    "GOPRIVATE",
    "GOSUMDB",
    "GONOSUMDB",
    "GOINSECURE",
    "GOAUTH",
    "GOVCS",
    "GOPATH",
    "GOMODCACHE",
    "GOCACHE",
)
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
FLAGS = ("-trimpath", "-buildvcs=false", "-mod=readonly")


def architecture() -> str:
    """Go's name of this machine's architecture."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def fixed() -> dict[str, str]:
    """The settings that decide a binary, the same for every user."""
    return {
        "CGO_ENABLED": "0",
        "GOOS": "linux",
        "GOARCH": architecture(),
        "GOAMD64": "v1",
        "GOARM64": "v8.0",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOENV": "off",
    }


def user_settings(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The user's settings for getting modules, from the environment, else from the file of ``go env
    -w``.
    """
    settings: dict[str, str] = {}
    for line in _settings_file(environment):
        name, equals, value = line.partition("=")
        if equals and name in _PASSED:
            settings[name] = value
    settings.update({name: environment[name] for name in _PASSED if environment.get(name)})
    return settings


def go_environment(temp: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The complete environment of a ``go`` command with temporary files in ``temp``."""
    rest = {name: value for name, value in environment.items() if not name.startswith("GO")}
    if home := _home(environment):
        rest["HOME"] = home
    return {**rest, **user_settings(environment), **fixed(), "GOTMPDIR": str(temp)}


def _home(environment: Mapping[str, str]) -> str:
    """The user's home folder, which Go looks for in HOME alone; empty if there is none."""
    try:
        return environment.get("HOME") or str(Path.home())
    except RuntimeError:
        return ""


def _settings_file(environment: Mapping[str, str]) -> list[str]:
    named = environment.get("GOENV", "")
    home = _home(environment)
    config = environment.get("XDG_CONFIG_HOME") or (home and os.path.join(home, ".config"))
    path = Path(named) if named else Path(config) / "go" / "env"
    if named == "off" or not (named or config):
        return []
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
