"""Short hashes of everything that decides a build: the recipe of a component from a source, and the
content of a checkout.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from kubestellar_conformance.components.catalogue import Catalogue, Component
from kubestellar_conformance.components.goenv import FLAGS, fixed
from kubestellar_conformance.components.sources import (
    Binary,
    Checkout,
    PublishedVersion,
    Source,
    local_replacements,
)
from kubestellar_conformance.errors import UserError

_LAYOUT = 1  # of an entry in the cache; a new number makes all entries anew
_CODE = {".go", ".mod", ".sum", ".s"}


def recipe(component: Component, source: Source, catalogue: Catalogue) -> str:
    """Hash over everything that decides the result, except the version of Go, which not every entry
    needs.
    """
    facts: dict[str, object] = {
        "layout": _LAYOUT,
        "module": component.module,
        "package": component.package,
        "files": {group: list(patterns) for group, patterns in component.files.items()},
        "flags": FLAGS,
        "environment": fixed(),
    }
    match source:
        case PublishedVersion(version):
            facts |= {
                "version": version,
                "ldflags": component.ldflags(version),
                "pin": _pin(component, catalogue),
            }
        case Checkout(folder):
            facts |= {"content": tree_digest(folder), "ldflags": component.ldflags(None)}
        case Binary(path):
            # The files still come from the release.
            facts |= {
                "binary": file_digest(path),
                "version": component.version if component.files else "",
            }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]


def _pin(component: Component, catalogue: Catalogue) -> list[str]:
    pin = [component.pin, component.parts]
    if (lock := component.lock_dir) is not None:
        pin += [file_digest(lock / "go.mod"), file_digest(lock / "go.sum")]
        pin += [file_digest(program) for program in sorted(lock.glob("*.go"))]
    if (name := component.required_by) is not None:
        pin += [catalogue.modules[name].path, catalogue.modules[name].version]
    return pin


def file_digest(path: Path) -> str:
    """sha256 of a file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error


def tree_digest(folder: Path) -> str:
    """Hash over the content of a checkout: its code, all other files that git does not ignore, and
    its local replacements.
    """
    whole = hashlib.sha256()
    for root in (folder, *_replaced_outside(folder)):
        for path in sorted(set(_files(root))):
            name = os.path.relpath(path, folder)
            content = (
                os.readlink(path) if path.is_symlink() and not path.is_file() else file_digest(path)
            )
            # Names on Linux are bytes: a name that is not UTF-8 counts too.
            whole.update(os.fsencode(name) + b"\0" + os.fsencode(content) + b"\0")
    return whole.hexdigest()


def _replaced_outside(folder: Path) -> list[Path]:
    targets = {
        (folder / target).resolve() for target in local_replacements(folder / "go.mod").values()
    }
    return sorted(
        target for target in targets if target.is_dir() and not target.is_relative_to(folder)
    )


def _files(root: Path) -> Iterator[Path]:
    tracked = _unignored(root)
    for path, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        here = Path(path)
        for name in files:
            # Code counts even if git ignores it: the compiler uses it all the same.
            if tracked is None or os.path.splitext(name)[1] in _CODE:
                yield here / name
    yield from (
        root / name
        for name in tracked or ()
        if os.path.lexists(root / name) and not (root / name).is_dir()
    )


def _unignored(root: Path) -> list[str] | None:
    """The files below ``root`` that git does not ignore; None if git cannot list them."""
    output = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return [name for name in output.split("\0") if name] if output is not None else None


def describe(folder: Path) -> str:
    """Git's description of a checkout, ``v0.30.0-3-gabc1234-dirty``; ``checkout`` if git has
    none.
    """
    return (git(folder, "describe", "--tags", "--always", "--dirty") or "checkout").strip()


def git(folder: Path, *arguments: str) -> str | None:
    """The output of a git command; None without git, or if ``folder`` is not a work tree."""
    program = shutil.which("git")
    if program is None:
        return None
    done = subprocess.run(
        [program, "-C", folder, *arguments],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=_without_git_s_own(os.environ),
    )
    return os.fsdecode(done.stdout) if done.returncode == 0 else None


def _without_git_s_own(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without git's own variables: a git hook or a dotfile manager sets GIT_DIR and
    the like to another repository.
    """
    return {name: value for name, value in environment.items() if not name.startswith("GIT_")}
