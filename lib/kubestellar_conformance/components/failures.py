"""Explains in one line why a component is not available, with the tool's last lines below it."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubestellar_conformance.components.catalogue import Component
from kubestellar_conformance.errors import QUOTED, UserError

_LAST_LINES = 12
_UNWRITABLE = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ENOENT,
    errno.ENAMETOOLONG,
    errno.ELOOP,
)
_REFUSED = re.compile(
    r"(\S+)@(v[^\s:]+): reading \S+: (4\d\d [A-Z][A-Za-z ]+|[^\n]*no such file or directory)"
)
_NOT_LOOKED_UP = re.compile(
    r"(\S+)@(v[^\s:]+): (module lookup disabled by GOPROXY=off|invalid version[^\n]*)"
)
_SETTING = re.compile(r"module lookup disabled by GOPROXY=off|invalid proxy URL[^\n]*")
_TOO_OLD = re.compile(r"requires go >= (\S+) \(running go (\S+?);?\s")
_NETWORK = (
    "dial tcp",
    "no such host",
    "i/o timeout",
    "TLS handshake",
    "connection refused",
    "connection reset",
    "EOF",
)
_CHECKSUM = (
    "SECURITY ERROR",
    "checksum mismatch",
    "missing go.sum entry",
    "verifying go.mod",
    "verifying module",
)
_NO_CACHE = (
    "module cache not found",
    "could not create module cache",
    "failed to initialize build cache",
    "build cache is required, but could not be located",
)
_NO_SPACE = re.compile(r"(/\S*?)?:? ?no space left on device")


class ModuleRefused(UserError):
    """The module proxy does not serve a required module."""


class ProxyUnreachable(UserError):
    """The module proxy, or the package index, cannot be reached."""


class NoSpace(UserError):
    """A disk is full."""


def last_lines(output: str, count: int = _LAST_LINES) -> str:
    """The last lines of a tool's output, without its download notices, indented below a message."""
    lines = [
        line.rstrip()
        for line in output.splitlines()
        if line.strip() and not line.startswith("go: downloading")
    ]
    return "".join(f"{QUOTED}{line}" for line in lines[-count:])


def instead(component: Component) -> str:
    """The user's alternatives to a component that is not available."""
    override = (
        f"--ks-component {component.name}=<version, checkout "
        f"folder{' or binary' if component.package else ''}>"
    )
    return (
        f"{component.stand_in} does its work, or give {override}"
        if component.stand_in
        else f"give {override}"
    )


def _or_instead(component: Component) -> str:
    """The same after another alternative."""
    return f"{';' if component.stand_in else ', or'} {instead(component)}"


def explain(
    component: Component, what: str, output: str, *, folder: Path, disk_gib: float
) -> UserError:
    """The error for a ``go`` command that failed on ``component``; ``what`` names the version or
    the checkout.
    """
    if (full := _NO_SPACE.search(output)) is not None:
        return no_space(_existing(Path(full.group(1) or folder), folder), disk_gib)
    if any(sign in output for sign in _NO_CACHE):
        return UserError(
            f"{component.name}: Go cannot write its caches: set GOCACHE and GOMODCACHE to folders "
            f"of yours{last_lines(output, 5)}"
        )
    if (old := _TOO_OLD.search(output)) is not None:
        return UserError(
            f"{component.name}: {what} needs Go {old.group(1)} or later, the Go used is "
            f"{old.group(2)}: "
            "put a newer Go on PATH"
        )
    if (refused := _REFUSED.search(output) or _NOT_LOOKED_UP.search(output)) is not None:
        module, version, answer = (text.strip() for text in refused.groups())
        said = f"the module proxy refuses {module} {version} ({answer})"
        return ModuleRefused(f"{component.name}: {said}; {instead(component)}")
    if (setting := _SETTING.search(output)) is not None:
        return ProxyUnreachable(
            f"{component.name}: GOPROXY keeps Go from a module that {what} needs "
            f"({setting.group().strip()}): set it to a module proxy{_or_instead(component)}"
        )
    if any(sign in output for sign in _CHECKSUM):
        return UserError(
            f"{component.name}: the checksums of {what} cannot be confirmed{last_lines(output)}"
        )
    if any(sign in output for sign in _NETWORK) and "# " not in output:
        return ProxyUnreachable(
            f"{component.name}: the module proxy cannot be reached (is GOPROXY right?); "
            f"{instead(component)}"
            f"{last_lines(output, 3)}"
        )
    return UserError(
        f"{component.name}: building {what} failed; the compiler's last lines are below. "
        f"Fix the source{_or_instead(component)}{last_lines(output)}"
    )


def no_space(folder: Path, disk_gib: float) -> NoSpace:
    """The error for a full disk: the free space, and the space that a build from nothing takes."""
    free = shutil.disk_usage(_existing(folder, Path("/"))).free / 2**30
    return NoSpace(
        f"no space left in {folder}: {free:.1f} GiB free, building everything takes about "
        f"{disk_gib:g} GiB with Go's "
        "own caches; free some, or point --ks-cache-dir, GOCACHE and GOMODCACHE elsewhere"
    )


@contextmanager
def file_errors(folder: Path, disk_gib: float = 1.0) -> Iterator[None]:
    """Turn errors of the operating system about the cache folder into a `UserError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_space(folder, disk_gib) from error
        if error.errno in _UNWRITABLE:
            raise UserError(
                f"cannot write to the cache folder {folder} ({error.strerror}: {error.filename}): "
                "set XDG_CACHE_HOME or --ks-cache-dir to a folder of yours"
            ) from error
        raise


def _existing(path: Path, fallback: Path) -> Path:
    """The nearest folder above ``path`` that exists."""
    above = (path, *path.parents) if path.is_absolute() else ()
    return next((folder for folder in above if folder.is_dir()), fallback)
